"""What a person means by a date: ISO dates of any length, `yesterday`, `last 7 days`, منذ أسبوع (since a week ago).

A date is a period [start, end) in the reader's time zone; `end` None is open. Weeks begin on Monday where the reader
says "this week"; "last 7 days" and "since a week" begin at the start of the day so many days ago.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from workers.arabic.fold import fold
from workers.arabic.querywords import DAYS_BACK, LAST, THIS, UNITS, folded

Period = tuple[datetime, datetime | None]

_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?)?)?)?")
_ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$", re.IGNORECASE)
_UNITS = folded(UNITS)
_DAYS_BACK = {fold(key): value for key, value in DAYS_BACK.items()}
_LAST = {fold(word) for word in LAST}
_THIS = {fold(word) for word in THIS}
_COMPACT = re.compile(r"(\d+) ?([^\W\d]+)")


def period(text: str, *, now: datetime, timezone: tzinfo) -> Period | None:
    """The period that `text` names, or None where it names none."""
    plain = " ".join(fold(text).replace("،", " ").split())
    today = now.astimezone(timezone).replace(hour=0, minute=0, second=0, microsecond=0)
    if plain in _DAYS_BACK:
        start = _days_before(today, _DAYS_BACK[plain])
        return start, _days_before(start, -1)
    return _iso(plain.upper(), timezone) or _relative(plain.split(), now.astimezone(timezone), today)


def _iso(text: str, timezone: tzinfo) -> Period | None:
    zone = _ZONE.search(text) if "T" in text or " " in text else None
    found = _ISO.fullmatch(text[: zone.start()] if zone else text)
    if found is None:
        return None
    try:
        return _iso_period([int(part) if part else None for part in found.groups()[:6]], found[7], zone, timezone)
    except (ValueError, OverflowError):
        return None


def _iso_period(
    parts: list[int | None], fraction: str | None, zone: re.Match[str] | None, timezone: tzinfo
) -> Period | None:
    year, month, day, hour, minute, second = parts
    if year is None or year < 1:
        return None
    start = datetime(year, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=timezone)
    if zone is not None:
        start = start.replace(tzinfo=datetime.strptime(zone[0], "%z").tzinfo)
    if month is None:
        return start, start.replace(year=year + 1)
    if day is None:
        return start, start.replace(year=year + month // 12, month=month % 12 + 1)
    if hour is None:
        return start, _days_before(start, -1)
    if fraction is not None:
        start += timedelta(microseconds=int(fraction[1:].ljust(6, "0")))
        return start, start + timedelta(microseconds=1)
    return start, start + (timedelta(minutes=1) if second is None else timedelta(seconds=1))


def _relative(words: list[str], now: datetime, today: datetime) -> Period | None:
    """`last 7 days`, `آخر 7 أيام`, `منذ أسبوع`, `7d`, `this month`; open towards the future."""
    if len(words) == 2 and words[0] in _THIS and words[1] in _UNITS:
        return _this(_UNITS[words[1]], now, today)
    while words and words[0] in _LAST:
        words = words[1:]
    count, unit = 1, ""
    if (compact := _COMPACT.fullmatch(" ".join(words))) is not None:
        count, unit = int(compact[1]), _UNITS.get(compact[2], "")
    elif len(words) == 1:
        unit = _UNITS.get(words[0], "")
    if " " in unit:
        count, unit = 2, unit.split()[1]
    if not unit or count > 10_000:
        return None
    try:
        return _back(now, today, count, unit), None
    except (ValueError, OverflowError):
        return None


def _this(unit: str, now: datetime, today: datetime) -> Period | None:
    starts = {
        "hour": now.replace(minute=0, second=0, microsecond=0),
        "day": today,
        "week": _days_before(today, today.weekday()),
        "month": today.replace(day=1),
        "year": today.replace(month=1, day=1),
    }
    return (starts[unit], None) if unit in starts else None


def _back(now: datetime, today: datetime, count: int, unit: str) -> datetime:
    if unit == "hour":
        return now - timedelta(hours=count)
    if unit in {"day", "week"}:
        return _days_before(today, count * (7 if unit == "week" else 1))
    months = today.year * 12 + today.month - 1 - count * (12 if unit == "year" else 1)
    return _clamped(today, months)


def _clamped(day: datetime, months: int) -> datetime:
    """The same day of month number `months` (counted from year 0), or its last day."""
    first = day.replace(year=months // 12, month=months % 12 + 1, day=1)
    last = _days_before(first.replace(year=(months + 1) // 12, month=(months + 1) % 12 + 1), 1).day
    return first.replace(day=min(day.day, last))


def _days_before(day: datetime, count: int) -> datetime:
    """Calendar days, not 24 hours: the clock time stays when summer time begins or ends."""
    return day - timedelta(days=count)
