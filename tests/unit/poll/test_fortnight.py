"""A small run of the simulated fortnight: the promises that the big one (`rasid bench fortnight`) is measured for."""

from __future__ import annotations

from workers.bench.fortnight import make_feeds, report, simulate
from workers.settings import FetchSettings, PollSettings


def test_a_few_days_of_a_hundred_feeds() -> None:
    feeds = make_feeds(100, 4, seed=5)
    found = report(100, 4, simulate(feeds, days=4, seed=5, poll=PollSettings(), fetch=FetchSettings()))
    assert found["published"] > 3000
    assert found["missed"] == 0
    assert found["share"] < 0.25, "of the requests of a 15-minute poller"
    assert found["host_rule_breaches"] == 0
    assert found["median_delay_minutes"] < 20
