"""After a loss of Redis: what it remembered of the last days, read back from the articles in the index.

    lost ─► planned, a quarter of an hour each, the latest first ─► read back ─► reprints and stories, learned lines,
                                                                                 ledger rows, second looks

What comes back is what the index says, not what would be decided today: an article keeps its story and its original, so
that a reprint that comes after the loss joins the story that was told before it, and alerts nobody again. What came
just before the loss is matched again: it may have been stored, and its alerts not yet recorded. Making waits for it, so
long as a page can wait; polling, fetching, indexing and alerts go on. It may be cut off anywhere and begun again: what
is remembered already changes nothing.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

import structlog
from redis import RedisError

from workers import dedupe
from workers.clean.learn import candidates
from workers.errors import Retry
from workers.model import Article, Cleaned, FeedEntry, Outcome
from workers.ports import Row, Scan
from workers.stages import looks, loss, originals
from workers.stages.indexing import final_status
from workers.wiring import Parts

log = structlog.get_logger("rasid")

HOLD = 600.0
"""Seconds that a page waits for what is read back (about 100,000 articles); then it is made without the rest."""
UNTOLD = 3600.0
"""Seconds before which an article must have been stored to count as matched: of a younger one nobody knows whether its
alerts were recorded when Redis was lost, and the index knows those that were told."""
AGAIN = 2.0
"""Seconds after which a page that waits asks again."""
REASON = "read back from the index after a loss of Redis"


def hold(parts: Parts, row: Row, now: datetime) -> None:
    """Raise `Retry` for a page that must not be made yet: what it may be a reprint of is still unknown."""
    loss.note_birth(parts, now)  # a page that was under way may come before the first sweep after the loss
    if (now - row.first_seen).total_seconds() < HOLD and parts.regain.is_left():
        raise Retry("what Redis lost is being read back", after=AGAIN, burn_attempt=False)


def read_back(parts: Parts) -> int:
    """Read back the latest spans, for a third of a page's lease; how many articles. Raises `Retry` while the index is
    away: nothing is forgotten then."""
    lease, number = parts.settings.worker.lease_make, 0
    until = time.monotonic() + lease / 3
    with parts.regain.turn(lease) as mine:
        if mine:
            parts.index.refresh()  # what came just before the loss is found, too
        while mine and time.monotonic() < until and (span := parts.regain.latest()):
            for articles in parts.index.scan(Scan(since=span[0], until=span[1])):
                for article in articles:
                    _safely(parts, article)
                number += len(articles)
            parts.regain.done(span)
        if mine:
            log.info("read back", articles=number, hours_left=round(parts.regain.left() / 3600, 1))
    return number


def _safely(parts: Parts, article: Article) -> None:
    """One that cannot be remembered must not keep the others out."""
    try:
        _remember(parts, article)
    except (Retry, RedisError):
        raise
    except Exception:
        log.exception("not read back", entry=article.id)


def _remember(parts: Parts, article: Article) -> None:
    """All that making the article, indexing and matching it would have left in Redis; but for what only its page
    tells."""
    now = datetime.now(UTC)
    if (now - article.updated_at).total_seconds() < UNTOLD:
        parts.outbox.record(parts.rules.matcher().match(article, now=now))
    text = Cleaned(title=article.title, paragraphs=article.paragraphs)
    fingerprint = dedupe.fingerprint(text, parts.settings.dedupe, article.about)
    parts.duplicates.remember(article.id, fingerprint, article.kinship, at=article.first_seen_at)
    originals.note(parts, article)
    seen = candidates(article.paragraphs, article.removed, parts.settings.clean)
    parts.lines.observe(article.outlet, article.id, seen)
    looks.follow(parts, article)
    parts.regain.remember(
        FeedEntry(id=article.id, feed=next(iter(article.feeds), ""), outlet=article.outlet, url=article.url),
        Outcome(entry=article.id, stage="index", status=final_status(article), reason=REASON, at=now),
        feeds=article.feeds,
        first_seen=article.first_seen_at,
        facts=looks.known_facts(article),
    )
