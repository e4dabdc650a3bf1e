"""Backpressure as arithmetic: levels between two bounds, and how many polls they leave."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.settings import PressureSettings
from workers.stages.pressure import LABELS, Readings, Signal, judge, polls_allowed

FREE = Readings(queues={}, waiting={}, index_bytes=0, redis_used=0, redis_limit=1000, disk_free=10**12)


@given(st.floats(0, 1e12), st.floats(0, 1e12), st.floats(0, 1e12))
def test_a_level_is_between_free_and_full_and_grows_towards_the_stop(value: float, slow: float, stop: float) -> None:
    signal = Signal("disk", value, slow, stop, "bytes")
    assert 0 <= signal.level <= 1
    if slow != stop:
        assert Signal("disk", slow, slow, stop, "bytes").level == 0
        assert Signal("disk", stop, slow, stop, "bytes").level == 1


def test_free_space_presses_from_below() -> None:
    levels = [Signal("disk", free, 10e9, 2e9, "bytes").level for free in (11e9, 10e9, 6e9, 2e9, 1e9)]
    assert levels == [0, 0, 0.5, 1, 1]


def test_nothing_presses_on_an_idle_installation_and_every_signal_has_a_name() -> None:
    found = judge(FREE, PressureSettings(), backlog_most=1000)
    assert found.level == 0
    assert found.pressing == []
    assert {signal.name for signal in found.signals} == set(LABELS)


@pytest.mark.parametrize(
    ("changed", "name", "holds_fetch"),
    [
        ({"queues": {"fetch": 20_000}}, "messages", False),
        ({"waiting": {"fetch": 30_000}}, "fetch", False),
        ({"waiting": {"make": 10_000}}, "make", False),
        ({"waiting": {"index": 40_000}}, "index", False),
        ({"waiting": {"alert": 20_000}}, "alert", False),
        ({"index_bytes": 10**9}, "index_bytes", False),
        ({"redis_used": 900}, "redis_memory", True),
        ({"disk_free": 10**9}, "disk", True),
    ],
)
def test_each_store_stops_polling_at_its_own_bound(changed: dict[str, object], name: str, holds_fetch: bool) -> None:
    readings = Readings(**{**{n: getattr(FREE, n) for n in Readings.__slots__}, **changed})  # type: ignore[arg-type]
    found = judge(readings, PressureSettings(), backlog_most=10**6)
    assert (found.level, found.pressing[0].name, found.holds_fetch) == (1, name, holds_fetch)
    assert "polling has stopped" in str(found.pressing[0])


def test_a_stop_of_nothing_switches_a_signal_off() -> None:
    bounds = PressureSettings(waiting_make=0, disk_stop=0, redis_stop=0)
    full = Readings(queues={}, waiting={"make": 10**9}, index_bytes=0, redis_used=10, redis_limit=1, disk_free=0)
    assert judge(full, bounds, backlog_most=0).level == 0


def test_polls_are_thinned_evenly_however_few_the_feeds() -> None:
    """Over many ticks every feed is polled (1 - level) times an interval, no oftener."""
    chance = random.Random(7)
    for feeds, level in ((10, 0.5), (2000, 0.5), (300, 0.9)):
        ticks = 20_000
        done = sum(
            polls_allowed(level, feeds=feeds, most=10**6, tick=5, interval=900, chance=chance.random())
            for _ in range(ticks)
        )
        rounds = done / feeds / (ticks * 5 / 900)
        assert rounds == pytest.approx(1 - level, rel=0.1)


def test_without_pressure_a_tick_claims_what_it_may_and_under_full_pressure_nothing() -> None:
    assert polls_allowed(0, feeds=10, most=200, tick=5, interval=900, chance=0.5) == 200
    assert polls_allowed(1, feeds=10**6, most=200, tick=5, interval=900, chance=0.0) == 0
    assert polls_allowed(0.01, feeds=10**6, most=200, tick=5, interval=900, chance=0.5) == 200
