"""Quiet hours, digests and waits are arithmetic on given times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.alert.samples import rule
from workers.alert.timing import backoff, quiet_until, release
from workers.model import QuietHours

RIYADH = ZoneInfo("Asia/Riyadh")
NIGHT = QuietHours(start=22 * 60, end=7 * 60)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-22T20:00+03:00", None),
        ("2026-11-22T22:00+03:00", "2026-11-23T07:00+03:00"),
        ("2026-11-23T06:59+03:00", "2026-11-23T07:00+03:00"),
        ("2026-11-23T07:00+03:00", None),
    ],
)
def test_quiet_over_midnight_ends_in_the_morning(at: str, until: str | None) -> None:
    wanted = datetime.fromisoformat(until).astimezone(UTC) if until else None
    assert quiet_until(NIGHT, datetime.fromisoformat(at), RIYADH) == wanted


def test_quiet_days_are_the_days_on_which_the_quiet_begins() -> None:
    weekend = QuietHours(start=22 * 60, end=7 * 60, weekdays=(4,))  # Friday
    saturday_morning = datetime(2026, 11, 21, 3, 0, tzinfo=RIYADH)
    assert quiet_until(weekend, saturday_morning, RIYADH) == datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    assert quiet_until(weekend, saturday_morning + timedelta(days=1), RIYADH) is None


def test_a_change_of_clocks_keeps_wall_clock_hours() -> None:
    cairo = ZoneInfo("Africa/Cairo")  # clocks go back on 2026-10-29 at 24:00
    before = datetime(2026, 10, 29, 22, 30, tzinfo=cairo)
    assert quiet_until(NIGHT, before, cairo) == datetime(2026, 10, 30, 7, 0, tzinfo=cairo)


def test_high_severity_is_not_held_by_quiet_hours() -> None:
    at = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    asleep = rule("الناتو", quiet=NIGHT, timezone="Asia/Riyadh")
    assert release(asleep, at) == datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    assert release(rule("الناتو", quiet=NIGHT, timezone="Asia/Riyadh", severity="high"), at) is None


def test_a_digest_comes_at_the_next_time_of_its_cron_in_the_rules_zone() -> None:
    daily = rule("الناتو", digest="30 7 * * sun-thu", timezone="Asia/Riyadh")
    thursday = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)
    assert release(daily, thursday) == datetime(2026, 11, 22, 4, 30, tzinfo=UTC)


def test_a_digest_in_quiet_hours_waits_for_their_end() -> None:
    held = rule("الناتو", digest="0 5 * * *", quiet=NIGHT, timezone="Asia/Riyadh")
    assert release(held, datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) == datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@settings(deadline=None)
@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    start=st.integers(0, 1439),
    end=st.integers(0, 1439),
)
def test_what_is_held_is_let_go_later_and_outside_of_the_quiet(at: datetime, start: int, end: int) -> None:
    quiet = QuietHours(start=start, end=end)
    until = quiet_until(quiet, at, RIYADH)
    if until is not None:
        assert at < until <= at + timedelta(days=1)
        assert start == end or quiet_until(quiet, until, RIYADH) is None


def test_waits_grow_fourfold_up_to_a_bound() -> None:
    assert [backoff(n, first=30, most=43200) for n in range(1, 8)] == [30, 120, 480, 1920, 7680, 30720, 43200]
