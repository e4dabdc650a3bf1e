"""Other tellings of the text: JSON-LD's articleBody and the feed's own content, chosen by length."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree
from lxml.html import HtmlElement, fragment_fromstring

from workers.extract import blocks, jsonld
from workers.extract.metadata import Metadata
from workers.model import FeedEntry, Paragraph
from workers.settings import ExtractSettings

_TAG = re.compile(r"<[a-zA-Z/][^>]*>")
_ENOUGH = 120
"""Letters below which another telling is a teaser itself."""


def better(
    text: tuple[Paragraph, ...], method: str, found: Metadata, entry: FeedEntry | None, settings: ExtractSettings
) -> tuple[tuple[Paragraph, ...], str]:
    """`text` as it is, or the JSON-LD or feed telling when the page gave much less of the same article."""
    for name, other in (("json-ld", from_json_ld(found)), ("feed", from_feed(entry))):
        if _length(other) >= _ENOUGH and _length(text) < settings.fallback_share * _length(other):
            text, method = other, name
    return text, method


def from_json_ld(found: Metadata) -> tuple[Paragraph, ...]:
    """`articleBody`, by lines; writers that give it as HTML are read as HTML."""
    body = found.ld.get("articleBody")
    if not isinstance(body, str):
        return ()
    return _from_html(body) if _TAG.search(body) else tuple(Paragraph(line) for line in _lines(body))


def from_feed(entry: FeedEntry | None) -> tuple[Paragraph, ...]:
    """The entry's own content."""
    return _from_html(entry.content) if entry and entry.content else ()


def _lines(body: str) -> list[str]:
    return [line for raw in body.splitlines() if (line := jsonld.text(raw))]


def _from_html(markup: str) -> tuple[Paragraph, ...]:
    try:
        box: HtmlElement = fragment_fromstring(markup, create_parent="div")
    except (etree.ParserError, ValueError):
        return ()
    return blocks.container(box)


def _length(text: Sequence[Paragraph]) -> int:
    return sum(len(p.text) for p in text)
