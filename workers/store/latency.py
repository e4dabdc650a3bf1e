"""How long articles took from publication to being searchable, in Redis, so that every process adds to one histogram.

`P:latency` (hash): upper bound of a bucket in seconds → articles that took at most that long; `sum` and `count`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import redis

LATENCY_BUCKETS = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)
"""Seconds; half a minute (a quick feed, polled in time) to a day (found late)."""


class Latency:
    """A histogram that outlives processes."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._key = f"{prefix}:latency"

    def observe(self, seconds: Iterable[float]) -> None:
        """Count articles by how long they took from publication to being searchable."""
        found: Counter[str] = Counter()
        for value in seconds:
            found["count"] += 1
            found["sum"] += int(value)
            found.update(str(bound) for bound in LATENCY_BUCKETS if value <= bound)
        with self._redis.pipeline(transaction=False) as pipe:
            for field, number in found.items():
                pipe.hincrby(self._key, field, number)
            pipe.execute()

    def buckets(self) -> dict[str, int]:
        """Bucket bound (as text), `sum` (seconds) and `count` → number."""
        return {key.decode(): int(number) for key, number in self._redis.hgetall(self._key).items()}
