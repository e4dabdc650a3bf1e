"""Other tellings of the text: JSON-LD's articleBody, the page's own data and the feed's content.

Chosen by length and agreement: another telling is believed where the page gave much less, and where that little is
part of it (or is nothing): a teaser of another article, or a feed's footer, is no telling of this one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from lxml import etree
from lxml.html import HtmlElement, fragment_fromstring

from workers.arabic.fold import fold
from workers.extract import blocks, hydration, jsonld
from workers.extract.metadata import Metadata
from workers.model import FeedEntry, Paragraph
from workers.settings import ExtractSettings

_TAG = re.compile(r"<[a-zA-Z/][^>]*>")
_WORD = re.compile(r"\w+")
_ENOUGH = 120
"""Letters below which another telling is a teaser itself."""


def better(
    text: tuple[Paragraph, ...],
    method: str,
    found: Metadata,
    title: str,
    entry: FeedEntry | None,
    settings: ExtractSettings,
) -> tuple[tuple[Paragraph, ...], str]:
    """`text` as it is, or another telling when the page gave much less of the same article."""
    shell = _length(text) < settings.min_letters
    others = (
        ("json-ld", partial(from_json_ld, found)),
        ("data", partial(from_data, found, title if shell else "")),
        ("feed", partial(from_feed, entry)),
    )
    for name, tell in others:
        other = tell()
        is_longer = _length(other) >= _ENOUGH and _length(text) < settings.fallback_share * _length(other)
        if is_longer and _agrees(text, other):
            text, method = other, name
    return text, method


_AGREEMENT = 0.7
"""Share of the page's words that a telling of the same article must hold."""


def _agrees(text: Sequence[Paragraph], other: Sequence[Paragraph]) -> bool:
    """Whether the other telling holds the page's own: none, or a label or two, agree with everything."""
    words = {word for p in text for word in _WORD.findall(fold(p.text)) if len(word) > 2}
    if _length(text) < _ENOUGH or not words:
        return True
    told = {word for p in other for word in _WORD.findall(fold(p.text))}
    return len(words & told) >= _AGREEMENT * len(words)


def from_data(found: Metadata, title: str) -> tuple[Paragraph, ...]:
    """The text that the page's own scripts would draw."""
    return _from_text(hydration.article_text(found.data, title)) if title and found.data else ()


def from_json_ld(found: Metadata) -> tuple[Paragraph, ...]:
    """`articleBody`, by lines; writers that give it as HTML are read as HTML."""
    body = found.ld.get("articleBody")
    return _from_text(body) if isinstance(body, str) else ()


def from_feed(entry: FeedEntry | None) -> tuple[Paragraph, ...]:
    """The entry's own content."""
    return _from_html(entry.content) if entry and entry.content else ()


def _from_text(body: str) -> tuple[Paragraph, ...]:
    return _from_html(body) if _TAG.search(body) else tuple(Paragraph(line) for line in _lines(body))


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
