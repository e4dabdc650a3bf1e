"""The bench of killed recorders and senders, short: it starts its own Redis, empties it once, and finds no fault."""

from __future__ import annotations

import pytest

from workers.bench.deliveries import run


@pytest.mark.slow
def test_a_short_run_loses_and_doubles_nothing() -> None:
    found = run(kills=16, alerts=60, seed=3)
    assert found["passed"], found
    assert (found["told_twice"], found["never_told"], found["unsigned"]) == (0, 0, 0)
    assert (found["redis_emptied"], found["recorders_killed"] + found["senders_killed"]) == (1, 16)
