"""What each outlet's pages gave, in Redis: the last ones singly, those before them as sums.

`P:drift:outlets` (set); `P:drift:<outlet>:recent` (list of JSON, newest first); `P:drift:<outlet>:past` (hash of sums,
halved when they hold enough pages, so that a change that stays becomes the new past). All of it can be lost.
"""

from __future__ import annotations

from typing import Any

import orjson
import redis

from workers.clean.drift import RECENT, Drift, Sighting, amounts, compare, window
from workers.model import as_dict, load

_OBSERVE = """
local recent, past, outlets = KEYS[1], KEYS[2], KEYS[3]
local outlet, most, memory = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
for _, one in ipairs(redis.call('LRANGE', recent, 0, -1)) do  -- reading each as JSON took a millisecond
  if string.find(one, '"page":"' .. ARGV[4] .. '"', 1, true) then return 0 end
end
redis.call('SADD', outlets, outlet)
redis.call('LPUSH', recent, ARGV[5])
while redis.call('LLEN', recent) > most do
  local sums = cjson.decode(redis.call('RPOP', recent)).amounts
  for name, value in pairs(sums) do redis.call('HINCRBYFLOAT', past, name, tostring(value)) end
end
if tonumber(redis.call('HGET', past, 'pages') or '0') > memory then
  local all = redis.call('HGETALL', past)
  for i = 1, #all, 2 do redis.call('HSET', past, all[i], tostring(tonumber(all[i + 1]) / 2)) end
end
return 1
"""
_MEMORY = 600
"""Pages of an outlet's past, after which its sums are halved."""


class RedisDrift:
    """Sightings of an outlet's pages, and what jumped."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._base = f"{prefix}:drift"
        self._observe = client.register_script(_OBSERVE)

    def observe(self, outlet: str, seen: Sighting) -> bool:
        """Count one page, atomically. False when it is among the last ones already (a page made twice)."""
        row = orjson.dumps({**as_dict(seen), "amounts": amounts(seen)})
        keys = [self._key(outlet, "recent"), self._key(outlet, "past"), f"{self._base}:outlets"]
        return bool(self._observe(keys=keys, args=[outlet, RECENT, _MEMORY, seen.page, row]))

    def found(self) -> dict[str, list[Drift]]:
        """What jumped, by outlet; outlets without a jump are left out."""
        names = sorted(name.decode() for name in self._redis.smembers(f"{self._base}:outlets"))
        with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.lrange(self._key(name, "recent"), 0, -1)
                pipe.hgetall(self._key(name, "past"))
            answers = pipe.execute()
        jumps = {}
        for name, rows, sums in zip(names, answers[::2], answers[1::2], strict=True):
            past = window({key.decode(): float(value) for key, value in sums.items()})
            if past.pages and (drifts := compare(past, [load(Sighting, row) for row in rows])):
                jumps[name] = drifts
        return jumps

    def _key(self, outlet: str, name: str) -> str:
        return f"{self._base}:{outlet}:{name}"
