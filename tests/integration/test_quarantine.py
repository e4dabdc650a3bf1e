"""Quarantine: what a person needs to judge an entry is kept, and nothing leaves it by itself."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner

from tests.integration.indexes import article
from workers import stages
from workers.cli import cli
from workers.errors import UserError
from workers.model import FeedEntry, Outcome, Page, dump
from workers.operate.audit import audit
from workers.operate.health import examine
from workers.settings import RedisSettings, Settings, WorkerSettings, settings
from workers.stages.exits import attempt, jail
from workers.store.ledger import EVIDENCE, PAYLOADS
from workers.wiring import Parts

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HTML = "<p>صفحة</p>"


@pytest.fixture
def parts(redis_url: str, unique_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    environment = {"RASID_REDIS_URL": redis_url, "RASID_REDIS_PREFIX": unique_name, "RASID_DATA": str(tmp_path)}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    redis = RedisSettings(url=redis_url, prefix=unique_name)
    worker = WorkerSettings(backoff_first=0.001, backoff_most=0.001, attempts=1)
    yield Parts(Settings(data=tmp_path, redis=redis, worker=worker, config_dir=Path("config")))
    settings.cache_clear()


def rasid(*arguments: str) -> str:
    done = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def fetched(parts: Parts, number: int) -> str:
    """An entry that waits for the making of its page."""
    entry = FeedEntry(id=f"{number:032x}", feed="f", outlet="o", url=f"https://o.test/{number}", title="عنوان")
    now = datetime.now(UTC)
    parts.ledger.offer([entry], now=now)
    (row,) = parts.ledger.claim("fetch", [entry.id], lease=60, now=now)
    position = parts.archive.write(entry.url, status=200, headers=[], body=b"raw bytes", at=NOW)
    page = Page(
        id=entry.id, entry=entry, final_url=entry.url, status=200, charset="utf-8", fetched_at=NOW, archive=position
    )
    loads: dict[str, bytes | None] = {"page": dump(page), "html": zlib.compress(HTML.encode())}
    parts.ledger.advance(row, Outcome(entry=entry.id, stage="fetch", status="fetched", at=now), "make", payloads=loads)
    return entry.id


def jailed(parts: Parts, number: int, error: Exception) -> str:
    """An entry whose making ends with `error`."""
    id_ = fetched(parts, number)

    def work() -> None:
        raise error

    (row,) = parts.ledger.claim("make", [id_], lease=60, now=datetime.now(UTC))
    assert attempt(parts, row, "make", work) is None
    return id_


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("too deep"), KeyError("a defect")])
def test_the_exception_the_versions_the_stage_and_the_page_are_kept(parts: Parts, error: Exception) -> None:
    id_ = jailed(parts, 1, error)
    found: dict[str, Any] = json.loads(rasid("quarantine", "show", id_, "--json"))
    assert (found["stage"], found["trail"][-1]["status"]) == ("make", "quarantined")
    assert type(error).__name__ in found["reason"]
    assert "in work\n    raise error" in found["exception"]
    assert {"rasid", "rules", "python", "lxml", "trafilatura"} <= found["versions"].keys()
    assert found["entry"]["title"] == "عنوان"
    assert rasid("quarantine", "page", id_) == HTML
    assert rasid("archive", "show", found["archive"], "--raw") == "raw bytes"
    said = rasid("quarantine", "show", id_)
    assert f"rasid archive show {found['archive']} --raw" in said.replace("\n", "")
    assert "raise error" in said


def test_the_list_says_where_each_got_stuck(parts: Parts) -> None:
    first, second = jailed(parts, 1, KeyError("a")), fetched(parts, 2)
    assert second not in rasid("quarantine", "list", "--json")
    (listed,) = json.loads(rasid("quarantine", "list", "--json"))["entries"]
    assert (listed["id"], listed["stage"]) == (first, "make")
    assert json.loads(rasid("quarantine", "list", "--stage", "index", "--json"))["entries"] == []


def test_retry_sends_back_to_the_stage_with_nothing_of_the_past(parts: Parts) -> None:
    id_ = jailed(parts, 1, KeyError("a"))
    assert "1 of 1 sent back" in rasid("quarantine", "retry", "all")
    row = parts.ledger.row(id_)
    assert row is not None
    assert (row.stage, row.status, row.attempts) == ("make", "", 0)
    assert all(parts.ledger.payload(id_, f"evidence-{name}") is None for name in EVIDENCE)
    stages.make(parts, [id_])  # too little text: an end of its own, so it was really made
    row = parts.ledger.row(id_)
    assert row is not None
    assert row.status == "not_article"


def test_drop_keeps_the_outcome_and_nothing_else(parts: Parts) -> None:
    id_ = jailed(parts, 1, KeyError("a"))
    assert "1 dropped" in rasid("quarantine", "drop", id_)
    row = parts.ledger.row(id_)
    assert row is not None
    assert row.status == "quarantined"
    assert all(parts.ledger.payload(id_, name) is None for name in PAYLOADS)
    assert json.loads(rasid("quarantine", "list", "--json"))["entries"] == []


def test_what_a_person_has_ruled_on_troubles_nobody_any_more(parts: Parts) -> None:
    ids = [jailed(parts, number, KeyError("a")) for number in (1, 2)]
    parts.index.init()
    parts.ledger.drop(ids[0])
    assert [said for said in _noticed(parts) if said.startswith("1 entries in quarantine")]
    parts.ledger.drop(ids[1])
    assert not [said for said in _noticed(parts) if "quarantine" in said]
    assert audit(parts).problems == {}


def _noticed(parts: Parts) -> list[str]:
    return examine(parts, now=datetime.now(UTC)).noticed


def test_an_entry_that_is_not_in_quarantine_is_not_sent_back(parts: Parts) -> None:
    id_ = jailed(parts, 1, KeyError("a"))
    with pytest.raises(UserError, match="nobody: is not in quarantine"):
        rasid("quarantine", "retry", id_, "nobody")
    assert parts.ledger.jailed() == 1


def test_a_worker_that_died_too_often_leaves_no_exception_but_its_reason(parts: Parts) -> None:
    """What kills its process again and again is taken out by the claim that follows."""
    id_ = fetched(parts, 1)
    for _ in range(2):
        stale = parts.ledger.claim("make", [id_], lease=0.0, now=datetime.now(UTC))
        assert len(stale) == 1
    (row,) = parts.ledger.claim("make", [id_], lease=60, now=datetime.now(UTC))
    attempt(parts, row, "make", lambda: pytest.fail("it must not be tried again"))
    found = json.loads(rasid("quarantine", "show", id_, "--json"))
    assert found["reason"] == "a worker died or gave up 2 times at this stage"
    assert found["exception"] == ""
    assert found["versions"]["rules"]


def test_a_redis_that_goes_and_comes_costs_an_entry_no_attempt(parts: Parts) -> None:
    """It may go more often than an entry has attempts, and that says nothing about the entry."""
    id_ = fetched(parts, 1)
    for error in (redis.ConnectionError("refused"), redis.TimeoutError("frozen"), redis.BusyLoadingError("loads")):
        moment = datetime.now(UTC) + timedelta(hours=1)
        (row,) = parts.ledger.claim("make", [id_], lease=60, now=moment)

        def goes(error: Exception = error) -> None:
            raise error

        assert attempt(parts, row, "make", goes) is None
    row_now = parts.ledger.row(id_)
    assert row_now is not None
    assert (row_now.stage, row_now.status, row_now.attempts) == ("make", "", 0)


def test_what_the_index_refuses_keeps_its_article(parts: Parts) -> None:
    id_ = fetched(parts, 1)
    (row,) = parts.ledger.claim("make", [id_], lease=60, now=datetime.now(UTC))
    packed: dict[str, bytes | None] = {"article": zlib.compress(dump(article(id_))), "page": None, "html": None}
    made = Outcome(entry=id_, stage="make", status="made", at=datetime.now(UTC))
    parts.ledger.advance(row, made, "index", payloads=packed)
    (row,) = parts.ledger.claim("index", [id_], lease=60, now=datetime.now(UTC))
    jail(parts, row, "index", "index: 400 mapper_parsing_exception")
    found = json.loads(rasid("quarantine", "show", id_, "--json"))
    assert list(found["payload_bytes"]) == ["article"]
