"""Backpressure on real stores: polling slows, stops, says so and comes back; nothing that was there is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.servers import redis_server
from workers import stages
from workers.model import Feed, FeedEntry, Outcome
from workers.operate.health import examine
from workers.settings import PressureSettings, RedisSettings, Settings
from workers.stages.pressure import last_change, measure
from workers.wiring import Parts

pytestmark = pytest.mark.servers

CONFIG = Path(__file__).parents[2] / "config"
FEEDS = 60


def made(tmp_path: Path, url: str, prefix: str, **bounds: Any) -> Parts:
    pressure = PressureSettings(**{"disk_slow": 0, "disk_stop": 0, **bounds})
    redis = RedisSettings(url=url, prefix=prefix)
    parts = Parts(Settings(data=tmp_path, config_dir=CONFIG, redis=redis, pressure=pressure))
    parts.index.init()
    now = datetime.now(UTC)
    for number in range(FEEDS):
        parts.feeds.add(Feed(id=f"f{number}", url=f"https://o.test/{number}.xml", outlet="o"), due=now)
    return parts


def offer(parts: Parts, number: int) -> list[str]:
    entries = [FeedEntry(id=f"{n:032x}", feed="f", outlet="o", url=f"https://o.test/{n}") for n in range(number)]
    return parts.ledger.offer(entries, now=datetime.now(UTC))


def ended(id_: str, status: str) -> Outcome:
    return Outcome(entry=id_, stage="fetch", status=status, at=datetime.now(UTC))


def claimed(work: stages.Work) -> int:
    return sum(len(batch) for batch in work.feeds)


def test_a_backlog_stops_polling_says_so_and_lets_it_go_on_again(
    redis_url: str, unique_name: str, tmp_path: Path
) -> None:
    parts = made(tmp_path, redis_url, unique_name, waiting_fetch=100)
    ids = offer(parts, 100)
    with structlog.testing.capture_logs() as said:
        work = stages.sweep(parts)
        stages.sweep(parts)
    assert claimed(work) == 0
    assert sum(len(batch) for batch in work.entries["fetch"]) == 100  # what waits goes on
    lines = [line for line in said if line["event"] == "backpressure"]
    assert len(lines) == 1  # a change is said once
    assert (lines[0]["log_level"], lines[0]["level"]) == ("warning", 1.0)
    assert "entries that wait for fetch: 100, polling has stopped" in lines[0]["said"][0]
    report = examine(parts, now=datetime.now(UTC))
    assert any("polling has stopped" in problem for problem in report.stopped)
    assert last_change(parts)["signals"] == ["fetch"]

    now = datetime.now(UTC)
    for row in parts.ledger.claim("fetch", ids, lease=60, now=now):
        assert parts.ledger.advance(row, ended(row.id, "gone"), None)
    assert claimed(stages.sweep(parts)) == FEEDS  # every feed is still there, and due
    assert last_change(parts)["level"] == 0


def test_second_looks_wait_with_the_polls(
    redis_url: str, unique_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("workers.stages.looks.open_due", lambda *_: asked.append("look"))
    parts = made(tmp_path, redis_url, unique_name, waiting_fetch=10)
    stages.sweep(parts)
    offer(parts, 10)
    stages.sweep(parts)
    assert asked == ["look"]


def test_half_full_polls_are_thinned_but_go_on(redis_url: str, unique_name: str, tmp_path: Path) -> None:
    parts = made(tmp_path, redis_url, unique_name, waiting_fetch=100)
    offer(parts, 75)
    assert measure(parts).level == pytest.approx(0.5)
    parts.random.seed(5)
    done = [claimed(stages.sweep(parts)) for _ in range(60)]
    assert 0 < sum(done) < FEEDS
    assert max(done) <= 1  # 60 feeds, 5 s of 900, halved: one poll every sixth tick
    report = examine(parts, now=datetime.now(UTC))
    assert any("polling is slowed by 50%" in problem for problem in report.noticed)


def test_a_full_redis_is_seen_before_it_refuses_and_pages_wait_too(tmp_path: Path) -> None:
    with redis_server(tmp_path) as (url, _):
        parts = made(tmp_path, url, "rasid")
        offer(parts, 5)
        ballast = [f"ballast:{number}" for number in range(1600)]
        for name in ballast:  # many small ones: what stands in buffers for a while is hardly a part of them
            parts.redis.set(name, b"x" * 50_000)
        used = int(parts.redis.info("memory")["used_memory"])  # type: ignore[index]
        parts.redis.config_set("maxmemory", used * 2)
        assert measure(parts).level == 0
        parts.redis.config_set("maxmemory", int(used / 0.95))
        work = stages.sweep(parts)
        assert measure(parts).holds_fetch
        assert "fetch" not in work.entries
        assert claimed(work) == 0
        assert parts.ledger.counts()["pending:fetch"] == 5
        parts.redis.delete(*ballast)
        assert sum(len(batch) for batch in stages.sweep(parts).entries["fetch"]) == 5


def test_the_disk_of_the_data_folder_counts(redis_url: str, unique_name: str, tmp_path: Path) -> None:
    parts = made(tmp_path / "not-yet-there", redis_url, unique_name, disk_slow=10**18, disk_stop=10**17)
    pressure = measure(parts)
    assert [signal.name for signal in pressure.pressing] == ["disk"]
    assert pressure.holds_fetch


def test_articles_that_wait_for_the_index_are_weighed(redis_url: str, unique_name: str, tmp_path: Path) -> None:
    parts = made(tmp_path, redis_url, unique_name, index_bytes=40_000)
    for row in parts.ledger.claim("fetch", offer(parts, 4), lease=60, now=datetime.now(UTC)):
        outcome = ended(row.id, "fetched")
        assert parts.ledger.advance(row, outcome, "index", payloads={"article": b"x" * 10_000})
    found = {signal.name: signal.value for signal in measure(parts).signals}
    assert found["index_bytes"] == 40_000
    assert claimed(stages.sweep(parts)) == 0
