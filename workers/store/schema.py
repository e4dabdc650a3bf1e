"""The shape of what Rasid keeps in Redis, as a number, and how an older shape becomes today's.

`P:schema` says what is there; absent beside rows it means 0, what was kept before numbers were. A worker refuses to
start beside a newer one (deploy all hosts) or an older one (`rasid migrate`). A migration goes through the rows in
batches, changes each at one moment and only where it is still old: it may be interrupted, repeated, and run twice.

Not everything needs a migration: rows, payloads and messages are JSON whose unknown keys are ignored and whose missing
ones have defaults (`model.load`), so that workers of two releases can share a Redis while hosts are restarted in turn.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import redis

from workers.errors import Fault, UserError

SCHEMA = 1
"""What this release writes."""
_BATCH = 500

_COMPLETE = """
-- A row of schema 0 as one of schema 1. KEYS: row, pend:<its stage or none>   ARGV: id, packed entry ('' to keep), now
local row = KEYS[1]
if redis.call('EXISTS', row) == 0 then return 0 end
local changed = 0
for field, value in pairs({stage = '', status = '', reason = '', attempts = 0, next_at = 0, lease_until = 0, token = 0,
    feeds = '', first_seen = ARGV[3]}) do
  changed = changed + redis.call('HSETNX', row, field, value)
end
if ARGV[2] ~= '' then redis.call('HSET', row, 'entry', ARGV[2]); changed = changed + 1 end
local stage, status = unpack(redis.call('HMGET', row, 'stage', 'status'))
if stage == '' and status == '' then
  redis.call('HSET', row, 'stage', 'fetch')
  stage, changed = 'fetch', changed + 1
end
if stage ~= '' then changed = changed + redis.call('ZADD', KEYS[2], 'NX', ARGV[3], ARGV[1]) end
return changed
"""


class Schema:
    """The number that Redis carries, and the way to today's."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._prefix = prefix
        self._key = f"{prefix}:schema"
        self._complete = client.register_script(_COMPLETE)

    def found(self) -> int:
        """The schema of what is kept; an empty Redis has today's."""
        raw = self._redis.get(self._key)
        if raw is not None:
            return int(raw)
        if next(self._redis.scan_iter(match=f"{self._prefix}:art:*", count=1000), None) is not None:
            return 0
        self._redis.set(self._key, SCHEMA, nx=True)
        return SCHEMA

    def stamp(self) -> None:
        """Say that what is kept has today's schema, where nothing says otherwise: after a loss of everything."""
        self._redis.set(self._key, SCHEMA, nx=True)

    def check(self) -> None:
        """Raise `UserError` where this release cannot work with what is kept."""
        found = self.found()
        if found > SCHEMA:
            problem = f"what Redis keeps has schema {found}, this Rasid knows {SCHEMA}"
            raise UserError(Fault("redis", problem, "a newer release has been here: run that one on every host"))
        if found < SCHEMA:
            problem = f"what Redis keeps has schema {found}, this Rasid writes {SCHEMA}"
            raise UserError(Fault("redis", problem, "run rasid migrate"))

    def migrate(self, *, now: int, progress: Callable[[int, int], None] | None = None) -> int:
        """Bring everything to today's schema; how many rows were changed. `now` in ms. Interrupted, it is run again.

        `progress` is told the rows seen and changed so far, after each batch.
        """
        seen = changed = 0
        if self.found() == 0:
            for ids in self._rows():
                changed += sum(self._upgrade_0(id_, now) for id_ in ids)
                seen += len(ids)
                if progress is not None:
                    progress(seen, changed)
            self._redis.set(self._key, 1)
        return changed

    def _upgrade_0(self, id_: str, now: int) -> bool:
        row = f"{self._prefix}:art:{id_}"
        entry, stage = self._redis.hmget(row, ["entry", "stage"])
        packed = zlib.compress(entry, 1) if entry is not None and entry[:1] == b"{" else b""
        pend = f"{self._prefix}:pend:{(stage or b'fetch').decode() or 'fetch'}"
        return bool(self._complete(keys=[row, pend], args=[id_, packed, now]))

    def _rows(self) -> Iterator[list[str]]:
        start, ids = f"{self._prefix}:art:", []
        for key in self._redis.scan_iter(match=start + "*", count=_BATCH):
            ids.append(key.decode().removeprefix(start))
            if len(ids) >= _BATCH:
                yield ids
                ids = []
        if ids:
            yield ids
