"""What counting rules remember (`workers.alert.kinds.Memory`), in Redis.

Articles by rule stand in sorted sets by the time that they were first seen, so that counting one twice counts it once;
all articles are only estimated by the hour (HyperLogLog, within one in a hundred), because there are many of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import redis

KEEP = 35 * 86400
"""Seconds: four weeks are compared, and some days more."""
_BIN = 600
"""Seconds that all articles are counted by."""

_CLAIM = """
-- KEYS: topic   ARGV: by, at, until, keep (s)
local held = redis.call('GET', KEYS[1])
if held then
  local ends, by = string.match(held, '^(%S+) (.*)$')
  if by == ARGV[1] then return 1 end
  if tonumber(ends) > tonumber(ARGV[2]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[3] .. ' ' .. ARGV[1], 'EX', ARGV[4])
return 1
"""


class RedisMemory:
    """`workers.alert.kinds.Memory` on one Redis."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._prefix = f"{prefix}:memory"
        self._claim = client.register_script(_CLAIM)

    def _key(self, *parts: str) -> str:
        return ":".join((self._prefix, *parts))

    def saw(self, rule: str, article: str, at: datetime) -> None:
        """`rule` "*": an article was made, whatever it meets."""
        if rule == "*":
            self._saw_any(article, at)
            return
        key = self._key("met", rule)
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.zadd(key, {article: at.timestamp()}, nx=True)
            pipe.zremrangebyscore(key, "-inf", at.timestamp() - KEEP)
            pipe.expire(key, KEEP)
            pipe.execute()

    def _saw_any(self, article: str, at: datetime) -> None:
        key = self._key("all", str(int(at.timestamp()) // _BIN))
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.pfadd(key, article)
            pipe.expire(key, KEEP)
            pipe.set(self._key("since"), at.timestamp(), nx=True)
            pipe.execute()

    def count(self, rule: str, low: datetime, high: datetime) -> int:
        if rule != "*":
            return int(self._redis.zcount(self._key("met", rule), f"({low.timestamp()}", high.timestamp()))
        first, last = int(low.timestamp()) // _BIN, int(high.timestamp()) // _BIN
        return int(self._redis.pfcount(*(self._key("all", str(number)) for number in range(first + 1, last + 1))))

    def first(self, rule: str) -> datetime | None:
        if rule == "*":
            since = self._redis.get(self._key("since"))
            return datetime.fromtimestamp(float(since), UTC) if since else None
        return self._end(rule, 0)

    def last(self, rule: str) -> datetime | None:
        return self._end(rule, -1)

    def _end(self, rule: str, place: int) -> datetime | None:
        found = self._redis.zrange(self._key("met", rule), place, place, withscores=True)
        return datetime.fromtimestamp(found[0][1], UTC) if found else None

    def claim(self, topic: str, by: str, at: datetime, seconds: float) -> bool:
        arguments: list[Any] = [by, at.timestamp(), at.timestamp() + seconds, int(seconds) + KEEP]
        return bool(self._claim(keys=[self._key("claim", topic)], args=arguments))

    def new_names(self, rule: str, names: Iterable[str], article: str) -> list[str]:
        key = self._key("names", rule)
        return [
            name
            for name in names
            if self._redis.hsetnx(key, name, article) or self._redis.hget(key, name).decode() == article
        ]

    def text_before(self, article: str, revision: int) -> str | None:
        kept = self._redis.hgetall(self._key("text", article))
        earlier = [int(number) for number in kept if int(number) < revision]
        return zlib.decompress(kept[str(max(earlier)).encode()]).decode() if earlier else None

    def keep_text(self, article: str, revision: int, text: str) -> None:
        key = self._key("text", article)
        self._redis.hset(key, str(revision), zlib.compress(text.encode(), 6))
        self._redis.expire(key, KEEP)
