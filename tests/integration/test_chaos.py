"""The short subset of `make chaos`: workers, Redis and Elasticsearch fail, a page eats memory, while articles flow."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from random import Random

import pytest

from workers.bench.chaos import shares
from workers.bench.chaos_judge import Judge, Verdict
from workers.bench.chaos_marks import EATS
from workers.bench.chaos_scenarios import SCENARIOS, kill_some
from workers.bench.chaos_site import Publishing
from workers.bench.chaos_system import System

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(240)]

ARTICLES = 60


@pytest.fixture(scope="module")
def verdict(elasticsearch_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Verdict]]:
    """One system that everything befalls in turn, and the count afterwards."""
    started, chance = time.monotonic(), Random(7)
    with System(tmp_path_factory.mktemp("chaos"), ARTICLES, 7, elasticsearch_url) as system:
        judge = Judge(system)
        system.publish(ARTICLES, 15)
        refused, eats = chance.sample(system.fresh[20:], 2)
        system.proxy.poisoned = {refused}
        system.poisoned = {refused, eats}
        system.site.marks[system.ids_of_all()[eats]] = EATS
        system.run(3)
        system.through("cut", 3)
        if pid := system.main("make"):  # whatever chance chooses below
            system.kill(pid)
        system.kill(system.redis_pid())
        system.run(2)
        system.parts.redis.flushall()
        system.flushed = True
        system.through("503", 2)
        kill_some(system, chance, kills=4, most=25)
        if pid := system.main("io"):
            system.kill(pid, signal.SIGTERM)
        judge.judge("short", bound=90, started=started)
        yield system, judge.judge_all(started=started)


def test_nothing_is_lost_or_doubled(verdict: tuple[System, Verdict]) -> None:
    _, found = verdict
    assert (found.published, found.lost, found.twice, found.unsettled) == (ARTICLES, 0, 0, 0), found
    assert sum(found.outcomes.values()) == ARTICLES


def test_every_alert_was_sent_once(verdict: tuple[System, Verdict]) -> None:
    _, found = verdict
    assert (found.alerts_lost, found.alerts_twice) == (0, 0), found


def test_only_the_document_and_the_page_that_are_harmful_are_quarantined(verdict: tuple[System, Verdict]) -> None:
    system, found = verdict
    assert (found.jailed, found.jailed_wrongly) == (2, 0), found
    rows = [system.parts.ledger.row(id_) for id_ in system.poisoned]
    reasons = sorted(row.reason for row in rows if row is not None)
    assert reasons[0].startswith("MemoryError: ")
    assert reasons[1].startswith("index: 400")
    (eaten,) = [row.id for row in rows if row is not None and row.reason.startswith("MemoryError")]
    assert "bytearray(_MOUTHFUL)" in (system.parts.ledger.payload(eaten, "evidence-exception") or b"").decode()
    assert json.loads(system.parts.ledger.payload(eaten, "evidence-versions") or b"{}")["rules"]


def test_the_faults_were_real_and_no_process_outlives_its_worker(verdict: tuple[System, Verdict]) -> None:
    system, found = verdict
    assert system.faults >= 7
    assert system.proxy.harmed["cut"] >= 1
    assert found.leftover == 0
    assert system.supervisor.restarts >= 2


def test_articles_come_at_one_rate_and_none_is_forgotten() -> None:
    counts = shares(SCENARIOS, 5000)
    rates = [count / scenario.stretch for count, scenario in zip(counts, SCENARIOS, strict=True)]
    assert sum(counts) == 5000
    assert max(rates) - min(rates) < 0.2
    assert [Publishing(10, 20, 10.0, 100.0).published(t) for t in (100.0, 105.0, 110.0, 500.0)] == [10, 20, 30, 30]
