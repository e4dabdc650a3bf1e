"""One item of a feed, whatever its format, as a `FeedEntry`: plain texts, canonical address, a date with its source."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from time import struct_time

import lxml.html
from lxml import etree

from workers.arabic.dates import plausible, read_date
from workers.model import FeedEntry
from workers.poll.urls import canonical_url, entry_id, normal_url

MAX_TITLE = 1000
MAX_SUMMARY = 20_000
MAX_CONTENT = 400_000
"""Characters; more is cut."""
FULL_TEXT = 1500
"""A description of so many characters of text is the article itself, not a summary."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)
"""Controls and direction marks: kept out of texts, because a title must not turn what stands beside it around."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What the format said, still raw."""

    links: tuple[str, ...] = ()
    """Candidate addresses, best first."""
    guid: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    author: str = ""
    dates: tuple[tuple[str, str], ...] = ()
    """(element, text), best first."""
    parsed: tuple[tuple[str, struct_time], ...] = field(default=())
    """(element, UTC) as the parser read them: the last resort, for scripts that we do not read."""


@dataclass(frozen=True, slots=True)
class Context:
    """What all items of a feed share."""

    url: str
    feed: str
    outlet: str
    zone: tzinfo
    now: datetime


def entries_of(items: Iterable[Item], context: Context, problems: dict[str, int]) -> tuple[FeedEntry, ...]:
    """Entries in the feed's order, each address once; `problems` counts what was odd by name."""
    found: dict[str, FeedEntry] = {}
    for item in items:
        entry = _entry(item, context, problems)
        if entry is None:
            _count(problems, "no_link")
        elif entry.id in found:
            _count(problems, "repeated")
        else:
            found[entry.id] = entry
    return tuple(found.values())


def plain_text(markup: str) -> str:
    """The text of a piece of HTML, white space collapsed, controls and direction marks taken out."""
    text = markup
    if "<" in text:
        try:
            text = _without_tags(text)
        except (etree.ParserError, ValueError):
            text = re.sub(r"<[^<>]*>", " ", text)
    if "&" in text:
        text = html.unescape(text)
    return re.sub(r"\s+", " ", _INVISIBLE.sub("", text)).strip()


def _without_tags(markup: str) -> str:
    root = lxml.html.fragment_fromstring(f"<div>{_INVISIBLE.sub('', markup)}</div>")
    etree.strip_elements(root, "script", "style", "noscript", with_tail=False)
    return " ".join(root.itertext())


def _entry(item: Item, context: Context, problems: dict[str, int]) -> FeedEntry | None:
    link, canonical = _address(item, context.url)
    if not canonical:
        return None
    published, source = _published(item, context, problems)
    summary = plain_text(item.summary[:MAX_CONTENT])
    content = item.content or (item.summary if len(summary) >= FULL_TEXT else "")
    return FeedEntry(
        id=entry_id(canonical),
        feed=context.feed,
        outlet=context.outlet,
        url=canonical,
        link=link,
        guid=_INVISIBLE.sub("", item.guid).strip()[:MAX_TITLE],
        title=plain_text(item.title[: 10 * MAX_TITLE])[:MAX_TITLE],
        summary=summary[:MAX_SUMMARY],
        content=content[:MAX_CONTENT],
        published=published,
        published_source=source,
        author=_author(item.author),
    )


def _address(item: Item, base: str) -> tuple[str, str]:
    """The first usable address, as it is to be asked and as it counts."""
    for candidate in (*item.links, item.guid if item.guid.strip().startswith("http") else ""):
        if candidate and (canonical := canonical_url(candidate, base)):
            return normal_url(candidate.replace("&amp;", "&"), base), canonical
    return "", ""


def _published(item: Item, context: Context, problems: dict[str, int]) -> tuple[datetime | None, str]:
    oddness = "no_date"
    for element, text in item.dates:
        read = read_date(text, now=context.now, timezone=context.zone)
        if read is not None and plausible(read.at, context.now):
            return read.at, f"{element} ({read.how})"
        if text.strip():
            oddness = "odd_date" if read is None else "date_out_of_range"
    for element, parts in item.parsed:
        moment = datetime(*parts[:6], tzinfo=UTC)
        if plausible(moment, context.now):
            return moment, f"{element} (parser)"
    _count(problems, oddness)
    return None, "first_seen"


def _author(text: str) -> str:
    """The person's name: RSS asks for an e-mail address with the name in brackets, few give one."""
    name = plain_text(text[:MAX_TITLE])
    bracketed = re.fullmatch(r"\S+@\S+\s*\((.+)\)", name)
    name = bracketed[1] if bracketed else re.sub(r"<?\b\S+@\S+\.\w+>?", "", name)
    return name.strip(" ()<>,")[:200]


def _count(problems: dict[str, int], name: str) -> None:
    problems[name] = problems.get(name, 0) + 1
