"""Host pacing across all workers, in Redis. One script decides and takes the turn, so the rule cannot be raced.

Keys: `<prefix>:host:<host>` (hash: the `Pace`, the gap, when the next request may begin), `<prefix>:flight:<host>`
(sorted set: requests under way by the time at which they are given up). Both vanish two days after the last request.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import redis

from workers.fetch.politeness import Pace, after_answer, gap
from workers.settings import FetchSettings

_KEEP = 2 * 86400

_ACQUIRE = """
local now, lease, most, floor = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local row = redis.call('HMGET', KEYS[1], 'down_until', 'wait_until', 'next_at', 'gap')
local gap = tonumber(row[4]) or floor
for i = 1, 3 do
  local at = tonumber(row[i])
  if at and at > now then
    -- a turn is never farther away than a gap: one that is was reckoned by a clock that has gone back since
    return tostring(i == 3 and math.min(at - now, math.max(gap, floor)) or at - now)
  end
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('ZCARD', KEYS[2]) >= most then return tostring(math.max(gap, 0.2)) end
local turn = redis.call('HINCRBY', KEYS[1], 'turn', 1)
redis.call('ZADD', KEYS[2], now + lease, turn)
redis.call('HSET', KEYS[1], 'next_at', string.format('%.3f', now + gap))
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return '0'
"""

_FIELDS = tuple(field.name for field in fields(Pace))


def host_key(prefix: str, host: str) -> str:
    """The hash that holds what is known of a host."""
    return f"{prefix}:host:{host}"


class RedisHosts:
    """Turns at hosts. `acquire` before a request, `release` after it, whatever came of it."""

    def __init__(self, client: redis.Redis, prefix: str, settings: FetchSettings) -> None:
        self._redis = client
        self._prefix = prefix
        self._settings = settings
        self._acquire = client.register_script(_ACQUIRE)

    def acquire(self, host: str, now: datetime) -> float:
        """0: go, and call `release` afterwards. Else the seconds after which asking again makes sense."""
        settings = self._settings
        arguments = [now.timestamp(), settings.host_lease, settings.host_concurrency, settings.host_gap, _KEEP]
        answer: Any = self._acquire(keys=[self._row(host), self._flight(host)], args=arguments)
        return float(answer)

    def release(
        self, host: str, *, elapsed: float, status: int | None, now: datetime, retry_after: float | None = None
    ) -> None:
        """Give the turn back with what came of it; `status` 0: the host could not be reached; None: it was not asked,
        or what came says nothing about its load."""
        if status is None:
            self._redis.zpopmin(self._flight(host))
            return
        pace = after_answer(
            self.pace(host),
            elapsed=elapsed,
            status=status,
            now=now.timestamp(),
            settings=self._settings,
            retry_after=retry_after,
        )
        row: Any = {name: getattr(pace, name) for name in _FIELDS if name != "crawl_delay"}
        with self._redis.pipeline() as pipe:
            pipe.zpopmin(self._flight(host))
            pipe.hset(self._row(host), mapping=row | {"gap": gap(pace, self._settings)})
            pipe.expire(self._row(host), _KEEP)
            pipe.execute()

    def give_back(self, host: str) -> None:
        """Give the turn back without having asked."""
        self._redis.zpopmin(self._flight(host))

    def pace(self, host: str) -> Pace:
        """What is known of a host."""
        raw: Any = self._redis.hmget(self._row(host), list(_FIELDS))
        known = {name: float(value) for name, value in zip(_FIELDS, raw, strict=True) if value is not None}
        return Pace(**{**known, "failures": int(known.get("failures", 0))})  # type: ignore[arg-type]

    def _row(self, host: str) -> str:
        return host_key(self._prefix, host)

    def _flight(self, host: str) -> str:
        return f"{self._prefix}:flight:{host}"
