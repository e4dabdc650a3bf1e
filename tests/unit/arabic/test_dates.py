from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.arabic.dates import parse_date, plausible, read_date

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RIYADH = ZoneInfo("Asia/Riyadh")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def parse(text: str) -> datetime | None:
    return parse_date(text, now=NOW, timezone=RIYADH)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tue, 09 Jul 2024 10:15:00 +0300", utc(2024, 7, 9, 7, 15)),
        ("Tue, 09 Jul 2024 10:15:00 GMT", utc(2024, 7, 9, 10, 15)),
        ("Tue, 09 Jul 2024 10:15:00 AST", utc(2024, 7, 9, 7, 15)),  # Arabia, not Atlantic
        ("Tue, 09 Jul 2024 10:15:00 EST", utc(2024, 7, 9, 15, 15)),
        ("09 Jul 24 10:15 +0000", utc(2024, 7, 9, 10, 15)),
        ("Jul 9, 2024, 5:20 p.m.", utc(2024, 7, 9, 14, 20)),
        ("Tue Jul 09 2024 10:15:00 GMT+0300 (Arabia Standard Time)", utc(2024, 7, 9, 7, 15)),
        ("2024-07-09T10:15:00Z", utc(2024, 7, 9, 10, 15)),
        ("2024-07-09T10:15:00.123+03:00", utc(2024, 7, 9, 7, 15)),
        ("2024-07-09 10:15", utc(2024, 7, 9, 7, 15)),  # no zone: the outlet's
        ("20240709", utc(2024, 7, 8, 21)),
        ("1720512900", utc(2024, 7, 9, 8, 15)),
        ("1720512900000", utc(2024, 7, 9, 8, 15)),
        ("09/07/2024", utc(2024, 7, 8, 21)),  # day first
        ("07/23/2024", utc(2024, 7, 22, 21)),  # no 23rd month
        ("22-11-2026", utc(2026, 11, 21, 21)),
        ("2024.07.09", utc(2024, 7, 8, 21)),
        ("٩/٧/٢٠٢٤ ١٠:١٥ م", utc(2024, 7, 9, 19, 15)),  # Arabic-Indic digits, p.m.
        ("۹/۷/۲۰۲۴", utc(2024, 7, 8, 21)),  # Persian digits
        ("الثلاثاء، 09 يوليو 2024", utc(2024, 7, 8, 21)),  # Tuesday, July by its Gulf name
        ("9 تموز 2024 - 10:15", utc(2024, 7, 9, 7, 15)),  # July by its Levantine name
        ("13 جويلية 2024", utc(2024, 7, 12, 21)),  # July by its Maghreb name
        ("2 يوليوز 2024", utc(2024, 7, 1, 21)),  # July by its Moroccan name
        ("9 كانون الثاني 2024", utc(2024, 1, 8, 21)),  # January, two words
        ("9 كانون الأول 2024", utc(2024, 12, 8, 21)),  # December, two words
        ("تشرين الثاني 22 2025", utc(2025, 11, 21, 21)),  # November
        ("9 فيفري 2024", utc(2024, 2, 8, 21)),  # February
        ("5 غشت 2024", utc(2024, 8, 4, 21)),  # August
        ("9 يوليو/ تموز 2024 - 10:15 بتوقيت غرينتش", utc(2024, 7, 9, 10, 15)),  # both names, Greenwich time
        ("الأحد 22 نوفمبر 2026 | 05:12 م", utc(2026, 11, 22, 14, 12)),
        ("آخر تحديث: 9 يوليو 2024 الساعة 14:20 (GMT+3)", utc(2024, 7, 9, 11, 20)),  # last update
        ("9 يوليو 2024 12:05 ص", utc(2024, 7, 8, 21, 5)),  # five past midnight
        ("15 محرم 1446 هـ", utc(2024, 7, 20, 21)),  # Muharram, Hijri
        ("15 محرم 1446هـ الموافق 21 يوليو 2024م", utc(2024, 7, 20, 21)),  # both calendars
        ("15/01/1446 هـ", utc(2024, 7, 20, 21)),
        ("1446-01-15T10:00:00", utc(2024, 7, 21, 7)),
        ("7 جمادى الأولى 1446", utc(2024, 11, 8, 21)),  # Jumada I
        ("قبل ساعتين", NOW - timedelta(hours=2)),  # two hours ago (dual)
        ("منذ 3 ساعات", NOW - timedelta(hours=3)),
        ("قبل ٥ دقائق", NOW - timedelta(minutes=5)),
        ("قبل ثلاثة أيام", NOW - timedelta(days=3)),  # three, as a word
        ("منذ يومين", NOW - timedelta(days=2)),
        ("2 hours ago", NOW - timedelta(hours=2)),
        ("الآن", NOW),  # now
        ("أمس 10:30", utc(2026, 11, 22, 7, 30)),  # yesterday
        ("اليوم", utc(2026, 11, 22, 21)),  # today, midnight in Riyadh
        ("9 août 2024", utc(2024, 8, 8, 21)),
        ("9 يوليو", utc(2026, 7, 8, 21)),  # no year: the latest that is not ahead
        ("25 ديسمبر", utc(2025, 12, 24, 21)),
    ],
)
def test_dates_as_outlets_write_them(text: str, expected: datetime) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "hello", "خبر عاجل", "30 فيفري 2024", "31/31/2024", "تموز", "1/2", "2024", "9" * 30, "x" * 5000]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse(text) is None


def test_how_a_date_was_read_is_told() -> None:
    def how(text: str) -> str:
        found = read_date(text, now=NOW, timezone=RIYADH)
        assert found is not None
        return found.how

    assert how("2024-07-09T10:15:00Z") == "iso"
    assert how("2024-07-09 10:15") == "iso+zone"
    assert how("9 تموز 2024") == "words+day+zone"
    assert how("15 محرم 1446") == "hijri+day+zone"


def test_month_first_where_the_caller_says_so() -> None:
    assert parse_date("09/07/2024", now=NOW, timezone=UTC, day_first=False) == utc(2024, 9, 7)


def test_plausible_dates_lie_between_1990_and_two_days_ahead() -> None:
    assert plausible(NOW, NOW)
    assert plausible(NOW + timedelta(hours=47), NOW)
    assert not plausible(NOW + timedelta(hours=49), NOW)
    assert not plausible(utc(1989, 12, 31), NOW)


@given(moment=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda d: d.replace(microsecond=0)))
def test_every_moment_is_read_back_from_the_forms_of_feeds(moment: datetime) -> None:
    expected = moment.replace(tzinfo=UTC)
    for form in (
        "%Y-%m-%dT%H:%M:%SZ",
        "%a, %d %b %Y %H:%M:%S +0000",
        "%d/%m/%Y %H:%M:%S GMT",
        "%d %B %Y %I:%M:%S %p UTC",
    ):
        assert parse_date(moment.strftime(form), now=NOW, timezone=RIYADH) == expected


@given(text=st.text(max_size=80) | st.text(alphabet="0123456789٠١٢/-.: تموزقبلمنذساعةهـ+zTGMT", max_size=40))
def test_no_text_makes_it_fail(text: str) -> None:
    found = parse(text)
    assert found is None or found.tzinfo is not None
