"""OPML (lists of feeds that people carry from reader to reader), in and out. What comes in is hostile until read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from lxml import etree

from workers.errors import Fault, UserError
from workers.fetch.charset import decode
from workers.model import Feed, Outlet
from workers.poll.items import plain_text
from workers.poll.urls import feed_id, names_user, normal_url

MAX_BYTES = 5_000_000
MAX_DEPTH = 20
MAX_OUTLINES = 5000


@dataclass(frozen=True, slots=True)
class Listed:
    """One feed of an OPML file."""

    url: str
    title: str
    site: str
    folder: str


def read_opml(body: bytes, place: str) -> tuple[list[Listed], list[Fault]]:
    """The feeds of an OPML file, each once, and what was wrong with single outlines; raises `UserError` where the file
    as a whole cannot be read. Never opens a file or an address that the document names."""
    if len(body) > MAX_BYTES:
        raise UserError(Fault(place, f"is larger than {MAX_BYTES} bytes"))
    text = decode(body, None)[0]
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True
    )
    try:
        root = etree.fromstring(_undeclared(text).encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise UserError(Fault(place, f"is no XML: {error.msg}")) from None
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise UserError(Fault(place, "is no OPML file", "its first element must be <opml>"))
    return _collect(_outlines(root), place)


def write_opml(feeds: Sequence[Feed], outlets: dict[str, Outlet], now: datetime) -> bytes:
    """The feeds as OPML 2.0, grouped by outlet."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = "Rasid"
    etree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = etree.SubElement(root, "body")
    for name in sorted({feed.outlet for feed in feeds}):
        outlet = outlets.get(name)
        title = outlet.name if outlet else name
        folder = etree.SubElement(body, "outline", text=title, title=title)
        for feed in (feed for feed in feeds if feed.outlet == name):
            shown = feed.title or title
            attributes = {"type": "rss", "text": shown, "title": shown, "xmlUrl": feed.url}
            etree.SubElement(folder, "outline", attributes, htmlUrl=outlet.site if outlet else "")
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _undeclared(text: str) -> str:
    """Without its XML declaration, whose encoding no longer holds."""
    stripped = text.lstrip("\ufeff \t\r\n")
    return stripped.partition("?>")[2] if stripped.startswith("<?xml") else stripped


def _outlines(root: Any) -> Iterator[tuple[Any, str, int]]:
    """Outlines with their folder's title and depth, in the file's order, without recursion."""
    waiting = [(child, "", 1) for child in reversed(root.findall("{*}body/{*}outline"))]
    while waiting:
        outline, folder, depth = waiting.pop()
        yield outline, folder, depth
        inner = folder if outline.get("xmlUrl") else plain_text(outline.get("title") or outline.get("text") or "")
        if depth < MAX_DEPTH:
            waiting += [(child, inner[:200], depth + 1) for child in reversed(outline.findall("{*}outline"))]


def _collect(outlines: Iterable[tuple[Any, str, int]], place: str) -> tuple[list[Listed], list[Fault]]:
    found: dict[str, Listed] = {}
    faults: list[Fault] = []
    for number, (outline, folder, _depth) in enumerate(outlines, 1):
        if number > MAX_OUTLINES:
            faults.append(Fault(place, f"has more than {MAX_OUTLINES} outlines; the rest is left out"))
            break
        address = next((v for k, v in outline.attrib.items() if k.lower() == "xmlurl"), "")
        if not address:
            continue
        url = normal_url(address)
        if not url or names_user(address):
            faults.append(Fault(f"{place}:{outline.sourceline}", f"{address[:200]!r} is no http(s) address"))
            continue
        title = plain_text(outline.get("title") or outline.get("text") or "")[:300]
        found.setdefault(feed_id(url), Listed(url, title, normal_url(outline.get("htmlUrl") or ""), folder))
    return list(found.values()), faults
