"""What a feed asks of those who poll it: how long to wait, when not to come, where its hub is. Pure.

Sources: RSS 2.0 (`ttl`, `skipHours`, `skipDays`), the Syndication module (`sy:updatePeriod`, `sy:updateFrequency`),
HTTP (`Cache-Control: max-age`, `Expires`, `Retry-After`), WebSub (`rel=hub`, `rel=self`, in feed or Link header).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from workers.poll.urls import normal_url

_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HEAD = 20_000
"""Characters in which a feed's own elements are looked for: they stand before its items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """Waits in seconds; hours and days in UTC, Monday is 0."""

    ttl: float | None = None
    """From the feed itself."""
    cache: float | None = None
    """From Cache-Control or Expires."""
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    hub: str = ""
    topic: str = ""
    """The address to subscribe to at the hub."""

    @property
    def least_wait(self) -> float:
        """The longest of the waits asked for; 0 where none is."""
        return max(self.ttl or 0.0, self.cache or 0.0)


def hints_of(format_: str, text: str, url: str, headers: Mapping[str, str]) -> Hints:
    """Read the hints of a feed's text and of the answer's headers (names in lower case)."""
    first_item = re.search(r"<(?:item|entry|url)\b", text[:_HEAD])
    head = text[: first_item.start()] if first_item else text[:_HEAD]
    links = {} if format_ in {"json", "sitemap"} else _links(head, url)
    links |= _header_links(headers.get("link", ""), url)
    return Hints(
        ttl=_ttl(head),
        cache=cache_wait(headers),
        skip_hours=frozenset(hour % 24 for hour in _numbers(head, "skipHours", "hour") if 0 <= hour <= 24),
        skip_days=_skip_days(head),
        hub=links.get("hub", ""),
        topic=links.get("self", url) if links.get("hub") else "",
    )


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that `Retry-After` asks to wait (a number, or a date); None where it says nothing readable."""
    value = (headers.get("retry-after") or "").strip()
    if value.isdigit():
        return float(value[:9])
    moment = _http_date(value)
    return max((moment - now).total_seconds(), 0.0) if moment else None


def cache_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds for which the answer calls itself fresh; None where it does not, or asks not to be kept."""
    control = (headers.get("cache-control") or "").lower()
    if re.search(r"\bno-(?:cache|store)\b|\bprivate\b", control):
        return None
    if (found := re.search(r"\bmax-age\s*=\s*\"?(\d{1,9})", control)) is not None:
        age = (headers.get("age") or "0").strip()
        return max(float(found[1]) - (float(age[:9]) if age.isdigit() else 0.0), 0.0) or None
    expires, date = _http_date(headers.get("expires") or ""), _http_date(headers.get("date") or "")
    return max((expires - date).total_seconds(), 0.0) or None if expires and date else None


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ttl(head: str) -> float | None:
    waits = []
    if (minutes := re.search(r"<ttl>\s*(\d{1,6})\s*</ttl>", head)) is not None:
        waits.append(60.0 * int(minutes[1]))
    period = re.search(r"<\w+:updatePeriod\b[^<>]*>\s*(\w+)\s*</", head)
    frequency = re.search(r"<\w+:updateFrequency\b[^<>]*>\s*(\d{1,6})\s*</", head)
    if period is not None and (seconds := _PERIODS.get(period[1].lower())):
        waits.append(seconds / max(int(frequency[1]) if frequency else 1, 1))
    return max(waits, default=0.0) or None


def _numbers(head: str, around: str, element: str) -> list[int]:
    block = re.search(rf"<{around}>(.*?)</{around}>", head, re.DOTALL)
    return [int(n) for n in re.findall(rf"<{element}>\s*(\d{{1,2}})\s*</", block[1])] if block else []


def _skip_days(head: str) -> frozenset[int]:
    block = re.search(r"<skipDays>(.*?)</skipDays>", head, re.DOTALL)
    names = re.findall(r"<day>\s*(\w+)\s*</", block[1]) if block else []
    return frozenset(_DAYS.index(name.lower()) for name in names if name.lower() in _DAYS)


def _links(head: str, url: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in re.findall(r"<(?:\w+:)?link\b[^<>]{0,2000}>", head):
        relation = re.search(r"\brel\s*=\s*[\"']([\w ]+)[\"']", tag)
        target = re.search(r"\bhref\s*=\s*[\"']([^\"']+)[\"']", tag)
        if relation and target and (address := normal_url(target[1].replace("&amp;", "&"), url)):
            found.setdefault(relation[1].lower(), address)
    return found


def _header_links(value: str, url: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for target, relation in re.findall(r"<([^<>]{1,2000})>\s*;[^,<]*?\brel\s*=\s*\"?([\w ]+)", value[:8000]):
        if address := normal_url(target, url):
            found.setdefault(relation.strip().lower(), address)
    return found
