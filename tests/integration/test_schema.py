"""Upgrades: rows of the release before are understood, older ones migrated, newer ones refused; messages still fit."""

from __future__ import annotations

import inspect
import json
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workers.errors import UserError
from workers.model import Outcome
from workers.settings import RedisSettings, Settings
from workers.store.schema import SCHEMA
from workers.store.times import to_ms
from workers.wiring import Parts

pytestmark = pytest.mark.servers

CONFIG = Path(__file__).parents[2] / "config"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ENTRY = {"feed": "f", "outlet": "o", "guid": "", "title": "عنوان", "published": "2026-11-22T10:00:00Z", "added": [1]}
"""As a release wrote it that knew a field more."""


@pytest.fixture
def parts(redis_url: str, unique_name: str, tmp_path: Path) -> Parts:
    return Parts(Settings(data=tmp_path, config_dir=CONFIG, redis=RedisSettings(url=redis_url, prefix=unique_name)))


def write(parts: Parts, number: int, **fields: str | bytes | int) -> str:
    id_ = f"{number:032x}"
    parts.redis.hset(f"{parts.settings.redis.prefix}:art:{id_}", mapping=fields)  # type: ignore[arg-type]
    return id_


def entry(number: int) -> bytes:
    return json.dumps({**ENTRY, "id": f"{number:032x}", "url": f"https://o.test/{number}"}).encode()


def as_0_1_0(parts: Parts, number: int, stage: str, status: str) -> str:
    """A row byte for byte as release 0.1.0 leaves it (23 November 2026)."""
    id_ = write(
        parts,
        number,
        stage=stage,
        status=status,
        reason="",
        attempts=0,
        next_at=0,
        lease_until=0,
        token=3,
        first_seen=to_ms(NOW),
        feeds="f g",
        entry=zlib.compress(entry(number), 1),
        **{"v:f": "0123456789abcdef", "f:text_hash": "a" * 32, "f:revision": "1"},
    )
    if stage:
        parts.redis.zadd(f"{parts.settings.redis.prefix}:pend:{stage}", {id_: to_ms(NOW)})
    return id_


def as_schema_0(parts: Parts, number: int, **fields: str | int) -> str:
    """A row of a made-up release before: the entry as plain JSON, fields missing, no list of what waits."""
    return write(parts, number, entry=entry(number), feeds="f", **fields)


def test_rows_of_the_release_before_are_read_and_worked_on(parts: Parts) -> None:
    open_, done = as_0_1_0(parts, 1, "fetch", ""), as_0_1_0(parts, 2, "", "indexed")
    assert parts.schema.found() == 0  # it wrote no number
    assert parts.schema.migrate(now=to_ms(NOW)) == 0  # and nothing of it needs a change
    assert parts.schema.found() == SCHEMA
    found = parts.ledger.row(done)
    assert found is not None
    assert (found.status, found.feeds, found.facts["revision"]) == ("indexed", ("f", "g"), "1")
    assert found.entry.title == "عنوان"
    (row,) = parts.ledger.claim("fetch", [open_], lease=60, now=NOW)
    assert parts.ledger.advance(row, Outcome(entry=open_, stage="fetch", status="gone", at=NOW), None)


def test_older_rows_become_todays_even_when_interrupted(parts: Parts) -> None:
    ids = [as_schema_0(parts, n, first_seen=to_ms(NOW)) for n in range(1200)]
    ids += [as_schema_0(parts, 5000, stage="make", status=""), as_schema_0(parts, 5001, stage="", status="gone")]
    with pytest.raises(UserError, match="rasid migrate"):
        parts.schema.check()

    class Interrupted(Exception):
        pass

    def stop(seen: int, changed: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        parts.schema.migrate(now=to_ms(NOW), progress=stop)
    assert parts.schema.found() == 0  # still to be done
    changed = parts.schema.migrate(now=to_ms(NOW))
    assert 0 < changed < len(ids)  # the first batch is not changed twice
    parts.schema.check()
    rows = [parts.ledger.row(id_) for id_ in ids]
    assert all(row is not None and row.entry.title == "عنوان" for row in rows)
    assert [row.stage for row in rows[-2:] if row] == ["make", None]
    due = parts.ledger.due("fetch", now=NOW, limit=5000, hide=0)
    assert len(due) == 1200
    assert len(parts.ledger.claim("make", [ids[1200]], lease=60, now=NOW)) == 1
    assert parts.schema.migrate(now=to_ms(NOW)) == 0


def test_a_newer_schema_is_refused_and_an_emptied_redis_is_todays(parts: Parts) -> None:
    parts.schema.check()
    assert parts.schema.found() == SCHEMA
    parts.redis.set(f"{parts.settings.redis.prefix}:schema", SCHEMA + 1)
    with pytest.raises(UserError, match="newer release"):
        parts.schema.check()
    parts.redis.delete(f"{parts.settings.redis.prefix}:schema")  # as FLUSHALL leaves it, and a sweep finds it
    parts.schema.stamp()
    as_0_1_0(parts, 1, "fetch", "")
    parts.schema.check()


MESSAGES = {
    "rasid.sweep": [],
    "rasid.poll": [["f1", "f2"]],
    "rasid.fetch": [["0" * 32]],
    "rasid.make": [["0" * 32]],
    "rasid.index": [["0" * 32]],
    "rasid.alert": [["0" * 32]],
    "rasid.deliver": [],
    "rasid.restory": [],
}
"""What release 0.1.0 puts on the queues: name → arguments."""


def test_messages_of_the_release_before_are_understood() -> None:
    from workers import tasks

    for name, arguments in MESSAGES.items():
        task = tasks.app.tasks[name]
        inspect.signature(task.run).bind(*json.loads(json.dumps(arguments)))
