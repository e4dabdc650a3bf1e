"""Stages on a real ledger: what is wrong with one article, or with the index, is not paid for by the others."""

from __future__ import annotations

import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.indexes import article
from workers import stages
from workers.model import FeedEntry, Outcome, Stage, dump
from workers.settings import ElasticsearchSettings, RedisSettings, Settings, WorkerSettings
from workers.wiring import Parts

pytestmark = pytest.mark.servers


@pytest.fixture
def parts(redis_url: str, unique_name: str, tmp_path: Path) -> Parts:
    redis = RedisSettings(url=redis_url, prefix=unique_name)
    worker = WorkerSettings(backoff_first=0.01, backoff_most=0.01, attempts=2)
    made = Parts(Settings(data=tmp_path, redis=redis, worker=worker, config_dir=Path("config")))
    made.index.init()
    return made


def bring(parts: Parts, to: Stage, article_payload: bytes, number: int) -> str:
    """An entry that waits at `to` with that payload."""
    id_ = f"{number:032x}"
    now = datetime.now(UTC)
    parts.ledger.offer([FeedEntry(id=id_, feed="f", outlet="o", url=f"https://o.test/{number}")], now=now)
    (row,) = parts.ledger.claim("fetch", [id_], lease=60, now=now)
    outcome = Outcome(entry=id_, stage="fetch", status="fetched", at=now)
    assert parts.ledger.advance(row, outcome, to, payloads={"article": article_payload})
    return id_


def good(number: int) -> bytes:
    return zlib.compress(dump(article(f"{number:032x}")))


@pytest.mark.parametrize("stage", ["index", "alert"])
def test_an_unreadable_article_is_quarantined_alone(parts: Parts, stage: Stage) -> None:
    ids = [bring(parts, stage, good(1), 1), bring(parts, stage, b"garbage", 2), bring(parts, stage, good(3), 3)]
    work = {"index": stages.index, "alert": stages.alert}[stage]
    for _ in range(5):
        work(parts, ids)
        time.sleep(0.02)  # above the backoff
    rows = [parts.ledger.row(id_) for id_ in ids]
    assert [row.stage for row in rows if row] == ({"index": ["alert", None, "alert"]}.get(stage) or [None] * 3)
    assert rows[1] is not None
    assert rows[1].status == "quarantined"
    assert all(row is not None and row.status != "quarantined" for row in (rows[0], rows[2]))


def test_an_index_that_a_person_must_mend_costs_no_article_an_attempt(
    parts: Parts, elasticsearch_url: str, unique_name: str
) -> None:
    """The alias is missing: whoever mends that finds every article still waiting."""
    id_ = bring(parts, "index", good(1), 1)
    elsewhere = ElasticsearchSettings(url=elasticsearch_url, index=unique_name)
    broken = Parts(parts.settings.model_copy(update={"elasticsearch": elsewhere}))
    for _ in range(4):
        assert stages.index(broken, [id_]) == []
    row = parts.ledger.row(id_)
    assert row is not None
    assert (row.stage, row.attempts, row.status) == ("index", 0, "")


def test_a_slow_host_does_not_outlive_the_lease_of_the_pages_behind(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty pages of a host are claimed together; at 40 s a page the last would be claimed anew before its turn."""
    now = datetime.now(UTC)
    ids = [f"{number:032x}" for number in range(3)]
    parts.ledger.offer([FeedEntry(id=i, feed="f", outlet="o", url=f"http://127.0.0.1:1/{i}") for i in ids], now=now)
    monkeypatch.setattr("workers.stages.fetching._PATIENCE", -1.0)
    assert stages.fetch(parts, ids) == []
    rows = [parts.ledger.row(id_) for id_ in ids]
    assert [(row.stage, row.attempts) for row in rows if row] == [("fetch", 0)] * 3
    assert all(row.next_at is not None and row.next_at - now < timedelta(seconds=5) for row in rows if row)
