from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workers.fetch.politeness import Pace, after_answer, gap
from workers.settings import FetchSettings

SETTINGS = FetchSettings(host_gap=3, host_gap_most=60, host_concurrency=2, host_down=600)


def after(pace: Pace, status: int, *, elapsed: float = 0.5, retry_after: float | None = None) -> Pace:
    return after_answer(pace, elapsed=elapsed, status=status, now=1000, settings=SETTINGS, retry_after=retry_after)


def test_the_gap_follows_latency_and_crawl_delay() -> None:
    assert gap(Pace(), SETTINGS) == 3
    assert gap(Pace(latency=20), SETTINGS) == 10
    assert gap(Pace(crawl_delay=12), SETTINGS) == 12
    assert gap(Pace(crawl_delay=3600), SETTINGS) == 60


def test_busy_answers_slow_down_and_good_ones_forgive() -> None:
    pace, gaps = Pace(), []
    for _ in range(4):
        pace = after(pace, 429)
        gaps.append(gap(pace, SETTINGS))
    assert gaps == [8, 13, 23, 43]
    for _ in range(30):
        pace = after(pace, 200)
    assert gap(pace, SETTINGS) == 3


def test_a_host_that_is_away_is_left_alone_longer_each_time() -> None:
    pace = after(Pace(), 0)
    assert pace.down_until == 1600
    assert after(pace, 0).down_until == 2200
    back = after(after(pace, 0), 200)
    assert (back.down_until, back.failures) == (0, 0)


def test_retry_after_is_kept_for_the_host() -> None:
    assert after(Pace(), 503, retry_after=120).wait_until == 1120
    assert after(Pace(), 200, retry_after=120).wait_until == 0


@given(st.lists(st.tuples(st.sampled_from([0, 200, 404, 429, 500, 503]), st.floats(0, 100)), max_size=40))
def test_the_gap_stays_between_its_bounds(answers: list[tuple[int, float]]) -> None:
    pace = Pace()
    for status, elapsed in answers:
        pace = after(pace, status, elapsed=elapsed)
        assert 3 <= gap(pace, SETTINGS) <= 60
