"""When it was published, and where that is said.

The feed first, then what machines read, then what readers read. Never a free search over the page: on the research
pages without a machine-readable date it gave a wrong date each time, not none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workers.arabic.dates import parse_date, plausible
from workers.extract import jsonld
from workers.extract.metadata import Metadata
from workers.model import FeedEntry, Outlet

_NOT_THE_FEED = frozenset(("", "first_seen"))
"""Sources of an entry's date that are not the feed's own word."""
_META_NAMES = """
article:published_time og:article:published_time og:published_time article:published datepublished publishdate
publish_date pubdate dc.date.issued dcterms.created dcterms.date dc.date parsely-pub-date sailthru.date date
cxenseparse:recs:publishtime article_date_original
"""
_METAS = tuple(_META_NAMES.split())
_DIGIT = re.compile(r"\d")
_RELATIVE = re.compile(r"^\s*(?:منذ|قبل)\s")  # "since …", "… ago": of the page's capture, not of its fetching


def choose(
    found: Metadata, entry: FeedEntry | None, outlet: Outlet, *, now: datetime, visible: Iterable[str]
) -> tuple[datetime | None, str]:
    """The date in UTC and its source: the feed's element, `json-ld`, a meta tag's name, or `page`.

    (None, "") when none is told. A date before 1990 or more than two days ahead is taken as none.
    """
    if entry and entry.published and entry.published_source not in _NOT_THE_FEED:
        return entry.published, entry.published_source
    zone = _zone(outlet.timezone)
    for text, source in _told(found, visible):
        moment = parse_date(text, now=now, timezone=zone)
        if moment and plausible(moment, now):
            return moment, source
    if entry and entry.published:
        return entry.published, entry.published_source
    return None, ""


def _told(found: Metadata, visible: Iterable[str]) -> Iterator[tuple[str, str]]:
    for key in ("datePublished", "dateCreated"):
        yield jsonld.text(found.ld.get(key)), "json-ld"
    for name in _METAS:
        if name in found.meta:
            yield found.meta[name], name
    for text in (*found.dates, *visible):
        if _DIGIT.search(text) and not _RELATIVE.match(text):
            yield text, "page"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
