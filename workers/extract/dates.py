"""When it was published, and where that is said.

The feed first, then what machines read, then what readers read. Never a free search over the page: on the research
pages without a machine-readable date it gave a wrong date each time, not none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workers.arabic.dates import parse_date
from workers.extract import jsonld
from workers.extract.metadata import Metadata
from workers.model import FeedEntry, Outlet

_FEED = frozenset(("", "first_seen"))
"""Sources of an entry's date that are not the feed's own word."""
_METAS = ("article:published_time", "og:article:published_time", "datepublished", "article:published", "publishdate", "publish_date",
          "dc.date.issued", "dcterms.created", "dcterms.date", "dc.date", "parsely-pub-date", "sailthru.date", "date",
          "cxenseparse:recs:publishtime", "og:published_time", "pubdate", "article_date_original")  # fmt: skip
_ISO = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?\s*(Z|[+-]\d\d:?\d\d)?\s*$")
_DIGIT = re.compile(r"\d")
_SLACK = timedelta(days=2)
_RELATIVE = re.compile(r"^\s*(?:منذ|قبل)\s")  # "since …", "… ago"


def choose(
    found: Metadata, entry: FeedEntry | None, outlet: Outlet, *, now: datetime, visible: Iterator[str]
) -> tuple[datetime | None, str]:
    """The date in UTC and its source (`pubDate`, `json-ld`, `article:published_time`, `page`); (None, "") when none is told.

    A date in the future (beyond two days) or before 1990 is taken as no date.
    """
    if entry and entry.published and entry.published_source not in _FEED:
        return entry.published, entry.published_source
    zone = _zone(outlet.timezone)
    for text, source in _machine(found):
        if date := _plausible(read_iso(text, zone) or parse_date(text, now=now, timezone=zone), now):
            return date, source
    for text in (*found.dates, *visible):
        date = None if not _DIGIT.search(text) else read_iso(text, zone) or _read(text, now, zone)
        if date := _plausible(date, now):
            return date, "page"
    if entry and entry.published:
        return entry.published, entry.published_source
    return None, ""


def _read(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    return None if _RELATIVE.match(text) else parse_date(text, now=now, timezone=zone)


def _machine(found: Metadata) -> Iterator[tuple[str, str]]:
    for key in ("datePublished", "dateCreated"):
        if value := jsonld.text(found.ld.get(key)):
            yield value, "json-ld"
    for name in _METAS:
        if value := found.meta.get(name):
            yield value, name


def read_iso(text: str, zone: ZoneInfo) -> datetime | None:
    """An ISO 8601 date or date and time in UTC; without a zone it is read in the outlet's."""
    match = _ISO.match(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second, offset = match.groups()
    try:
        plain = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
        if offset is None:
            return plain.replace(tzinfo=zone).astimezone(UTC)
        aware = f"{plain.isoformat()}{'+00:00' if offset == 'Z' else offset}"
        return datetime.fromisoformat(aware).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _plausible(date: datetime | None, now: datetime) -> datetime | None:
    return date if date and date.year >= 1990 and date <= now + _SLACK else None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
