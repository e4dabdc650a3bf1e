from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from workers.model import Feed
from workers.poll.hints import Hints, cache_wait, retry_after
from workers.poll.schedule import (
    BURST_ASSUMED,
    BUSY,
    LONGER,
    NIGHT_LEAST,
    SHORTER,
    Rhythm,
    Seen,
    after_failure,
    bounds,
    expected_after,
    first_rhythm,
    learn,
    next_check,
    next_interval,
    paces,
    room,
    unseen_after,
)
from workers.settings import PollSettings

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
SETTINGS = PollSettings()
HOUR = 3600.0


def settle(per_hour: float, offered: int, polls: int = 200) -> float:
    """The interval that a feed of an even rhythm ends at."""
    interval, rhythm, owed = 900.0, Rhythm(), 0.0
    for _ in range(polls):
        owed += per_hour * interval / HOUR
        fresh, owed = int(owed), owed % 1
        seen = Seen(offered=offered, fresh=min(fresh, offered), since=interval, gap=fresh >= offered)
        rhythm = learn(rhythm, seen)
        interval = next_interval(interval, rhythm, seen, least=300, most=86400)
    return interval


def test_a_feed_is_asked_about_once_an_entry() -> None:
    assert 0.5 * HOUR < settle(1, offered=50) < 2 * HOUR
    assert settle(1 / 24, offered=20) > 6 * HOUR
    assert settle(60, offered=100) == 300, "never below the least interval"
    assert settle(0, offered=20) == 86400, "a silent feed is asked once a day"


def test_a_short_feed_is_asked_before_its_entries_scroll_off() -> None:
    interval, rhythm = 3 * HOUR, Rhythm(rate=2 / HOUR, peak=20 / HOUR, known=86400)
    seen = Seen(offered=10, fresh=5, since=3 * HOUR)
    for _ in range(9):
        interval = next_interval(interval, rhythm, seen, least=300, most=86400)
    assert interval * 20 / HOUR <= 5.01, "its fastest burst may push half of it through"


def test_a_gap_and_a_mostly_new_poll_shorten() -> None:
    slow = Rhythm(rate=1 / 86400)
    gap = Seen(offered=10, fresh=10, since=HOUR, gap=True)
    assert next_interval(HOUR, slow, gap, least=300, most=86400) == HOUR * SHORTER
    mostly = Seen(offered=10, fresh=7, since=HOUR)
    assert next_interval(HOUR, slow, mostly, least=300, most=86400) == HOUR * SHORTER


def test_the_first_guess_comes_from_the_dates() -> None:
    dates = [NOW - timedelta(hours=n) for n in range(20)] + [NOW + timedelta(days=1)]
    assert abs(first_rhythm(dates, NOW).rate * HOUR - 20 / 19) < 0.01
    assert first_rhythm([], NOW) == Rhythm()


def test_own_bounds_go_before_those_of_settings() -> None:
    feed = Feed(id="f", url="http://example.com/", outlet="o", min_interval=60, max_interval=120)
    assert bounds(feed, SETTINGS) == (60, 120)
    assert bounds(Feed(id="f", url="http://example.com/", outlet="o"), SETTINGS) == (300, 86400)


def test_what_the_feed_asks_for_is_obeyed_up_to_a_day() -> None:
    def wait(hints: Hints) -> float:
        return (next_check(NOW, 600, hints, SETTINGS, Random(1)) - NOW).total_seconds()

    assert 600 <= wait(Hints()) <= 750
    assert 3600 <= wait(Hints(ttl=1800, cache=3600)) <= 4500
    assert 86400 <= wait(Hints(ttl=1e9)) <= 108000


def test_skipped_hours_and_days_are_passed_over() -> None:
    hints = Hints(skip_hours=frozenset(range(13, 24)), skip_days=frozenset({1}))  # the 24th is a Tuesday
    moment = next_check(NOW, HOUR, hints, SETTINGS, Random(1))
    assert (moment.day, moment.hour) == (25, 0)
    always = Hints(skip_hours=frozenset(range(24)))
    assert next_check(NOW, HOUR, always, SETTINGS, Random(1)) < NOW + timedelta(hours=2)


def test_failures_wait_longer_and_never_for_ever() -> None:
    def wait(errors: float, asked: float | None = None) -> float:
        return (after_failure(NOW, 900, errors, SETTINGS, Random(3), asked=asked) - NOW).total_seconds()

    waits = [wait(errors) for errors in (0.25, 1, 5, 29, 31, 45, 60, 1000)]
    assert waits == sorted(waits)
    assert waits[0] < 1500
    assert 900 * 30 <= waits[3] <= 900 * 30 * 1.25
    assert waits[4] >= 2 * 86400
    assert waits[-1] <= 30 * 86400 * 1.25
    assert wait(0.5, asked=7200) >= 7200
    assert wait(0.5, asked=1e9) <= 86400 * 1.25


def test_retry_after_is_a_number_or_a_date() -> None:
    assert retry_after({"retry-after": "120"}, NOW) == 120
    assert retry_after({"retry-after": "Mon, 23 Nov 2026 12:31:00 GMT"}, NOW) == 60
    assert retry_after({"retry-after": "Mon, 23 Nov 2020 12:31:00 GMT"}, NOW) == 0
    assert retry_after({"retry-after": "soon"}, NOW) is None
    assert retry_after({}, NOW) is None


def test_freshness_is_read_from_the_answer() -> None:
    assert cache_wait({"cache-control": "public, max-age=600", "age": "100"}) == 500
    assert cache_wait({"cache-control": "no-cache, max-age=600"}) is None
    assert cache_wait({"expires": "Mon, 23 Nov 2026 13:00:00 GMT", "date": "Mon, 23 Nov 2026 12:00:00 GMT"}) == 3600
    assert cache_wait({"expires": "0", "date": "Mon, 23 Nov 2026 12:00:00 GMT"}) is None


_SEEN = st.builds(
    lambda offered, share, since, gap: Seen(offered=offered, fresh=int(offered * share), since=since, gap=gap),
    st.integers(0, 300),
    st.floats(0, 1),
    st.floats(0, 30 * 86400),
    st.booleans(),
)


@given(seen=st.lists(_SEEN, min_size=1, max_size=30), start=st.floats(300, 86400))
def test_the_interval_stays_in_bounds_and_moves_by_bounded_factors(seen: list[Seen], start: float) -> None:
    interval, rhythm = start, Rhythm()
    for one in seen:
        before, rhythm = interval, learn(rhythm, one)
        interval = next_interval(interval, rhythm, one, least=300, most=86400)
        assert 300 <= interval <= 86400
        assert interval <= max(before * LONGER, 300) * 1.000001
        assert interval >= min(before * SHORTER, 86400) * 0.999999
        assert rhythm.rate >= 0
        assert rhythm.peak >= rhythm.rate * 0.999999


@given(
    interval=st.floats(300, 86400),
    hints=st.builds(
        Hints,
        ttl=st.none() | st.floats(0, 1e7),
        skip_hours=st.frozensets(st.integers(0, 23)),
        skip_days=st.frozensets(st.integers(0, 6)),
    ),
    seed=st.integers(0, 99),
)
def test_the_next_check_is_never_before_the_interval(interval: float, hints: Hints, seed: int) -> None:
    moment = next_check(NOW, interval, hints, SETTINGS, Random(seed))
    assert moment >= NOW + timedelta(seconds=max(interval, min(hints.least_wait, 86400)))
    if len(hints.skip_hours) < 24 and len(hints.skip_days) < 7:
        assert moment.hour not in hints.skip_hours
        assert moment.weekday() not in hints.skip_days


# --- the feed's day ----------------------------------------------------------------------------------------------


def at(hour: int) -> datetime:
    return datetime(2026, 11, 23, hour, 15, tzinfo=UTC)


DAY = tuple(20.0 if 6 <= hour < 22 else 0.5 for hour in range(24))


def test_by_night_a_feed_is_asked_more_seldom_than_by_day_and_in_time_for_the_morning() -> None:
    rhythm = Rhythm(rate=60 / 86400, peak=60 / 86400, known=86400.0, hours=DAY)
    waits = {hour: expected_after(rhythm, 1.0, 1.0, at(hour)) for hour in (2, 5, 12)}
    assert waits[2] > 2 * waits[12]
    assert waits[5] < waits[2], "the morning is foreseen"
    rooms = {hour: unseen_after(rhythm, 20, at(hour)) for hour in (2, 12)}
    assert rooms[2] > 2 * rooms[12]


def test_a_feed_whose_day_is_not_known_is_taken_to_be_busy_at_any_hour() -> None:
    rhythm = Rhythm(rate=60 / 86400, peak=60 / 86400, known=86400.0)
    assert paces(rhythm) == (BUSY,) * 24
    assert unseen_after(rhythm, 20, at(3)) == unseen_after(rhythm, 20, at(12))


def test_the_day_is_learned_from_what_is_published_and_never_forgets_the_night_wholly() -> None:
    rhythm = Rhythm(rate=60 / 86400)
    for _ in range(200):
        rhythm = learn(rhythm, Seen(offered=20, fresh=3, since=3600, hours=(9, 10, 11)))
    found = paces(rhythm)
    assert found[10] == max(found) > 3
    assert found[2] == NIGHT_LEAST


@given(
    offered=st.integers(1, 2000),
    rate=st.floats(1e-7, 0.1),
    hours=st.lists(st.floats(0, 1000), min_size=24, max_size=24),
    hour=st.integers(0, 23),
)
def test_room_is_kept_whatever_the_day(offered: int, rate: float, hours: list[float], hour: int) -> None:
    assert 0 < room(offered) < max(offered, 1)
    rhythm = Rhythm(rate=rate, peak=rate, known=86400.0, hours=tuple(hours))
    wait = unseen_after(rhythm, offered, at(hour))
    slowest, busiest = min(paces(rhythm)), max(paces(rhythm))
    least, most = (room(offered) / (rate * BURST_ASSUMED * pace) for pace in (busiest, min(slowest, 1.0)))
    assert least * 0.999 <= wait <= most * 1.001
