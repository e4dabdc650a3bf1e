"""The audit on a real ledger: a sound one is called sound, and each way of losing an entry is found and named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.integration.indexes import article
from workers import stages
from workers.cli.audit import command
from workers.model import Feed, FeedEntry, FeedState, Outcome
from workers.operate.audit import Audit, audit, last_audit
from workers.operate.health import examine
from workers.settings import RedisSettings, Settings
from workers.wiring import Parts

pytestmark = pytest.mark.servers

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def parts(redis_url: str, unique_name: str, tmp_path: Path) -> Parts:
    redis = RedisSettings(url=redis_url, prefix=unique_name)
    found = Parts(Settings(data=tmp_path, config_dir=CONFIG, redis=redis))
    found.index.init()
    return found


def offer(parts: Parts, *numbers: int, feed: str = "f", ago: float = 0) -> list[str]:
    entries = [FeedEntry(id=f"{n:032x}", feed=feed, outlet="o", url=f"https://o.test/{n}") for n in numbers]
    parts.ledger.offer(entries, now=datetime.now(UTC) - timedelta(seconds=ago))
    return [entry.id for entry in entries]


def end(parts: Parts, id_: str, status: str) -> None:
    (row,) = parts.ledger.claim("fetch", [id_], lease=60, now=datetime.now(UTC))
    assert parts.ledger.advance(row, Outcome(entry=id_, stage="fetch", status=status, at=datetime.now(UTC)), None)


def key(parts: Parts, *names: str) -> str:
    return ":".join((parts.settings.redis.prefix, *names))


def kinds(result: Audit) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in result.findings:
        found.setdefault(finding.kind, []).append(finding.entry)
    return found


def test_a_ledger_in_order_is_sound_and_says_what_waits(parts: Parts) -> None:
    done, open_ = offer(parts, 1, 2), offer(parts, 3, feed="g", ago=90)
    end(parts, done[0], "gone")
    end(parts, done[1], "refused")
    parts.feeds.add(Feed(id="f", url="https://o.test/f", outlet="o"), due=datetime.now(UTC))
    state = FeedState(feed="f", seen=tuple(done), last_new_at=datetime.now(UTC), next_check_at=datetime.now(UTC))
    parts.feeds.settle(state, {})
    result = audit(parts)
    assert result.sound
    assert result.entries == 3
    assert result.outcomes == {"gone": 1, "refused": 1}
    assert result.waiting["fetch"] == 1
    assert result.feeds == {"f": {"offered": 2, "gone": 1, "refused": 1}, "g": {"offered": 1, "waiting": 1}}
    (waits,) = result.findings
    assert (waits.kind, waits.entry, waits.place) == ("waiting", open_[0], "fetch")
    assert waits.age >= 90
    assert last_audit(parts) == result


def test_every_way_to_get_lost_is_found(parts: Parts) -> None:
    late = offer(parts, 1, ago=2 * 86400)
    unscheduled, nowhere, unjailed, vanished = offer(parts, 2, 3, 4, 5)
    parts.redis.zrem(key(parts, "pend", "fetch"), unscheduled, nowhere, unjailed)
    parts.redis.hset(key(parts, "art", nowhere), "stage", "")
    parts.redis.hset(key(parts, "art", unjailed), mapping={"stage": "", "status": "quarantined"})
    parts.redis.delete(key(parts, "art", vanished))  # its place in the list stays
    parts.redis.set(key(parts, "load", vanished, "html"), b"left")
    parts.feeds.add(Feed(id="f", url="https://o.test/f", outlet="o"), due=datetime.now(UTC))
    lost = f"{9:032x}"
    parts.feeds.settle(FeedState(feed="f", seen=(lost,), last_new_at=datetime.now(UTC)), {})
    (ghost,) = offer(parts, 6)
    end(parts, ghost, "indexed")  # and the index never saw it
    result = audit(parts)
    assert kinds(result) == {
        "late": late,
        "unscheduled": [unscheduled],
        "nowhere": [nowhere],
        "unjailed": [unjailed],
        "stray": [vanished],
        "leftover": [vanished],
        "lost": [lost],
        "unindexed": [ghost],
    }
    assert not result.sound
    problems = examine(parts, now=datetime.now(UTC)).noticed
    assert any("1 lost" in problem and "rasid audit --last" in problem for problem in problems)


def test_what_the_index_has_and_what_retention_took_is_no_fault(parts: Parts) -> None:
    (kept,) = offer(parts, 1)
    parts.index.put([article(kept)])
    end(parts, kept, "indexed")
    result = audit(parts)
    assert result.sound
    assert result.index == {"ledger": 1, "articles": 1}
    offer(parts, 2, ago=100)
    end(parts, f"{2:032x}", "indexed")
    keep = parts.settings.keep.model_copy(update={"articles": 50})
    short = Parts(parts.settings.model_copy(update={"keep": keep}))
    assert audit(short).sound


def test_a_long_list_names_the_oldest_and_counts_the_rest(parts: Parts) -> None:
    for number in range(500):
        offer(parts, number, ago=number)
    result = audit(parts)
    assert result.found == {"waiting": 500}
    assert len(result.findings) == 200
    assert min(finding.age for finding in result.findings) >= 300


def test_the_command_says_it_and_its_exit_code_too(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.cli.audit.settings", lambda: parts.settings)
    offer(parts, 1)
    asked = CliRunner().invoke(command, ["--feeds"])
    assert asked.exit_code == 0
    assert "every entry is accounted for" in asked.output
    parts.redis.delete(key(parts, "pend", "fetch"))
    asked = CliRunner().invoke(command, ["--json"])
    assert asked.exit_code == 1
    assert json.loads(asked.output)["problems"] == {"unscheduled": 1}
    assert "the sweeper does not know it" in CliRunner().invoke(command, ["--last"]).output


def test_the_first_sweep_of_a_day_asks_for_it(parts: Parts) -> None:
    assert [stages.sweep(parts).audit for _ in range(3)] == [True, False, False]
