"""What the index still knows when Redis has lost everything: since when an article is known, and what it was before.

Polling again finds the articles that the feeds still offer, and to a fresh ledger each looks new. The first sweep over
a ledger without a birthday asks the index: where that has articles, Redis was lost, and for as long as rows are kept
every article that seems new is looked up there before it is stored. What else Redis remembered is planned to be read
back (`regain`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from workers.errors import Retry
from workers.model import Article

if TYPE_CHECKING:
    from workers.wiring import Parts

log = structlog.get_logger("rasid")


def note_birth(parts: Parts, now: datetime) -> None:
    """Write the ledger's birthday where there is none, and whether the index is older. While the index is away nothing
    is written, nothing can be stored either, and the next sweep asks again."""
    if parts.redis.exists(_key(parts, "born")):
        return
    try:
        stats = parts.index.stats()
    except Retry:
        return
    if not stats["healthy"]:
        return
    if stats["articles"] and not _knows_outcomes(parts):  # a ledger of an older release has no birthday, but a past
        if not parts.redis.exists(_key(parts, "lost")):  # else somebody else has just seen it
            parts.regain.plan(now - timedelta(seconds=parts.settings.dedupe.window), now)
        log.error("redis was lost", articles=stats["articles"], effect="what seems new is looked up in the index")
        parts.redis.set(_key(parts, "lost"), now.isoformat(), ex=int(parts.settings.worker.keep_rows))
    parts.redis.set(_key(parts, "born"), now.isoformat(), nx=True)


def was_lost(parts: Parts) -> bool:
    """Whether the index may know articles that the ledger takes for new."""
    return not parts.redis.exists(_key(parts, "born")) or bool(parts.redis.exists(_key(parts, "lost")))


def remembered(parts: Parts, articles: Mapping[str, Article]) -> dict[str, Article]:
    """Those of `articles` that seem new and are not, as they are to be stored: with their past. Raises `Retry`."""
    found = {}
    for id_, article in articles.items():
        if article.revision == 1 and (before := parts.index.get(id_)) is not None:
            found[id_] = _joined(before, article)
    return found


def _knows_outcomes(parts: Parts) -> bool:
    return any(number for name, number in parts.ledger.counts().items() if name.startswith("outcome:"))


def _joined(before: Article, article: Article) -> Article:
    """What was known and what was made now. Stories are named anew by the new Redis, so their new name holds."""
    if before.text_hash != article.text_hash:
        return replace(article, revision=before.revision + 1, first_seen_at=before.first_seen_at)
    return replace(
        before,
        feeds=tuple(dict.fromkeys((*before.feeds, *article.feeds))),
        kinship=replace(before.kinship, story=article.kinship.story or before.kinship.story),
        updated_at=max(article.updated_at, before.updated_at),
    )


def _key(parts: Parts, name: str) -> str:
    return f"{parts.settings.redis.prefix}:{name}"
