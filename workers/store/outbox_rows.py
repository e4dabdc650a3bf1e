"""The outbox's rows as values: an alert with how it stands, its deliveries, its record for the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import redis

from workers.model import Alert, load
from workers.ports import AlertRecord
from workers.store.times import from_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How one alert stands with one channel: `waiting`, `sending`, `sent` or `dead`."""

    alert: str
    channel: str
    state: str
    attempts: int = 0
    reason: str = ""
    at: datetime | None = None


class Rows:
    """Keys and rows of one outbox; layout in `store.outbox_scripts`."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self.redis: Any = client  # redis-py's types cannot say that answers are bytes
        self.prefix = prefix

    def key(self, *parts: str) -> str:
        return ":".join((self.prefix, *parts))

    def row(self, alert: str) -> str:
        """The key of an alert's row."""
        return self.key("alert", alert)

    def fields(self, alert: str) -> dict[str, str]:
        """A row; empty when there is none."""
        return {key.decode(): value.decode() for key, value in self.redis.hgetall(self.row(alert)).items()}

    def record(self, alert: str) -> AlertRecord | None:
        """An alert as the index keeps it; None for a row that is no alert of its own."""
        row = self.fields(alert)
        if not row.get("body"):
            return None
        gathered = self.fields(row["held"]) if "held" in row else {}
        deliveries = deliveries_of(alert, gathered or row)
        sent = [d.at for d in deliveries if d.state == "sent" and d.at]
        entry = load(Alert, row["body"])
        return AlertRecord(
            id=alert,
            told=alert,
            rule=entry.rule,
            article=entry.article,
            at=from_ms(row["at"]),
            version=int(row.get("v", 1)) + int(gathered.get("v", 0)),
            alert=entry,
            state=_state(row, [d.state for d in deliveries]),
            deliveries={d.channel: d.state for d in deliveries},
            reasons={d.channel: d.reason for d in deliveries if d.reason},
            held_until=from_ms(gathered["at"]) if gathered else None,
            again=int(row.get("again", 0)),
            delivered_at=min(sent) if sent else None,
            acked=row.get("acked", ""),
        )

    def members(self, alert: str) -> list[Alert]:
        """The alerts in a gathered or follow row."""
        return [load(Alert, body) for body in self.redis.lrange(self.key("members", alert), 0, -1)]


def _state(row: Mapping[str, str], states: list[str]) -> str:
    if "snoozed" in row:
        return "snoozed"
    if not states:
        return "recorded"
    if "dead" in states:
        return "dead"
    if all(state == "sent" for state in states):
        return "sent"
    return "held" if "held" in row else "waiting"


def deliveries_of(alert: str, row: Mapping[str, str]) -> list[Delivery]:
    """How the alert of `row` stands with each channel."""
    return [
        Delivery(
            alert=alert,
            channel=key[2:],
            state=state,
            attempts=int(row.get(f"n:{key[2:]}", 0)),
            reason=row.get(f"w:{key[2:]}", ""),
            at=from_ms(row[f"t:{key[2:]}"]) if f"t:{key[2:]}" in row else None,
        )
        for key, state in sorted(row.items())
        if key.startswith("s:")
    ]


def as_alert(record: AlertRecord) -> Alert:
    """What `Outbox.history` shows: the alert, and in `extra` how it stands."""
    if record.alert is None:
        raise ValueError(f"{record.id} is a mark, not an alert")
    facts: dict[str, Any] = {"deliveries": dict(record.deliveries), "reasons": dict(record.reasons)}
    facts["state"] = record.state
    if record.acked:
        facts["acked"] = record.acked
    return replace(record.alert, delivered_at=record.delivered_at, extra={**record.alert.extra, **facts})
