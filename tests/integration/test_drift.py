"""The drift watch in Redis: pages pass from the last ones to the past, and a redesign shows with its pages."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from pathlib import Path

import redis

from workers import stages
from workers.clean.drift import RECENT, Sighting
from workers.model import FeedEntry, Outcome, Page, dump
from workers.operate.health import examine
from workers.settings import RedisSettings, Settings
from workers.store.drift import RedisDrift
from workers.wiring import Parts


def whole(number: int) -> Sighting:
    return Sighting(page=f"p{number}", length=1500 + number % 7 * 200, removed=0.02)


def test_a_redesign_shows_and_a_change_that_stays_becomes_the_past(redis_client: redis.Redis, unique_name: str) -> None:
    drift = RedisDrift(redis_client, unique_name)
    for number in range(RECENT + 60):
        assert drift.observe("window", whole(number))
    assert drift.found() == {}
    for number in range(12):
        drift.observe("window", Sighting(page=f"broken{number}"))
    (jump,) = drift.found()["window"]
    assert jump.measure == "empty"
    assert jump.before == 0
    assert all(page.startswith("broken") for page in jump.examples)
    for number in range(400):
        drift.observe("window", Sighting(page=f"later{number}"))
    assert drift.found() == {}


def test_a_page_made_twice_counts_once(redis_client: redis.Redis, unique_name: str) -> None:
    drift = RedisDrift(redis_client, unique_name)
    assert drift.observe("window", whole(1))
    assert not drift.observe("window", whole(1))


def test_status_names_an_outlet_whose_pages_became_shells(redis_url: str, unique_name: str, tmp_path: Path) -> None:
    """From the running flow: thirty whole pages, then pages that only a script would fill."""
    redis_settings = RedisSettings(url=redis_url, prefix=unique_name)
    parts = Parts(Settings(data=tmp_path, redis=redis_settings, config_dir=Path("config")))
    parts.index.init()
    for number in range(RECENT + 40):
        parts.drift.observe("o", whole(number))
    shell = "<html><body><div id='app'>جاري التحميل</div></body></html>"
    ids = [bring(parts, shell, number) for number in range(12)]
    stages.make(parts, ids)
    report = examine(parts, now=datetime.now(UTC))
    (said,) = [problem for problem in report.problems if problem.startswith("o: ")]
    assert "empty 0%" in said
    assert said.endswith(f"rasid explain {report.drift['o'][0].examples[0]}")
    assert set(report.drift["o"][0].examples) <= set(ids)


def bring(parts: Parts, html: str, number: int) -> str:
    """An entry whose fetched page waits to be made."""
    id_, now = f"{number:032x}", datetime.now(UTC)
    entry = FeedEntry(id=id_, feed="f", outlet="o", url=f"https://o.test/{number}")
    parts.ledger.offer([entry], now=now)
    (row,) = parts.ledger.claim("fetch", [id_], lease=60, now=now)
    page = Page(id=id_, entry=entry, final_url=entry.url, status=200, charset="utf-8", fetched_at=now)
    payloads = {"page": dump(page), "html": zlib.compress(html.encode())}
    fetched = Outcome(entry=id_, stage="fetch", status="fetched", at=now)
    assert parts.ledger.advance(row, fetched, "make", payloads=payloads)
    return id_
