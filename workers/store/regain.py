"""What a Redis that lost everything still has to read back from the index, and the ledger rows that come of it.

`P:regain` (sorted set): spans of time "<since> <until>" (ms) whose articles are to be read back, by when they began;
absent when nothing is to be read back. A span leaves it only after all of its articles are remembered, so that whoever
dies over one leaves it to the next. `P:regain:turn`: somebody reads.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import redis

from workers.model import FeedEntry, Outcome, dump
from workers.store.events import Turn
from workers.store.times import from_ms, to_ms

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


class RedisRegain:
    """Spans that are to be read back, and rows of the ledger made anew."""

    def __init__(self, client: redis.Redis, prefix: str, *, keep: float) -> None:
        """`keep`: seconds that an ended row stays, as in the ledger."""
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._prefix = prefix
        self._key = f"{prefix}:regain"
        self._keep_ms = int(keep * 1000)
        self._remember = client.register_script(_REMEMBER)

    def plan(self, since: datetime, until: datetime, *, step: float) -> int:
        """Note that all from `since` to `until` is to be read back, in spans of `step` seconds; how many."""
        ends = range(to_ms(until), to_ms(since), -int(step * 1000))
        spans = {f"{max(to_ms(since), end - int(step * 1000))} {end}": end for end in ends}
        if spans:
            self._redis.zadd(self._key, spans)
        return len(spans)

    def turn(self, seconds: float) -> Turn:
        """`with regain.turn(…) as mine`: false where somebody else reads; one that died loses it after `seconds`."""
        return Turn(self._redis.lock(f"{self._key}:turn", timeout=seconds, thread_local=False))

    def latest(self) -> tuple[datetime, datetime] | None:
        """The latest span that is left: what came last is asked for first."""
        found = self._redis.zrevrange(self._key, 0, 0)
        if not found:
            return None
        since, until = found[0].split()
        return from_ms(int(since)), from_ms(int(until))

    def done(self, span: tuple[datetime, datetime]) -> None:
        """All articles of the span are remembered."""
        self._redis.zrem(self._key, f"{to_ms(span[0])} {to_ms(span[1])}")

    def left(self) -> int:
        """Spans that are still to be read back."""
        return int(self._redis.zcard(self._key))

    def under_way(self) -> bool:
        """Whether anything is still to be read back, and somebody is at it."""
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
