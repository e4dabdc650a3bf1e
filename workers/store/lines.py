"""Counts of recurring lines in Redis, an outlet each.

`P:lines:outlets` (set); `P:lines:<outlet>:count` (hash): folded line → pages, and under "" the pages looked at;
`…:seen` (sorted set): the last pages counted, so that a page made twice counts once; `…:ruling` (hash): line → ruling.
All of it can be lost: the stream teaches it again, save the rulings, which `rasid boilerplate export` prints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

import redis

from workers.clean.learn import LineCount, Ruling, believed, learn_key
from workers.settings import CleanSettings

_OBSERVE = """
local count, seen, outlets = KEYS[1], KEYS[2], KEYS[3]
local outlet, page, window, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local order = redis.call('ZCARD', seen) > 0 and tonumber(redis.call('ZREVRANGE', seen, 0, 0, 'WITHSCORES')[2]) + 1 or 1
if redis.call('ZADD', seen, 'NX', order, page) == 0 then return 0 end
redis.call('ZREMRANGEBYRANK', seen, 0, -window - 1)
redis.call('SADD', outlets, outlet)
local pages = redis.call('HINCRBY', count, '', 1)
for i = 5, #ARGV do redis.call('HINCRBY', count, ARGV[i], 1) end
local halve = pages >= window
if halve or redis.call('HLEN', count) > most then
  local all = redis.call('HGETALL', count)
  for i = 1, #all, 2 do
    local left = halve and math.floor(all[i + 1] / 2) or tonumber(all[i + 1])
    if all[i] ~= '' and left < (halve and 1 or 2) then redis.call('HDEL', count, all[i])
    else redis.call('HSET', count, all[i], left) end
  end
end
return 1
"""
_FRESH = 60.0
"""Seconds that a process believes what it read of an outlet's learned lines: they change with hours."""


class RedisLines:
    """`ports.Lines` on Redis."""

    def __init__(self, client: redis.Redis, prefix: str, settings: CleanSettings) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._base = f"{prefix}:lines"
        self._settings = settings
        self._observe = client.register_script(_OBSERVE)
        self._read: dict[str, tuple[float, Mapping[str, str]]] = {}

    def observe(self, outlet: str, page: str, lines: Sequence[str]) -> bool:
        """Count each of a page's candidate lines once, atomically. False when the page was counted before."""
        keys = [self._key(outlet, "count"), self._key(outlet, "seen"), f"{self._base}:outlets"]
        options = self._settings
        return bool(self._observe(keys=keys, args=[outlet, page, options.learn_window, options.learn_lines, *lines]))

    def learned(self, outlet: str) -> Mapping[str, str]:
        """The lines to remove with their evidence, read anew once a minute."""
        known = self._read.get(outlet)
        if known is None or monotonic() - known[0] > _FRESH:
            known = self._read[outlet] = (monotonic(), believed(self.counts(outlet), self._settings))
        return known[1]

    def counts(self, outlet: str) -> list[LineCount]:
        """The outlet's lines that stood on more than one page or are ruled, most frequent first."""
        pages = {key.decode(): int(n) for key, n in self._redis.hgetall(self._key(outlet, "count")).items()}
        rulings = {
            key.decode(): value.decode() for key, value in self._redis.hgetall(self._key(outlet, "ruling")).items()
        }
        of = pages.pop("", 0)
        found = [
            LineCount(outlet=outlet, key=key, pages=pages.get(key, 0), of=of, ruling=rulings.get(key, ""))
            for key in pages.keys() | rulings.keys()
            if key in rulings or pages[key] > 1
        ]
        return sorted(found, key=lambda count: (-count.pages, count.key))

    def outlets(self) -> list[str]:
        """The outlets of which pages were counted or lines ruled."""
        return sorted(name.decode() for name in self._redis.smembers(f"{self._base}:outlets"))

    def rule(self, outlet: str, line: str, ruling: Ruling) -> None:
        """Keep a person's word on a line, as read or folded; the empty ruling takes it back."""
        if ruling:
            self._redis.sadd(f"{self._base}:outlets", outlet)
            self._redis.hset(self._key(outlet, "ruling"), learn_key(line), ruling)
        else:
            self._redis.hdel(self._key(outlet, "ruling"), learn_key(line))
        self._read.pop(outlet, None)

    def _key(self, outlet: str, name: str) -> str:
        return f"{self._base}:{outlet}:{name}"
