"""WebSub subscriptions and what hubs delivered, in Redis.

Keys: `P:push:subs` (hash feed → Subscription), `P:push:due` (sorted set feed → when the hub is to be asked, ms),
`P:push:inbox` (sorted set delivery → when it is due, ms), `P:push:bodies` (hash delivery → feed, content type, body).
A delivery's id is the hash of what it says, so that a hub which repeats itself is read once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis

from workers.model import dump, load
from workers.poll.websub import Subscription
from workers.store.times import to_ms

MOST_WAITING = 200
"""Deliveries that wait to be read; beyond, hubs are told to come again, which they do."""

_CLAIM = """
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[3], id) end
return ids
"""
_DELIVER = """
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[1], 'NX', ARGV[3], ARGV[1])
return 1
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a hub sent for a feed."""

    id: str
    feed: str
    content_type: str
    body: bytes


class RedisPush:
    """Subscriptions and deliveries on one Redis."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._subs, self._due = f"{prefix}:push:subs", f"{prefix}:push:due"
        self._inbox, self._bodies = f"{prefix}:push:inbox", f"{prefix}:push:bodies"
        self._claim_script = client.register_script(_CLAIM)
        self._deliver_script = client.register_script(_DELIVER)

    # --- subscriptions ---

    def subscription(self, feed: str) -> Subscription | None:
        """The feed's subscription, if one was ever asked for."""
        raw = self._redis.hget(self._subs, feed)
        return None if raw is None else load(Subscription, raw)

    def subscriptions(self) -> dict[str, Subscription]:
        """All, by feed."""
        return {key.decode(): load(Subscription, raw) for key, raw in self._redis.hgetall(self._subs).items()}

    def keep(self, subscription: Subscription, *, due: datetime) -> None:
        """Store it; its hub is asked at `due`."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(self._subs, subscription.feed, dump(subscription))
            pipe.zadd(self._due, {subscription.feed: to_ms(due)})
            pipe.execute()

    def change(self, feed: str, change: Callable[[Subscription], Subscription]) -> Subscription | None:
        """Change the feed's subscription, whoever else changes it at the same moment; None where there is none."""

        def attempt(pipe: Any) -> Subscription | None:
            raw = pipe.hget(self._subs, feed)
            pipe.multi()
            if raw is None:
                return None
            changed = change(load(Subscription, raw))
            pipe.hset(self._subs, feed, dump(changed))
            return changed

        found: Subscription | None = self._redis.transaction(attempt, self._subs, value_from_callable=True)
        return found

    def postpone(self, feed: str, *, due: datetime) -> None:
        """Ask the feed's hub at `due`."""
        self._redis.zadd(self._due, {feed: to_ms(due)}, xx=True)

    def forget(self, feed: str) -> None:
        """The feed is not polled any more: its hub will be told that the callback is gone."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(self._subs, feed)
            pipe.zrem(self._due, feed)
            pipe.execute()

    def claim_due(self, *, now: datetime, limit: int, lease: float) -> list[str]:
        """Feeds whose hub is to be asked; each comes back after `lease` seconds unless postponed."""
        return self._claim(self._due, now, limit, lease)

    # --- deliveries ---

    def deliver(self, feed: str, content_type: str, body: bytes, *, now: datetime) -> bool:
        """Keep what a hub sent until it is read. False where too much waits already."""
        head = json.dumps({"feed": feed, "type": content_type}).encode()
        packed = head + b"\n" + body
        id_ = hashlib.sha256(packed).hexdigest()[:32]
        done = self._deliver_script(keys=[self._inbox, self._bodies], args=[id_, packed, to_ms(now), MOST_WAITING])
        return bool(done)

    def claim_deliveries(self, *, now: datetime, limit: int, lease: float) -> list[Delivery]:
        """Deliveries to be read; each comes back after `lease` seconds unless settled."""
        found = []
        for id_ in self._claim(self._inbox, now, limit, lease):
            packed = self._redis.hget(self._bodies, id_)
            if packed is None:
                self.settle(id_)
                continue
            head, _, body = packed.partition(b"\n")
            row = json.loads(head)
            found.append(Delivery(id_, row["feed"], row["type"], body))
        return found

    def settle(self, delivery: str) -> None:
        """The delivery was read."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrem(self._inbox, delivery)
            pipe.hdel(self._bodies, delivery)
            pipe.execute()

    def waiting(self, *, now: datetime) -> bool:
        """Whether a hub is to be asked or a delivery to be read."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.zcount(self._due, "-inf", to_ms(now))
            pipe.zcount(self._inbox, "-inf", to_ms(now))
            return any(pipe.execute())

    def _claim(self, key: str, now: datetime, limit: int, lease: float) -> list[str]:
        ids = self._claim_script(keys=[key], args=[to_ms(now), limit, to_ms(now) + int(lease * 1000)])
        return [id_.decode() for id_ in ids]
