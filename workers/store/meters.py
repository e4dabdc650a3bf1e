"""Counts of what happened, in Redis, so that every process adds to the same ones: `P:meters`, a hash of
"<meter>|<label>|…" → number.

They are for watching, not for truth: a process killed between its work and its count loses one. The ledger's own
counts ride in its scripts and are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import redis

from workers.mask import mask
from workers.model import Alert

if TYPE_CHECKING:
    from workers.alert.deliver import DeliveryQueue

BULK, POLLS, DELIVERIES = "bulk", "polls", "deliveries"
"""Verdicts of the index (result); polls (outcome); sendings of alerts (channel, result)."""


class Meters:
    """Counters that outlive processes."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._key = f"{prefix}:meters"

    def add(self, meter: str, counts: Mapping[tuple[str, ...], int]) -> None:
        """Add to the counters of `meter`, by their labels."""
        with self._redis.pipeline(transaction=False) as pipe:
            for labels, number in counts.items():
                pipe.hincrby(self._key, "|".join((meter, *labels)), number)
            pipe.execute()

    def read(self, meter: str) -> dict[tuple[str, ...], int]:
        """All counters of `meter`."""
        found = {}
        for name, number in self._redis.hgetall(self._key).items():
            kind, *labels = name.decode().split("|")
            if kind == meter:
                found[tuple(labels)] = int(number)
        return found


def poll_result(event: Mapping[str, Any]) -> str:
    """A poll's event as one of a few words: the name of its failure (`dns`, `http_404`), `unchanged` or `read`."""
    if error := event.get("error"):
        return str(error).partition(":")[0][:40]
    return "unchanged" if event.get("unchanged") else "read"


class CountedDeliveries:
    """The outbox as the sender sees it, each result counted by channel: `sent`, `waiting` (failed, again) or `dead`.

    Reasons are kept without secrets: a service's complaint may quote the address that it was called by.
    """

    def __init__(self, outbox: DeliveryQueue, meters: Meters) -> None:
        self._outbox = outbox
        self._meters = meters

    def due(self, *, now: datetime, limit: int, lease: float) -> list[Alert]:
        return self._outbox.due(now=now, limit=limit, lease=lease)

    def delivered(self, alert: str, channel: str, *, at: datetime) -> None:
        self._outbox.delivered(alert, channel, at=at)
        self._meters.add(DELIVERIES, {(channel, "sent"): 1})

    def retry(self, alert: Alert, reason: str, *, now: datetime, after: float | None = None, burn: bool = True) -> str:
        state = self._outbox.retry(alert, mask(reason), now=now, after=after, burn=burn)
        self._meters.add(DELIVERIES, {(alert.channels[0], state): 1})
        return state

    def dead(self, alert: Alert, reason: str, *, now: datetime) -> None:
        self._outbox.dead(alert, mask(reason), now=now)
        self._meters.add(DELIVERIES, {(alert.channels[0], "dead"): 1})

    def flush(self) -> None:
        self._outbox.flush()
