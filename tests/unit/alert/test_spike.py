"""Spikes on a simulated month: weekends, nights, an outage, a busy day of everything, and one real burst."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from workers.alert.spike import WEEKEND, Window, expected, is_spike, reference_starts, tail

CAIRO = ZoneInfo("Africa/Cairo")
START = datetime(2026, 10, 1, tzinfo=CAIRO).astimezone(UTC)
HOURS = 40 * 24
BURST = range(33 * 24 + 10, 33 * 24 + 13)
OUTAGE = range(35 * 24 + 6, 35 * 24 + 18)
BUSY = range(37 * 24 + 8, 37 * 24 + 20)


def poisson(chance: Random, average: float) -> int:
    bound, product, number = math.exp(-average), chance.random(), 0
    while product > bound:
        product *= chance.random()
        number += 1
    return number


def month(seed: int) -> list[Window]:
    """Hourly windows: 200 articles an hour by day and 60 by night, half on weekends; the rule gets 2 in 100 of them."""
    chance = Random(seed)
    windows = []
    for hour in range(HOURS):
        local = (START + timedelta(hours=hour)).astimezone(CAIRO)
        usual = (200.0 if 7 <= local.hour < 23 else 60.0) * (0.5 if local.weekday() in WEEKEND else 1.0)
        usual *= 0.05 if hour in OUTAGE else 3.0 if hour in BUSY else 1.0
        total = poisson(chance, usual)
        share = 0.02 * (10.0 if hour in BURST else 1.0)
        windows.append(Window(sum(chance.random() < share for _ in range(total)), total))
    return windows


def alarms(windows: list[Window]) -> list[int]:
    found = []
    for hour in range(14 * 24, HOURS):
        ends = reference_starts(START + timedelta(hours=hour), CAIRO)
        places = [round((end.astimezone(UTC) - START).total_seconds() / 3600) for end in ends]
        earlier = [windows[place] for place in places if place >= 0]
        if is_spike(windows[hour], earlier, factor=3.0, least=5):
            found.append(hour)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_alarms_stand_where_the_burst_is_and_nowhere_else(seed: int) -> None:
    assert alarms(month(seed)) == list(BURST)


def test_weekends_are_compared_with_weekends() -> None:
    friday = datetime(2026, 11, 20, 9, 0, tzinfo=CAIRO)
    assert {day.weekday() for day in reference_starts(friday, CAIRO)} == {4, 5}
    sunday = datetime(2026, 11, 22, 9, 0, tzinfo=CAIRO)
    assert {day.weekday() for day in reference_starts(sunday, CAIRO)} == {6, 0, 1, 2, 3}
    assert all(day.hour == 9 for day in reference_starts(sunday, CAIRO))


def test_what_is_expected_follows_what_all_publish_and_leaves_outages_out() -> None:
    usual = [Window(4, 200)] * 6
    assert expected(Window(0, 100), usual) == pytest.approx(25 / 1200 * 100)
    assert expected(Window(0, 100), [*usual, Window(0, 10)]) == pytest.approx(25 / 1200 * 100)


def test_nothing_is_judged_while_learning_or_in_an_outage() -> None:
    assert expected(Window(9, 200), [Window(1, 200)] * 3) is None
    assert expected(Window(9, 30), [Window(1, 200)] * 9) is None


@pytest.mark.parametrize(("count", "average"), [(1, 0.5), (5, 0.6), (12, 4.0), (40, 40.0)])
def test_the_tail_is_what_is_left_of_the_sum(count: int, average: float) -> None:
    below = sum(math.exp(-average) * average**n / math.factorial(n) for n in range(count))
    assert tail(count, average) == pytest.approx(1 - below)
