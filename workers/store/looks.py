"""When each article's page is looked at again, in Redis: `<prefix>:looks`, entries by their next look (ms).

A look is an ordinary fetch: the entry's row in the ledger is opened at that stage again, under the same claims, leases
and pacing. What the last look saw is in the row's facts. A plan is written before the row is settled, so that a
killed process loses none; one that comes due while the entry is in the flow waits for its turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import redis

from workers.ports import Row
from workers.store.ledger_scripts import DUE
from workers.store.times import from_ms, to_ms

_OPEN = """
-- KEYS: row, pend:fetch, trail   ARGV: now, id
local stage, status = unpack(redis.call('HMGET', KEYS[1], 'stage', 'status'))
if stage ~= '' or status == 'quarantined' then return 0 end
redis.call('HSET', KEYS[1], 'stage', 'fetch', 'attempts', 0, 'next_at', 0, 'lease_until', 0, 'f:look', '1')
redis.call('PERSIST', KEYS[1])
redis.call('PERSIST', KEYS[3])
redis.call('ZADD', KEYS[2], ARGV[1], ARGV[2])
return 1
"""

_REST = """
-- KEYS: row, pend:<stage>, trail, counts, payload keys...   ARGV: id, stage, token, keep ms, tally, facts...
local stage, token = unpack(redis.call('HMGET', KEYS[1], 'stage', 'token'))
if stage ~= ARGV[2] or token ~= ARGV[3] then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[4], ARGV[5], 1)
local last = redis.call('LINDEX', KEYS[3], -1)
if last and string.find(last, '"status":"fetched"', 1, true) then redis.call('RPOP', KEYS[3]) end  -- by this look
redis.call('HSET', KEYS[1], 'stage', '', 'attempts', 0, 'lease_until', 0, 'next_at', 0)
for i = 6, #ARGV, 2 do redis.call('HSET', KEYS[1], 'f:' .. ARGV[i], ARGV[i + 1]) end
for i = 5, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
return 1
"""

HOUR = 3600


class RedisLooks:
    """The plan of second looks, beside `store.ledger` and on its rows."""

    def __init__(self, client: redis.Redis, prefix: str, *, keep: float) -> None:
        """`keep`: seconds that an ended row stays, as in the ledger."""
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._prefix = prefix
        self._keep_ms = int(keep * 1000)
        self._plan = f"{prefix}:looks"
        self._open = client.register_script(_OPEN)
        self._rest = client.register_script(_REST)
        self._due = client.register_script(DUE)

    def plan(self, entry: str, at: datetime | None) -> None:
        """Look at the entry's page again then; None: never."""
        if at is None:
            self._redis.zrem(self._plan, entry)
        else:
            self._redis.zadd(self._plan, {entry: to_ms(at)})

    def planned(self, entry: str) -> datetime | None:
        """When the entry's page is looked at next."""
        found = self._redis.zscore(self._plan, entry)
        return None if found is None else from_ms(int(found))

    def due(self, *, now: datetime, limit: int, hide: float) -> list[str]:
        """Entries whose look is due, hidden from the next call for `hide` seconds."""
        found = self._due(keys=[self._plan], args=[to_ms(now), limit, to_ms(now) + int(hide * 1000)])
        return [id_.decode() for id_ in found]

    def take(self, host: str, *, now: datetime, most: int) -> bool:
        """Count a look at `host`; False where it had `most` of them this hour."""
        key = f"{self._prefix}:looked:{host}:{int(now.timestamp()) // HOUR}"
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.incr(key)
            pipe.expire(key, HOUR)
            return int(pipe.execute()[0]) <= most

    def open(self, entry: str, *, now: datetime) -> bool:
        """Send an ended entry to the fetch stage again, marked as a look; False where it is in the flow, or a
        person's."""
        keys = [f"{self._prefix}:art:{entry}", f"{self._prefix}:pend:fetch", f"{self._prefix}:trail:{entry}"]
        return bool(self._open(keys=keys, args=[to_ms(now), entry]))

    def rest(self, row: Row, *, tally: str, facts: Mapping[str, str], payloads: Iterable[str] = ()) -> bool:
        """End a claimed entry as it was, and write nothing in its trail. False where the claim was lost."""
        keys = [f"{self._prefix}:art:{row.id}", f"{self._prefix}:pend:{row.stage}", f"{self._prefix}:trail:{row.id}"]
        keys += [f"{self._prefix}:outcomes", *(f"{self._prefix}:load:{row.id}:{name}" for name in payloads)]
        args: list[Any] = [row.id, row.stage, row.token, self._keep_ms, tally]
        for name, value in facts.items():
            args += [name, value]
        return bool(self._rest(keys=keys, args=args))

    def waiting(self) -> int:
        """Articles whose page will be looked at again."""
        return int(self._redis.zcard(self._plan))
