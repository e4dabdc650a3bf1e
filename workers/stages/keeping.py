"""What is past its time goes, once a day: articles, whole days of the archive, polls and outcomes (settings `keep`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from workers.errors import Retry
from workers.wiring import Parts

log = structlog.get_logger("rasid")


@dataclass(frozen=True, slots=True)
class Retired:
    """How much went."""

    articles: int
    days: int
    """Days of the archive."""
    events: int


def retire(parts: Parts, *, now: datetime | None = None) -> Retired:
    """Remove what is older than the settings say. An index that is away is left for tomorrow: nothing depends on it."""
    keep, now = parts.settings.keep, now or datetime.now(UTC)
    articles = events = 0
    try:
        if keep.articles:
            articles = parts.index.remove_before(now - timedelta(seconds=keep.articles))
        if parts.events is not None:
            events = parts.event_index.remove_before(now - timedelta(seconds=keep.events))
    except Retry as away:
        log.warning("retention waits until tomorrow", reason=away.reason)
    days = parts.archive.remove_before(now - timedelta(seconds=keep.pages)) if keep.pages else 0
    done = Retired(articles, days, events)
    log.info("retired", articles=articles, days=days, events=events)
    return done
