"""Articles against the alert rules, and alerts to their channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from workers.alert.deliver import deliver_due
from workers.model import Article
from workers.ports import Row
from workers.stages import looks
from workers.stages.exits import attempt, outcome
from workers.stages.indexing import made_articles
from workers.store.meters import CountedDeliveries
from workers.wiring import Parts


def alert(parts: Parts, ids: Sequence[str]) -> int:
    """Match the articles of `ids` against the rules and record what matches; returns how many alerts are new."""
    rows = {r.id: r for r in parts.ledger.claim("alert", ids, lease=parts.settings.worker.lease_alert, now=_now())}
    articles = made_articles(parts, rows.values(), "alert")
    new = 0
    for id_, article in articles.items():
        new += attempt(parts, rows[id_], "alert", partial(_match, parts, rows[id_], article)) or 0
    if new:
        parts.outbox.flush()
    return new


def _match(parts: Parts, row: Row, article: Article) -> int:
    recorded = parts.outbox.record(parts.rules.matcher().match(article, now=_now()))
    reason = ", ".join(sorted({a.rule for a in recorded}))
    looks.follow(parts, article)
    parts.ledger.advance(row, outcome(row, "alert", "matched", reason), None, payloads={"article": None})
    return len(recorded)


def deliver(parts: Parts) -> int:
    """Send the alerts that are due; returns how many deliveries their channels took."""
    queue = CountedDeliveries(parts.outbox, parts.meters)
    return deliver_due(queue, parts.sender, parts.settings.alert, clock=_now)


def _now() -> datetime:
    return datetime.now(UTC)
