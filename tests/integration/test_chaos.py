"""The short subset of `make chaos`: a worker, a pool process, Redis and Elasticsearch fail while articles flow."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from random import Random

import pytest

from workers.bench.chaos_judge import Judge, Verdict
from workers.bench.chaos_scenarios import kill_some
from workers.bench.chaos_system import System

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(240)]

ARTICLES = 60


@pytest.fixture(scope="module")
def verdict(elasticsearch_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Verdict]]:
    """One system that everything befalls in turn, and the count afterwards."""
    started = time.monotonic()
    chance = Random(7)
    with System(tmp_path_factory.mktemp("chaos"), ARTICLES, 7, elasticsearch_url) as system:
        system.poisoned = set(chance.sample(sorted(system.ids), 1))
        system.proxy.poisoned = set(system.poisoned)
        system.flow(18)
        system.run(3)
        system.through("cut", 3)
        system.kill(system.redis_pid())
        system.run(2)
        system.through("503", 2)
        kill_some(system, chance, kills=4, most=25)
        if pid := system.main("io"):
            system.kill(pid, signal.SIGTERM)
        yield system, Judge(system).judge("short", bound=90, started=started)


def test_nothing_is_lost_or_doubled(verdict: tuple[System, Verdict]) -> None:
    _, found = verdict
    assert (found.lost, found.twice, found.unsettled) == (0, 0, 0), found
    assert sum(found.outcomes.values()) == ARTICLES
    assert not [note for note in found.notes if "delivery id" not in note]


def test_every_alert_was_sent_under_one_id(verdict: tuple[System, Verdict]) -> None:
    _, found = verdict
    assert (found.alerts_lost, found.alerts_twice) == (0, 0), found


def test_only_the_poisonous_document_is_quarantined(verdict: tuple[System, Verdict]) -> None:
    system, found = verdict
    assert (found.jailed, found.jailed_wrongly) == (1, 0), found
    row = system.parts.ledger.row(next(iter(system.poisoned)))
    assert row is not None
    assert row.reason.startswith("index: 400")


def test_the_faults_were_real_and_no_process_outlives_its_worker(verdict: tuple[System, Verdict]) -> None:
    system, found = verdict
    assert found.faults >= 7
    assert system.proxy.harmed["cut"] >= 1
    assert found.leftover == 0
    assert system.supervisor.restarts >= 2
