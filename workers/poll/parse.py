"""Feeds of every kind to `FeedEntry`s: decoded first, recognised, then parsed behind guards. Pure.

feedparser does the XML kinds, guarded (research: reliability 0.3, 0.5; extraction 6): it is given bytes in a BytesIO
only (a string that is an address or a path would be opened), clean UTF-8 only (one bad byte makes it guess the whole
file anew), no HTML sanitising (its expressions are quadratic on hostile style attributes), at most so many items and
attributes. What is no feed has a name: an empty body, a page, a bot wall never end as "0 entries".
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html.entities import html5
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
from lxml import etree

from workers.fetch.charset import declared_charsets, decode
from workers.model import Feed, FeedEntry, Outlet
from workers.poll.guards import judged
from workers.poll.hints import Hints, hints_of
from workers.poll.items import Context, Item, entries_of, plain_text
from workers.poll.recognise import recognise
from workers.poll.urls import feed_id
from workers.settings import PollSettings

_DEFAULTS = PollSettings()
_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(?:#[0-9]+;|#[xX][0-9a-fA-F]+;|([A-Za-z]\w{1,31});)?", re.DOTALL
)
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DECLARATION = re.compile(r"<\?xml[^>]*\?>", re.IGNORECASE)
_NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"

WORDS = {
    "wrong_charset": "says it is written in another charset than it is",
    "replaced_characters": "holds bytes that are no characters; they were replaced",
    "broken_xml": "is not well-formed XML; read as far as it could be",
    "junk_before": "has other text before its beginning",
    "too_many_entries": "has more entries than are taken",
    "no_entries": "holds no entries at present",
    "no_date": "entries without a date: first seen is taken",
    "odd_date": "entries whose date cannot be read: first seen is taken",
    "date_out_of_range": "entries dated before 1990 or in the future: first seen is taken",
    "no_link": "entries without a usable address were left out",
    "repeated": "entries that stand twice",
}
"""Problems that do not end a poll, in words that follow "The feed …"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What we understand of a feed. `format` is empty and `failure` a name where the body is no feed."""

    format: str
    title: str = ""
    encoding: str = ""
    problems: tuple[str, ...] = ()
    """`name: words`, the failure first."""
    entries: tuple[FeedEntry, ...] = ()
    failure: str = ""
    hints: Hints = field(default_factory=Hints)


def parse_feed(
    body: bytes,
    *,
    url: str,
    feed: Feed | None,
    outlet: Outlet,
    headers: Mapping[str, str],
    now: datetime,
    settings: PollSettings = _DEFAULTS,
) -> ParsedFeed:
    """Read a feed's body; `url` is where it came from, `headers` the answer's. Never raises for what a server sends."""
    headers = {name.lower(): value for name, value in headers.items()}
    content_type = headers.get("content-type")
    text, charset = decode(body, content_type)
    problems: dict[str, int] = {}
    found = judged(recognise(text, headers), settings, problems)
    if found.failure is not None:
        shown = charset if body else ""
        return ParsedFeed(
            format="", encoding=shown, problems=(f"{found.failure}: {found.meaning}",), failure=found.failure
        )
    _note_charset(problems, text, charset, declared_charsets(body, content_type))
    if found.junk:
        problems["junk_before"] = 1
    title, version, items = _READERS.get(found.format, _read_xml)(found.text, url, problems)
    context = Context(
        url=url,
        feed=feed.id if feed else feed_id(url),
        outlet=outlet.id,
        zone=ZoneInfo(outlet.timezone),
        now=now,
    )
    if items is None:
        meaning = "a sitemap of pages, not of news: its pages carry no news titles"
        return ParsedFeed(format="", encoding=charset, problems=(f"plain_sitemap: {meaning}",), failure="plain_sitemap")
    entries = entries_of(items[: settings.max_entries], context, problems)
    if not entries:
        problems["no_entries"] = 1
    return ParsedFeed(
        format=version or found.format,
        title=title,
        encoding=charset,
        problems=tuple(_in_words(name, count, len(entries)) for name, count in problems.items()),
        entries=entries,
        hints=hints_of(found.format, found.text, url, headers),
    )


# --- what is said of it ------------------------------------------------------------------------------------------


def _note_charset(problems: dict[str, int], text: str, charset: str, declared: list[str]) -> None:
    if declared and not text.isascii() and charset.partition("+")[0] not in {*declared, "utf-16", "utf-32"}:
        problems["wrong_charset"] = 1
    if replaced := text.count("\ufffd"):
        problems["replaced_characters"] = replaced


def _in_words(name: str, count: int, entries: int) -> str:
    counted = f" ({count} of {entries})" if name in {"no_date", "odd_date", "date_out_of_range"} else ""
    return f"{name}: {WORDS[name]}{counted or (f' ({count})' if count > 1 else '')}"


# --- formats -----------------------------------------------------------------------------------------------------

Read = tuple[str, str, "list[Item] | None"]
"""Title, exact version (`rss20`, `atom10`, …), items."""


def guarded_feedparser(text: str, url: str) -> Any:
    """What feedparser makes of a feed's text, asked in the one way that is safe."""
    if "<!ENTITY" not in text[:4000]:
        text = _AMPERSAND.sub(_ampersand, text)
    data = '<?xml version="1.0" encoding="utf-8"?>' + _DECLARATION.sub("", text, count=1)
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    return feedparser.parse(
        io.BytesIO(data.encode("utf-8", "replace")),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _read_xml(text: str, url: str, problems: dict[str, int]) -> Read:
    parsed = guarded_feedparser(text, url)
    if parsed.bozo and isinstance(parsed.get("bozo_exception"), Exception):
        problems["broken_xml"] = 1
    version = str(parsed.get("version") or "")
    element = "updated" if version.startswith("atom") else "dc:date"
    items = [_from_feedparser(raw, element) for raw in parsed.entries]
    return plain_text(str(parsed.feed.get("title") or "")), version, items


def _ampersand(found: re.Match[str]) -> str:
    """A bare & is escaped, a name of HTML becomes its character: both would end the reading of an XML parser."""
    if found[0] == "&":
        return "&amp;"
    name = found[1]
    if name is None or name in _XML_NAMES:
        return found[0]
    return html5.get(f"{name};") or f"&amp;{name};"


def _from_feedparser(raw: Any, updated: str) -> Item:
    """The one place that looks into feedparser's untyped answers: everything that is wanted is taken here."""
    published = "published" if updated == "updated" else "pubDate"
    names = (("published", published), ("updated", updated), ("created", "created"))
    contents = [c for c in raw.get("content") or [] if c.get("value")]
    marked = [c for c in contents if "html" in (c.get("type") or "")]
    alternates = [
        str(link.get("href") or "") for link in raw.get("links") or [] if link.get("rel", "alternate") == "alternate"
    ]
    return Item(
        links=tuple(filter(None, (_text(raw, "feedburner_origlink"), _text(raw, "link"), *alternates))),
        guid=_text(raw, "id"),
        title=_text(raw, "title"),
        summary=_text(raw, "summary"),
        content=str((marked or contents)[0]["value"]) if contents else "",
        author=_text(raw.get("author_detail") or {}, "name") or _text(raw, "author"),
        dates=tuple((element, _text(raw, key)) for key, element in names if _text(raw, key)),
        parsed=tuple(
            (element, dict.__getitem__(raw, f"{key}_parsed"))
            for key, element in names
            if dict.get(raw, f"{key}_parsed")
        ),
    )


def _text(raw: Any, key: str) -> str:
    value = dict.get(raw, key)  # not feedparser's own get, which answers for other keys too
    return value if isinstance(value, str) else ""


def _read_json(text: str, _url: str, problems: dict[str, int]) -> Read:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        problems["broken_xml"] = 1
        return "", "json", []
    rows = document.get("items") if isinstance(document, dict) else None
    items = [_from_json(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    version = re.search(r"/version/([\d.]+)", str(document.get("version")) if isinstance(document, dict) else "")
    return _text(document, "title"), f"json{version[1].replace('.', '')}" if version else "json", items


def _from_json(row: dict[str, Any]) -> Item:
    authors = row.get("authors") if isinstance(row.get("authors"), list) else [row.get("author")]
    names = [_text(author, "name") for author in authors or [] if isinstance(author, dict)]
    return Item(
        links=tuple(filter(None, (_text(row, "url"), _text(row, "external_url")))),
        guid=str(row.get("id") or ""),
        title=_text(row, "title"),
        summary=_text(row, "summary") or _text(row, "content_text"),
        content=_text(row, "content_html"),
        author=", ".join(filter(None, names)),
        dates=tuple((key, _text(row, key)) for key in ("date_published", "date_modified") if _text(row, key)),
    )


def _read_sitemap(text: str, _url: str, problems: dict[str, int]) -> Read:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    root = etree.fromstring(_DECLARATION.sub("", text, count=1).encode("utf-8", "replace"), parser)
    if parser.error_log:
        problems["broken_xml"] = 1
    items = list(_sitemap_items(root)) if root is not None else []
    return "", "sitemap", items if any(item.title for item in items) or not items else None


def _sitemap_items(root: Any) -> Iterator[Item]:
    for page in root.iterfind("{*}url"):
        news = page.find(f"{_NEWS}news")
        dates = [
            ("news:publication_date", _child(news, f"{_NEWS}publication_date")),
            ("lastmod", _child(page, "{*}lastmod")),
        ]
        yield Item(
            links=(_child(page, "{*}loc"),),
            title=_child(news, f"{_NEWS}title"),
            dates=tuple((element, text) for element, text in dates if text),
        )


def _child(parent: Any, name: str) -> str:
    return (parent.findtext(name) or "").strip() if parent is not None else ""


_READERS = {"json": _read_json, "sitemap": _read_sitemap}
