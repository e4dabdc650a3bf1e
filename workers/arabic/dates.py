"""Dates as Arabic outlets write them. Pure: the present and the outlet's zone are arguments.

Order matters: digits and letters are folded first (Arabic-Indic digits, hamza), then exact machine forms (epoch,
ISO 8601), then words for "an hour ago", then a search for a time, a zone and a calendar date anywhere in the text.
Months carry the names of the Nile and the Gulf, of the Levant and Iraq, of the Maghreb, English and French ones.
A Hijri date (its month's name, the mark هـ, or a year from 1343 to 1500) is converted by the Umm al-Qura calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from hijridate import Hijri

from workers.arabic.datewords import DAYS_AGO, DUAL, HIJRI_MONTHS, MONTHS, NUMBER_WORDS, UNITS, ZONES
from workers.arabic.fold import fold

UTC = timezone.utc  # noqa: UP017 - the argument below is called timezone
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(hours=48)
MAX_TEXT = 400
"""Characters; no written date is longer, and the searches below then stay cheap."""

_ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[t ]+(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_TIME = re.compile(
    r"(?<![\d:+-])(\d{1,2})[:٫](\d{2})(?:[:٫](\d{2})(?:\.\d+)?)?(?![\d:])\s*([a-z.]+|[صم](?!\w)|صباحا|مساء|ظهرا|فجرا|ليلا|عصرا)?"
)
_OFFSET = re.compile(r"(?:(?<=\d)|(?<=[a-z\s(]))([+-])(\d{1,2}):?(\d{2})?(?!\d)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,4})\s*([/.\-])\s*(\d{1,2})\s*\2\s*(\d{2,4})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(1[3-9]\d\d|20\d\d)(?!\d)")
_RELATIVE = re.compile(
    r"(?:قبل|منذ|il y a)\s+(?:حوالي\s+|نحو\s+)?(?:(\d+|\w+)\s+)?(\w+)|(\d+|an?|one|two|three)\s+(\w+)\s+(?:ago|مضت)"
)


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A moment in UTC and how it was read: `iso`, `epoch`, `relative`, `words`, `numeric` or `hijri`; `+zone` is
    added where the text named no zone and the outlet's was taken, `+day` where it named no time."""

    at: datetime
    how: str


def parse_date(text: str, *, now: datetime, timezone: tzinfo, day_first: bool = True) -> datetime | None:
    """The moment that `text` names, in UTC; None where it names none. `plausible` is a question of its own."""
    found = read_date(text, now=now, timezone=timezone, day_first=day_first)
    return found.at if found else None


def read_date(text: str, *, now: datetime, timezone: tzinfo, day_first: bool = True) -> ReadDate | None:
    """`parse_date` with the way it was read. A date without a time is midnight in the outlet's zone."""
    plain = _prepared(text)
    if not plain:
        return None
    try:
        return (
            _epoch(plain)
            or _iso(plain, timezone)
            or _relative(plain, now, timezone)
            or _loose(plain, now, timezone, day_first)
        )
    except (ValueError, OverflowError):  # the 31st of February, the year 10000, a Hijri year out of the table
        return None


def plausible(moment: datetime, now: datetime) -> bool:
    """Between 1990 and 48 hours ahead: what a publication date may say before first seen is taken instead."""
    return EARLIEST <= moment <= now + AHEAD


# --- exact forms -------------------------------------------------------------------------------------------------


def _prepared(text: str) -> str:
    if len(text) > MAX_TEXT:
        return ""
    plain = re.sub(r"\s+", " ", fold(text).replace("،", " ").replace(",", " ")).strip()
    for french, letter in (("é", "e"), ("û", "u")):
        plain = plain.replace(french, letter)
    return plain


def _epoch(text: str) -> ReadDate | None:
    if not re.fullmatch(r"\d{10}|\d{13}", text):
        return None
    return ReadDate(datetime.fromtimestamp(int(text[:10]), UTC), "epoch")


def _iso(text: str, zone: tzinfo) -> ReadDate | None:
    match = _ISO.fullmatch(text)
    if match is None or (len(text) == 8 and not "19900101" <= text <= "20991231"):
        return None
    day = _calendar(int(match[1]), int(match[2]), int(match[3]))
    clock = (int(match[4]), int(match[5]), int(match[6] or 0)) if match[4] else None
    return _joined(day, clock, _iso_zone(match[7]), zone, "hijri" if int(match[1]) < 1600 else "iso")


def _iso_zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    return _offset(text[0], int(digits[:2]), int(digits[2:] or 0))


def _offset(sign: str, hours: int, minutes: int) -> tzinfo:
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if sign == "-" else span)


# --- "two hours ago" ---------------------------------------------------------------------------------------------


def _relative(text: str, now: datetime, zone: tzinfo) -> ReadDate | None:
    if (match := _RELATIVE.search(text)) is not None:
        count, word = (match[1], match[2]) if match[2] else (match[3], match[4])
        span = _span(count, word) or (_span(None, count) if count else None)
        if span is not None:
            return ReadDate((now - span).astimezone(UTC), "relative")
    return _named_day(text, now, zone)


def _span(count: str | None, word: str) -> timedelta | None:
    unit = next((unit for unit, words in UNITS.items() if word in words), None)
    if unit is None:
        return None
    number = 2 if word.endswith(DUAL) else 1
    if count is not None:
        stem = count if count.isdigit() else count.rstrip("ه")  # ثلاثة and ثلاث are one number
        number = int(stem) if stem.isdigit() else NUMBER_WORDS.get(stem, number)
    days = {"months": 30, "years": 365}.get(unit)
    return timedelta(days=days * number) if days else timedelta(**{unit: number})


def _named_day(text: str, now: datetime, zone: tzinfo) -> ReadDate | None:
    words = text.split()
    ago = next((DAYS_AGO[word] for word in words[:2] if word in DAYS_AGO), None)
    if ago is None or _YEAR.search(text) or _NUMERIC.search(text):
        return None
    if words[0] in {"الان", "now"}:
        return ReadDate(now.astimezone(UTC), "relative")
    clock, _ = _clock(text)
    day = (now.astimezone(zone) - timedelta(days=ago)).date()
    return _joined(day, clock, _zone(text), zone, "relative")


# --- anywhere in the text ----------------------------------------------------------------------------------------


def _loose(text: str, now: datetime, zone: tzinfo, day_first: bool) -> ReadDate | None:
    clock, rest = _clock(text)
    found = _by_name(rest, now, zone) or _by_numbers(rest, day_first)
    if found is None:
        return None
    day, how = found
    return _joined(day, clock, _zone(text), zone, how)


def _clock(text: str) -> tuple[tuple[int, int, int] | None, str]:
    """The time of day, and the text without it."""
    match = _TIME.search(text)
    if match is None:
        return None, text
    hour, minute, second = int(match[1]), int(match[2]), min(int(match[3] or 0), 59)
    half = (match[4] or "").replace(".", "")
    afternoon = half in {"pm", "م", "مساء", "عصرا", "ظهرا"} or (half == "ليلا" and hour >= 6)
    if afternoon and hour < 12:
        hour += 12
    elif hour == 12 and (half in {"am", "ص", "صباحا", "فجرا", "ليلا"}):
        hour = 0
    end = match.end(4) if half in _HALVES else match.end(3) if match[3] else match.end(2)
    return (hour, minute, second), f"{text[: match.start()]} {text[end:]}"


_HALVES = {"am", "pm", "م", "ص", "مساء", "صباحا", "عصرا", "ظهرا", "فجرا", "ليلا"}
"""Morning and afternoon marks, long and short."""


def _zone(text: str) -> tzinfo | None:
    if (match := _OFFSET.search(_NUMERIC.sub(" ", text))) is not None and (match[3] or _named_zone(text) is not None):
        hours, minutes = int(match[2]), int(match[3] or 0)
        return _offset(match[1], hours, minutes) if hours <= 14 and minutes < 60 else None
    return _named_zone(text)


def _named_zone(text: str) -> tzinfo | None:
    for word in re.findall(r"[a-z]+|[\u0621-\u064a]+", text):
        name = word if word in ZONES else word.removeprefix("ب")
        if name in ZONES and (word.isascii() or "توقيت" in text):
            zone = ZONES[name]
            return ZoneInfo(zone) if isinstance(zone, str) else timezone(timedelta(hours=zone))
    return None


def _names(table: dict[int, str]) -> dict[str, int]:
    return {fold(name).replace("_", " "): number for number, names in table.items() for name in names.split()}


_GREGORIAN_NAMES = _names(MONTHS)
_HIJRI_NAMES = _names(HIJRI_MONTHS)


def _name_pattern(names: dict[str, int]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(r"(?<!\w)(" + "|".join(re.escape(name) for name in longest_first) + r")\.?(?!\w)")


_GREGORIAN = _name_pattern(_GREGORIAN_NAMES)
_HIJRI = _name_pattern(_HIJRI_NAMES)


def _by_name(text: str, now: datetime, zone: tzinfo) -> tuple[date, str] | None:
    for pattern, names, how in ((_GREGORIAN, _GREGORIAN_NAMES, "words"), (_HIJRI, _HIJRI_NAMES, "hijri")):
        found = [(m, names[m[1]]) for m in pattern.finditer(text)]
        months = {month for _, month in found}
        if len(months) == 1:  # "يوليو/ تموز" names one month twice; two different ones decide nothing
            first, last = found[0][0], found[-1][0]
            day = _day_and_year(
                text[: first.start()], text[last.end() :], months.pop(), now.astimezone(zone).date(), how
            )
            if day is not None:
                return day, how
    return None


def _day_and_year(before: str, after: str, month: int, today: date, how: str) -> date | None:
    """The day is the nearest small number on either side of the month, the year the nearest of four digits after."""
    numbers_before = [int(n) for n in re.findall(r"(?<!\d)\d{1,2}(?!\d)", before)]
    numbers_after = [int(n) for n in re.findall(r"(?<!\d)\d{1,2}(?!\d)", after)]
    year_match = _YEAR.search(after) or _YEAR.search(before)
    days = [n for n in [*reversed(numbers_before), *numbers_after] if 1 <= n <= 31]
    if not days:
        return None
    if year_match is not None:
        year = int(year_match[1])
    elif numbers_before and numbers_after and how == "words":  # RFC 822: 09 Jul 24
        year = 2000 + numbers_after[0] if numbers_after[0] < 70 else 1900 + numbers_after[0]
    elif how == "words":
        year = _nearest_year(days[0], month, today)
    else:
        return None
    return _calendar(year, month, days[0], hijri=how == "hijri")


def _nearest_year(day: int, month: int, today: date) -> int:
    """The latest year in which the date is not more than two days ahead: news is rarely dated forward."""
    return today.year if date(today.year, month, min(day, 28)) <= today + timedelta(days=2) else today.year - 1


def _by_numbers(text: str, day_first: bool) -> tuple[date, str] | None:
    """The first Gregorian date of numbers, else the first Hijri one: where both are printed they name one day."""
    ordered = (_ordered(match[1], int(match[3]), match[4], day_first) for match in _NUMERIC.finditer(text))
    found = [(_calendar(*day), "hijri" if day[0] < 1600 else "numeric") for day in ordered if day is not None]
    return next((item for item in found if item[1] == "numeric"), found[0] if found else None)


def _ordered(first: str, middle: int, last: str, day_first: bool) -> tuple[int, int, int] | None:
    """Year, month, day of three numbers."""
    if len(first) == 4:
        return (int(first), middle, int(last)) if int(last) <= 31 else None
    if len(first) > 2 or len(last) == 3:
        return None
    day, month = (int(first), middle) if day_first else (middle, int(first))
    if month > 12 >= day:
        day, month = month, day
    return int(last) if len(last) == 4 else 2000 + int(last), month, day


# --- joining -----------------------------------------------------------------------------------------------------


def _calendar(year: int, month: int, day: int, *, hijri: bool = False) -> date:
    if hijri or 1343 <= year <= 1500:
        converted = Hijri(year, month, day).to_gregorian()
        return date(converted.year, converted.month, converted.day)
    return date(year, month, day)


def _joined(day: date, clock: tuple[int, int, int] | None, given: tzinfo | None, own: tzinfo, how: str) -> ReadDate:
    hour, minute, second = clock or (0, 0, 0)
    extra = timedelta(days=1) if hour == 24 else timedelta()
    moment = datetime(day.year, day.month, day.day, hour % 24 if hour == 24 else hour, minute, min(second, 59))
    marks = ("" if clock else "+day") + ("" if given else "+zone")
    return ReadDate((moment + extra).replace(tzinfo=given or own).astimezone(UTC), how + marks)
