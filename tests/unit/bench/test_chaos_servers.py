"""How slowly a Redis is made to load."""

from __future__ import annotations

import pytest

from workers.bench.chaos_servers import delay_of


@pytest.mark.parametrize("nap", [60e-6, 200e-6])
@pytest.mark.parametrize("commands", [500, 20_000, 300_000, 3_000_000])
def test_loading_takes_as_long_as_asked_however_long_a_nap_is(commands: int, nap: float) -> None:
    delay = delay_of(commands, 31.0, nap=nap)
    naps, each = (commands, delay * 1e-6 + nap) if delay > 0 else (commands / -delay, nap)
    assert naps * each == pytest.approx(31.0, rel=0.35)
