"""The ledger against a real Redis: nothing lost, nothing twice, whoever dies when."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from workers.model import FeedEntry, Outcome
from workers.store.ledger import RedisLedger

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def entry(number: int, *, feed: str = "f1", title: str = "خبر") -> FeedEntry:
    return FeedEntry(id=f"{number:032x}", feed=feed, outlet="o", url=f"https://o.test/{number}", title=title)


def outcome(of: FeedEntry, stage: str, status: str, at: datetime = NOW) -> Outcome:
    return Outcome(entry=of.id, stage=stage, status=status, at=at)


@pytest.fixture
def ledger(redis_client: redis.Redis, unique_name: str) -> RedisLedger:
    return RedisLedger(redis_client, unique_name, keep=1000)


def test_an_offered_entry_is_new_once_and_learns_its_feeds(ledger: RedisLedger) -> None:
    assert ledger.offer([entry(1), entry(2)], now=NOW) == [entry(1).id, entry(2).id]
    assert ledger.offer([entry(1), entry(2, feed="f2")], now=NOW) == []
    row = ledger.row(entry(2).id)
    assert row is not None
    assert row.feeds == ("f1", "f2")
    assert row.stage == "fetch"
    assert row.first_seen == NOW


def test_a_claim_excludes_others_until_its_lease_ends(ledger: RedisLedger) -> None:
    ledger.offer([entry(1)], now=NOW)
    assert len(ledger.claim("fetch", [entry(1).id], lease=60, now=NOW)) == 1
    assert ledger.claim("fetch", [entry(1).id], lease=60, now=NOW + timedelta(seconds=59)) == []
    again = ledger.claim("fetch", [entry(1).id], lease=60, now=NOW + timedelta(seconds=61))
    assert [r.attempts for r in again] == [2]


def test_a_lost_claim_can_settle_nothing(ledger: RedisLedger) -> None:
    ledger.offer([entry(1)], now=NOW)
    (slow,) = ledger.claim("fetch", [entry(1).id], lease=1, now=NOW)
    (quick,) = ledger.claim("fetch", [entry(1).id], lease=60, now=NOW + timedelta(seconds=2))
    assert not ledger.advance(slow, outcome(entry(1), "fetch", "fetched"), "make", payloads={"page": b"slow"})
    assert ledger.advance(quick, outcome(entry(1), "fetch", "fetched"), "make", payloads={"page": b"quick"})
    assert ledger.payload(entry(1).id, "page") == b"quick"


def test_a_settled_stage_is_not_claimed_again(ledger: RedisLedger) -> None:
    ledger.offer([entry(1)], now=NOW)
    (row,) = ledger.claim("fetch", [entry(1).id], lease=60, now=NOW)
    ledger.advance(row, outcome(entry(1), "fetch", "fetched"), "make")
    assert ledger.claim("fetch", [entry(1).id], lease=60, now=NOW + timedelta(hours=1)) == []
    assert len(ledger.claim("make", [entry(1).id], lease=60, now=NOW)) == 1


def test_the_final_outcome_is_counted_once_and_moves_with_a_revision(ledger: RedisLedger) -> None:
    ledger.offer([entry(1)], now=NOW)
    for status in ("indexed", "updated"):
        (row,) = ledger.claim("fetch", [entry(1).id], lease=60, now=NOW)
        assert ledger.advance(row, outcome(entry(1), "index", status), None, facts={"text_hash": status})
        assert ledger.counts()[f"outcome:{status}"] == 1
        ledger.offer([entry(1, title="عنوان آخر")], now=NOW)
    assert ledger.counts()["outcome:indexed"] == 0
    assert [o.status for o in ledger.trail(entry(1).id)] == ["indexed", "updated"]


def test_a_changed_headline_opens_a_settled_entry_and_another_feed_does_not(ledger: RedisLedger) -> None:
    ledger.offer([entry(1)], now=NOW)
    (row,) = ledger.claim("fetch", [entry(1).id], lease=60, now=NOW)
    ledger.advance(row, outcome(entry(1), "index", "indexed"), None)
    assert ledger.offer([entry(1, feed="f2", title="عنوان الشريط")], now=NOW) == []
    assert ledger.offer([entry(1, title="عنوان معدل")], now=NOW) == [entry(1).id]
    reopened = ledger.row(entry(1).id)
    assert reopened is not None
    assert (reopened.stage, reopened.status, reopened.entry.title) == ("fetch", "indexed", "عنوان معدل")


def test_postponed_work_waits_and_may_keep_its_attempts(ledger: RedisLedger) -> None:
    ledger.offer([entry(1)], now=NOW)
    (row,) = ledger.claim("fetch", [entry(1).id], lease=60, now=NOW)
    later = NOW + timedelta(seconds=30)
    ledger.postpone(row, outcome(entry(1), "fetch", "waiting"), until=later, burn=False)
    assert ledger.claim("fetch", [entry(1).id], lease=60, now=NOW + timedelta(seconds=29)) == []
    assert ledger.due("fetch", now=NOW, limit=10, hide=60) == []
    assert ledger.due("fetch", now=later, limit=10, hide=60) == [entry(1).id]
    assert ledger.due("fetch", now=later, limit=10, hide=60) == []
    (again,) = ledger.claim("fetch", [entry(1).id], lease=60, now=later)
    assert again.attempts == 1


def test_quarantine_keeps_the_evidence_and_release_starts_again(ledger: RedisLedger) -> None:
    ledger.offer([entry(1)], now=NOW)
    (row,) = ledger.claim("fetch", [entry(1).id], lease=60, now=NOW)
    ledger.quarantine(row, outcome(entry(1), "fetch", "quarantined"), evidence={"body": b"raw"})
    assert ledger.payload(entry(1).id, "evidence-body") == b"raw"
    assert [r.id for r in ledger.quarantined(limit=5)] == [entry(1).id]
    assert ledger.offer([entry(1, title="غيره")], now=NOW) == []
    assert ledger.release(entry(1).id, now=NOW)
    assert not ledger.release(entry(1).id, now=NOW)
    assert ledger.quarantined(limit=5) == []
    assert ledger.counts()["outcome:quarantined"] == 0
    (again,) = ledger.claim("fetch", [entry(1).id], lease=60, now=NOW)
    assert again.attempts == 1


def test_ended_rows_expire_and_open_ones_do_not(
    ledger: RedisLedger, redis_client: redis.Redis, unique_name: str
) -> None:
    ledger.offer([entry(1), entry(2)], now=NOW)
    (row,) = ledger.claim("fetch", [entry(1).id], lease=60, now=NOW)
    ledger.advance(row, outcome(entry(1), "index", "indexed"), None)
    assert redis_client.pttl(f"{unique_name}:art:{entry(1).id}") > 0
    assert redis_client.pttl(f"{unique_name}:art:{entry(2).id}") == -1


def test_every_entry_ends_once_though_workers_die_at_random(ledger: RedisLedger) -> None:
    """Eight workers claim the same ids; a third of the claims are dropped as by kill -9. All end, each exactly once."""
    entries = [entry(n) for n in range(200)]
    ledger.offer(entries, now=NOW)
    ended: list[str] = []

    def work(worker: int) -> None:
        chance = random.Random(worker)
        clock = NOW
        for _ in range(60):
            clock += timedelta(seconds=20)
            ids = ledger.due("fetch", now=clock, limit=20, hide=5)
            for row in ledger.claim("fetch", ids, lease=10, now=clock):
                dies = chance.random() < 0.33
                if not dies and ledger.advance(row, outcome(entry(int(row.id, 16)), "index", "indexed", clock), None):
                    ended.append(row.id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert sorted(ended) == sorted(e.id for e in entries)
    counts: dict[str, Any] = ledger.counts()
    assert counts["outcome:indexed"] == 200
    assert counts["pending:fetch"] == 0
