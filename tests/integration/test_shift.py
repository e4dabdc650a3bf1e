"""A wall clock that was set back by two hours: what was planned by the wrong one does not wait until it gets there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workers import stages
from workers.errors import Retry
from workers.model import Alert, Feed, FeedEntry, Outcome
from workers.settings import RedisSettings, Settings
from workers.stages.exits import wait
from workers.wiring import Parts

pytestmark = pytest.mark.servers

WRONG = timedelta(hours=2)


@pytest.fixture
def parts(redis_url: str, unique_name: str, tmp_path: Path) -> Parts:
    redis = RedisSettings(url=redis_url, prefix=unique_name)
    made = Parts(Settings(data=tmp_path, redis=redis, config_dir=Path("config")))
    made.index.init()
    return made


def entry(number: int) -> FeedEntry:
    return FeedEntry(id=f"{number:032x}", feed="f", outlet="o", url=f"https://o.test/{number}")


def test_what_a_clock_ahead_leased_postponed_and_planned_is_due_when_it_would_have_been(parts: Parts) -> None:
    now = datetime.now(UTC)
    ahead = now + WRONG
    parts.feeds.add(Feed(id="f", url="https://o.test/feed", outlet="o"), due=ahead + timedelta(seconds=40))
    parts.ledger.offer([entry(1), entry(2), entry(3)], now=ahead)
    (waits,) = parts.ledger.claim("fetch", [entry(2).id], lease=60, now=ahead)
    until = ahead + timedelta(seconds=50)
    parts.ledger.postpone(waits, Outcome(entry=waits.id, stage="fetch", status="f", at=ahead), until=until, burn=True)
    parts.ledger.claim("fetch", [entry(1).id], lease=60, now=ahead)
    parts.heartbeat(ahead)
    stages.sweep(parts)
    soon = datetime.now(UTC) + timedelta(seconds=55)
    late = datetime.now(UTC) + timedelta(seconds=70)
    assert [r.id for r in parts.ledger.claim("fetch", [entry(1).id], lease=60, now=soon)] == []  # its lease holds
    assert len(parts.ledger.claim("fetch", [entry(2).id], lease=60, now=soon)) == 1
    assert len(parts.ledger.claim("fetch", [entry(1).id], lease=60, now=late)) == 1
    assert len(parts.ledger.claim("fetch", [entry(3).id], lease=60, now=now)) == 1  # it never waited
    assert parts.feeds.claim_due(now=soon, limit=5, lease=60) == ["f"]


def test_hosts_are_asked_again_and_alerts_go_out(parts: Parts) -> None:
    now = datetime.now(UTC)
    ahead = now + WRONG
    assert parts.hosts.acquire("o.test", ahead) == 0
    parts.outbox.record([Alert(id="a" * 32, rule="r", article=entry(1).id, at=ahead, channels=("desk",))])
    held = Alert(id="b" * 32, rule="r", article=entry(2).id, at=now, channels=("desk",), release=ahead)
    parts.outbox.record([held])
    assert parts.outbox.waiting(now=now) == 0
    parts.shift.bring_forward(WRONG.total_seconds(), now=now)
    assert parts.hosts.acquire("o.test", now + timedelta(seconds=10)) == 0
    assert [a.id for a in parts.outbox.due(now=now, limit=5, lease=60)] == ["a" * 32]  # a digest keeps its time of day


def test_before_it_is_noticed_a_host_keeps_nobody_waiting_and_a_wait_of_hours_leaves_no_other_behind(
    parts: Parts,
) -> None:
    """Between the moment at which the clock goes back and the next sweep pages are fetched; a host whose next turn was
    reckoned by the wrong clock made them wait for two hours, and a quarter of that by chance."""
    now = datetime.now(UTC)
    assert parts.hosts.acquire("o.test", now + WRONG) == 0
    assert 0 < parts.hosts.acquire("o.test", now) <= parts.settings.fetch.host_gap
    parts.ledger.offer([entry(n) for n in range(20)], now=now)
    rows = parts.ledger.claim("fetch", [entry(n).id for n in range(20)], lease=60, now=now)
    for row in rows:
        wait(parts, row, "fetch", Retry("host is down", after=WRONG.total_seconds(), burn_attempt=False))
    parts.shift.bring_forward(WRONG.total_seconds(), now=datetime.now(UTC))
    soon = datetime.now(UTC) + timedelta(seconds=61)
    assert len(parts.ledger.claim("fetch", [row.id for row in rows], lease=60, now=soon)) == 20


def test_hosts_whose_clocks_differ_a_little_bring_nothing_forward(parts: Parts) -> None:
    due = datetime.now(UTC) + timedelta(hours=1)
    parts.feeds.add(Feed(id="f", url="https://o.test/feed", outlet="o"), due=due)
    parts.heartbeat(datetime.now(UTC) + timedelta(seconds=300))
    stages.sweep(parts)
    assert parts.feeds.claim_due(now=due - timedelta(seconds=1), limit=5, lease=60) == []
