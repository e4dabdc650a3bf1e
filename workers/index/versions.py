"""The version under which an article is written: the same rule in both indexes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from workers.model import Article

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def version_of(article: Article) -> int:
    """Microseconds since 1970 of the article's last change: what decides which of two writes is the newer one."""
    return (article.updated_at - _EPOCH) // timedelta(microseconds=1)
