"""A wall clock that went back: what was planned by the wrong one must not wait until the right one gets there.

After a clock was two hours ahead, every lease, backoff and next poll made meanwhile would hold for two hours more.

Plans that were reckoned from the moment (leases, waits, next polls, pacing, retries) are brought forward by as much as
the clock went back, and by what is left to now at least. What a person or a rule fixed to the wall clock (digests,
quiet hours, snoozes, second looks at pages) stays. A clock that jumps ahead needs nothing: leases end early, and an
entry done twice is done once (`store.ledger`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import redis

from workers.model import STAGES
from workers.store.times import to_ms

SLACK = 600.0
"""Seconds that the last sweep may lie ahead before the clock counts as set back: hosts' clocks differ by less."""

_PENDING = """
-- KEYS: pend:<stage>   ARGV: now, back, prefix of rows
local function earlier(value) return math.max(tonumber(ARGV[1]), tonumber(value) - tonumber(ARGV[2])) end
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES')
for i = 1, #found, 2 do
  redis.call('ZADD', KEYS[1], earlier(found[i + 1]), found[i])
  local row = ARGV[3] .. found[i]
  local ends = redis.call('HMGET', row, 'lease_until', 'next_at')
  for at, name in ipairs({'lease_until', 'next_at'}) do
    if ends[at] and tonumber(ends[at]) > tonumber(ARGV[1]) then
      redis.call('HSET', row, name, string.format('%.0f', earlier(ends[at])))
    end
  end
end
return #found / 2
"""

_FEEDS = """
-- KEYS: due:feeds, push:due or push:inbox   ARGV: now, back
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES')
for i = 1, #found, 2 do
  redis.call('ZADD', KEYS[1], math.max(tonumber(ARGV[1]), tonumber(found[i + 1]) - tonumber(ARGV[2])), found[i])
end
return #found / 2
"""

_ALERTS = """
-- KEYS: alerts:due   ARGV: now, back, prefix of rows
-- A delivery that was tried, is being sent, or was due when it was recorded; others are held to a time of day.
local found, moved = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES'), 0
for i = 1, #found, 2 do
  local id, channel = string.match(found[i], '^(%S+) (%S+)$')
  local at, kind, tried = unpack(redis.call('HMGET', ARGV[3] .. id, 'at', 'kind', 'n:' .. channel))
  if tonumber(tried or 0) > 0 or (kind == 'alert' and tonumber(found[i + 1]) <= tonumber(at)) then
    redis.call('ZADD', KEYS[1], math.max(tonumber(ARGV[1]), tonumber(found[i + 1]) - tonumber(ARGV[2])), found[i])
    moved = moved + 1
  end
end
return moved
"""

_HASH = """
-- KEYS: hash   ARGV: now, back, format, fields...
for i = 4, #ARGV do
  local value = tonumber(redis.call('HGET', KEYS[1], ARGV[i]))
  if value and value > tonumber(ARGV[1]) then
    local earlier = math.max(tonumber(ARGV[1]), value - tonumber(ARGV[2]))
    redis.call('HSET', KEYS[1], ARGV[i], string.format(ARGV[3], earlier))
  end
end
"""


class RedisShift:
    """Brings the plans of one prefix forward. Repeating does no harm: what is early is done early."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._prefix = prefix
        self._pending = client.register_script(_PENDING)
        self._feeds = client.register_script(_FEEDS)
        self._alerts = client.register_script(_ALERTS)
        self._hash = client.register_script(_HASH)

    def bring_forward(self, back: float, *, now: datetime) -> int:
        """The clock went back by `back` seconds and says `now`; how many plans are nearer for it."""
        args: list[Any] = [to_ms(now), int(back * 1000)]
        moved = 0
        for plan in ("due:feeds", "push:due", "push:inbox"):
            moved += int(self._feeds(keys=[f"{self._prefix}:{plan}"], args=args))
        for stage in STAGES:
            moved += int(self._pending(keys=[f"{self._prefix}:pend:{stage}"], args=[*args, f"{self._prefix}:art:"]))
        moved += int(self._alerts(keys=[f"{self._prefix}:alerts:due"], args=[*args, f"{self._prefix}:alert:"]))
        self._bring_pacing(now.timestamp(), back)
        for key in self._keys("breaker"):
            self._hash(keys=[key], args=[*args, "%.0f", "open_until"])
        return moved

    def _bring_pacing(self, now: float, back: float) -> None:
        """Hosts keep seconds; requests under way are forgotten, they gave their turn back long ago or never will."""
        for key in self._keys("host"):
            self._hash(keys=[key], args=[now, back, "%.3f", "down_until", "wait_until", "next_at"])
        for key in self._keys("flight"):
            self._redis.delete(key)

    def _keys(self, kind: str) -> list[bytes]:
        return list(self._redis.scan_iter(match=f"{self._prefix}:{kind}:*", count=1000))
