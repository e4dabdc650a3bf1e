"""Feeds in Redis: which there are, when each is due, what polling learned (`ports.FeedStates`).

Keys: `P:feeds` (hash id → Feed), `P:due:feeds` (sorted set id → next check, ms), `P:feedstate` (hash id → FeedState),
`P:feedlog:<id>` (list of poll events, newest first, 30 kept), `P:feeds:removed` (ids that a person removed, so that
config/feeds.yaml does not bring them back at the next start).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import redis

from workers.model import Feed, FeedState, dump, load
from workers.store.times import to_ms

HISTORY = 30

_CLAIM = """
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[3], id) end
return ids
"""

_SETTLE = """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
redis.call('LPUSH', KEYS[4], ARGV[4])
redis.call('LTRIM', KEYS[4], 0, ARGV[5] - 1)
return 1
"""


class RedisFeeds:
    """`ports.FeedStates` on one Redis."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._feeds = f"{prefix}:feeds"
        self._due = f"{prefix}:due:feeds"
        self._states = f"{prefix}:feedstate"
        self._log = f"{prefix}:feedlog:"
        self._removed = f"{prefix}:feeds:removed"
        self._claim_script = client.register_script(_CLAIM)
        self._settle_script = client.register_script(_SETTLE)

    def add(self, feed: Feed, *, due: datetime) -> bool:
        """Register `feed`, due at `due`. False, and nothing changes, when it is known already."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hsetnx(self._feeds, feed.id, dump(feed))
            pipe.zadd(self._due, {feed.id: to_ms(due)}, nx=True)
            pipe.srem(self._removed, feed.id)
            return bool(pipe.execute()[0])

    def sync(self, configured: Iterable[Feed], *, due: datetime) -> int:
        """Register what is configured and was not removed by a person; known ones take what is configured now.

        Returns how many are new.
        """
        removed = {raw.decode() for raw in self._redis.smembers(self._removed)}
        new = 0
        for feed in configured:
            if feed.id in removed:
                continue
            if self.add(feed, due=due):
                new += 1
            else:
                self.update(feed)
        return new

    def update(self, feed: Feed) -> None:
        """Replace what is configured of a known feed; what polling learned stays."""
        self._redis.hset(self._feeds, feed.id, dump(feed))

    def remove(self, feed: str) -> bool:
        """Forget the feed and its state. False when it was not known."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(self._feeds, feed)
            pipe.zrem(self._due, feed)
            pipe.hdel(self._states, feed)
            pipe.delete(self._log + feed)
            pipe.sadd(self._removed, feed)
            return bool(pipe.execute()[0])

    def feeds(self) -> list[Feed]:
        """All feeds, by outlet and address."""
        found = [load(Feed, raw) for raw in self._redis.hvals(self._feeds)]
        return sorted(found, key=lambda f: (f.outlet, f.url))

    def count(self) -> int:
        """How many feeds there are."""
        return int(self._redis.hlen(self._feeds))

    def feed(self, feed: str) -> Feed | None:
        """One feed by its id."""
        raw = self._redis.hget(self._feeds, feed)
        return None if raw is None else load(Feed, raw)

    def claim_due(self, *, now: datetime, limit: int, lease: float) -> list[str]:
        """Atomically take up to `limit` feeds that are due; each comes back after `lease` seconds unless settled."""
        ids = self._claim_script(keys=[self._due], args=[to_ms(now), limit, to_ms(now) + int(lease * 1000)])
        return [id_.decode() for id_ in ids]

    def oldest_wait(self, *, now: datetime) -> float:
        """Seconds that the feed which waits longest is overdue; 0 when none is."""
        first = self._redis.zrange(self._due, 0, 0, withscores=True)
        return max(0.0, (to_ms(now) - first[0][1]) / 1000) if first else 0.0

    def hasten(self, feed: str, *, due: datetime) -> None:
        """Make a known feed due at `due`."""
        self._redis.zadd(self._due, {feed: to_ms(due)}, xx=True)

    def state(self, feed: str) -> FeedState:
        """What polling learned of the feed; a fresh state for a feed that was never polled."""
        raw = self._redis.hget(self._states, feed)
        return FeedState(feed=feed) if raw is None else load(FeedState, raw)

    def states(self) -> dict[str, FeedState]:
        """All states, by feed."""
        return {key.decode(): load(FeedState, raw) for key, raw in self._redis.hgetall(self._states).items()}

    def settle(self, state: FeedState, event: Mapping[str, Any]) -> None:
        """Keep the state, make the feed due at `state.next_check_at`, append `event` to its history (the last 30).

        A feed that was removed meanwhile stays removed.
        """
        due = to_ms(state.next_check_at) if state.next_check_at else 0
        keys = [self._feeds, self._states, self._due, self._log + state.feed]
        args: list[Any] = [state.feed, dump(state), due, json.dumps(event, ensure_ascii=False, default=str), HISTORY]
        self._settle_script(keys=keys, args=args)

    def note(self, feed: str, event: Mapping[str, Any]) -> None:
        """Append an event that is no poll (a hub's delivery) to a known feed's history."""
        if self._redis.hexists(self._feeds, feed):
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.lpush(self._log + feed, json.dumps(event, ensure_ascii=False, default=str))
                pipe.ltrim(self._log + feed, 0, HISTORY - 1)
                pipe.execute()

    def history(self, feed: str) -> list[dict[str, Any]]:
        """Poll events, newest first."""
        return [json.loads(raw) for raw in self._redis.lrange(self._log + feed, 0, HISTORY - 1)]
