"""What a Redis that lost everything still has to read back from the index, and the ledger rows that come of it.

`P:regain` (sorted set): spans of time "<since> <until>" (ms) whose articles are to be read back, by when they began;
absent when nothing is to be read back. A span leaves it only after all of its articles are remembered, so that whoever
dies over one leaves it to the next. `P:regain:turn`: somebody reads.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import redis

from workers.model import FeedEntry, Outcome, dump
from workers.store.events import Turn
from workers.store.times import from_ms, to_ms

_SHORTEST, _LONGEST = 900_000, 7_200_000

_REMEMBER = """
-- KEYS: row, trail, counts
-- ARGV: entry, feeds, first seen, status, reason, trail line, keep ms, facts...
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'stage', '', 'status', ARGV[4], 'reason', ARGV[5], 'attempts', 0, 'next_at', 0,
  'lease_until', 0, 'token', 0, 'first_seen', ARGV[3], 'feeds', ARGV[2], 'entry', ARGV[1])
for i = 8, #ARGV, 2 do redis.call('HSET', KEYS[1], 'f:' .. ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', KEYS[3], ARGV[4], 1)
redis.call('RPUSH', KEYS[2], ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return 1
"""


def spans(since: int, until: int) -> Iterator[tuple[int, int]]:
    """From `until` back to `since` (ms) in pieces that grow with age, a quarter of an hour to two hours: the latest
    is asked for first, and a piece that its reader died over is soon read again."""
    end = until
    while end > since:
        start = max(since, end - min(_LONGEST, max(_SHORTEST, (until - end) // 8)))
        yield start, end
        end = start


class RedisRegain:
    """Spans that are to be read back, and rows of the ledger made anew."""

    def __init__(self, client: redis.Redis, prefix: str, *, keep: float) -> None:
        """`keep`: seconds that an ended row stays, as in the ledger."""
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._prefix = prefix
        self._key = f"{prefix}:regain"
        self._keep_ms = int(keep * 1000)
        self._remember = client.register_script(_REMEMBER)

    def plan(self, since: datetime, until: datetime) -> None:
        """Note that all from `since` to `until` is to be read back, in `spans`."""
        self._redis.zadd(self._key, {f"{start} {end}": end for start, end in spans(to_ms(since), to_ms(until))})

    def turn(self, seconds: float) -> Turn:
        """`with regain.turn(…) as mine`: false where somebody else reads; one that died loses it after `seconds`."""
        return Turn(self._redis.lock(f"{self._key}:turn", timeout=seconds, thread_local=False))

    def latest(self) -> tuple[datetime, datetime] | None:
        """The latest span that is left: what came last is asked for first."""
        return next(iter(self._spans(0, 0)), None)

    def done(self, span: tuple[datetime, datetime]) -> None:
        """All articles of the span are remembered."""
        self._redis.zrem(self._key, f"{to_ms(span[0])} {to_ms(span[1])}")

    def left(self) -> float:
        """Seconds of articles that are still to be read back."""
        return sum((until - since).total_seconds() for since, until in self._spans(0, -1))

    def is_left(self) -> bool:
        """Whether anything is still to be read back."""
        return bool(self._redis.exists(self._key))

    def _spans(self, first: int, last: int) -> list[tuple[datetime, datetime]]:
        """Those of these ranks, the latest is 0."""
        pairs = (member.split() for member in self._redis.zrevrange(self._key, first, last))
        return [(from_ms(int(since)), from_ms(int(until))) for since, until in pairs]

    def under_way(self) -> bool:
        """Whether somebody is at it."""
        return bool(self._redis.exists(f"{self._key}:turn"))

    def remember(
        self,
        entry: FeedEntry,
        outcome: Outcome,
        *,
        feeds: tuple[str, ...],
        first_seen: datetime,
        facts: Mapping[str, str],
    ) -> bool:
        """Make the row of an entry that has ended, where the ledger has none; whether it had none."""
        keys = [f"{self._prefix}:{kind}:{entry.id}" for kind in ("art", "trail")] + [f"{self._prefix}:outcomes"]
        packed = zlib.compress(dump(entry), 1)
        args: list[Any] = [packed, " ".join(feeds), to_ms(first_seen), outcome.status, outcome.reason, dump(outcome)]
        args.append(self._keep_ms)
        for name, value in facts.items():
            args += [name, value]
        return bool(self._remember(keys=keys, args=args))
