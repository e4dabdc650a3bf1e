"""Counts of what happened, in Redis, so that every process adds to one number and any process can show it.

`P:tally` (hash): `stage|status|outlet` → how often. `P:latency` (hash): upper bound of a bucket in seconds → articles
that took at most that long from publication to being searchable, with `sum` and `count`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import redis

LATENCY_BUCKETS = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)
"""Seconds; half a minute (a quick feed, polled in time) to a day (found late)."""


class Tally:
    """Counters that outlive processes."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._counts = f"{prefix}:tally"
        self._latency = f"{prefix}:latency"

    def add(self, happened: Mapping[tuple[str, str, str], int]) -> None:
        """Count (stage, status, outlet) triples."""
        with self._redis.pipeline(transaction=False) as pipe:
            for key, number in happened.items():
                pipe.hincrby(self._counts, "|".join(key), number)
            pipe.execute()

    def observe_latency(self, seconds: Iterable[float]) -> None:
        """Count articles by how long they took from publication to being searchable."""
        found: Counter[str] = Counter()
        for value in seconds:
            found["count"] += 1
            found["sum"] += int(value)
            found.update(str(bound) for bound in LATENCY_BUCKETS if value <= bound)
        with self._redis.pipeline(transaction=False) as pipe:
            for field, number in found.items():
                pipe.hincrby(self._latency, field, number)
            pipe.execute()

    def counts(self) -> dict[tuple[str, str, str], int]:
        """How often each (stage, status, outlet) happened."""
        found = {}
        for key, number in self._redis.hgetall(self._counts).items():
            stage, status, outlet = key.decode().split("|", 2)
            found[stage, status, outlet] = int(number)
        return found

    def latency(self) -> dict[str, int]:
        """Bucket bound (as text), `sum` (seconds) and `count` → number."""
        return {key.decode(): int(number) for key, number in self._redis.hgetall(self._latency).items()}
