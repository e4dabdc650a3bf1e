"""The slope test finds growth, and does not see it in noise."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.bench.slope import blocks, slope_of


def series(per_hour: float, noise: float, seed: int, *, seconds: int = 900) -> list[tuple[float, float]]:
    """Samples every two seconds of a level of 200 with a slope, each keeping most of the last one's deviation."""
    chance, deviation, found = Random(seed), 0.0, []
    for second in range(0, seconds, 2):
        deviation = 0.7 * deviation + chance.gauss(0, noise)
        found.append((float(second), 200 + per_hour * second / 3600 + deviation))
    return found


@given(st.floats(-500, 500), st.floats(-1000, 1000))
def test_a_straight_line_has_its_own_slope(per_hour: float, level: float) -> None:
    found = slope_of([(float(t), level + per_hour * t / 3600) for t in range(0, 600, 5)])
    assert found is not None
    assert found.slope == pytest.approx(per_hour, abs=1e-6, rel=1e-6)
    assert found.least <= found.slope + 1e-6
    assert found.slope <= found.most + 1e-6


def test_noise_that_hangs_together_is_not_growth() -> None:
    wrong = 0
    for seed in range(200):
        found = slope_of(series(0, 1.0, seed))
        assert found is not None
        wrong += found.grows(0)
    assert wrong <= 6  # 99 %, with two sides: one in two hundred is due


def test_a_leak_of_twenty_megabytes_an_hour_is_found_within_a_quarter() -> None:
    for seed in range(50):
        found = slope_of(series(20, 1.0, seed))
        assert found is not None
        assert found.grows(0)
        assert found.least <= 20 <= found.most or abs(found.slope - 20) < 6


def test_few_samples_say_nothing() -> None:
    assert slope_of([(0.0, 1.0)] * 7) is None


def test_blocks_are_medians_in_order() -> None:
    assert blocks([(0.0, 1.0), (1.0, 9.0), (2.0, 1.0), (3.0, 4.0), (4.0, 5.0), (5.0, 4.0)], 2) == [
        (1.0, 1.0),
        (4.0, 4.0),
    ]
