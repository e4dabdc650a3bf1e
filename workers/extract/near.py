"""Kicker, sub-title and byline by where they stand: next to the headline, for markup that no list of names foresees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lxml.html import HtmlElement

from workers.extract import names, titles
from workers.extract.body import is_prose, running
from workers.extract.tree import is_longer, text_of

_SUBTITLE = re.compile(
    r"sub[-_]{0,2}(?:title|head)|standfirst|chapo|strap-?line|deck(?:$|[-_\s])|teaser-text|_summary|article__?-?summary"
    r"|(?:^|[-_\s])(?:lead|intro|summary|excerpt|abstract|description)(?:$|[-_\s])",
    re.IGNORECASE,
)
_KICKER = re.compile(
    r"kicker|super-?title|over-?(?:line|title)|eyebrow|pre-?title|top-?title|(?:^|[-_\s])(?:shoulder|flag)(?:$|[-_\s])",
    re.IGNORECASE,
)
_WRITER = re.compile(
    r"author|writer|byline|by-line|written-?by|writeby|created-?by|reporter|journalist|editor", re.IGNORECASE
)
_WRITER_ADDRESS = re.compile(
    r"/(?:author|writer|editor|reporter|journalist|columnist|contributor|profile)s?[/?=]", re.IGNORECASE
)
_HEADINGS = ("h2", "h3", "h4")
_BLOCKS = ("p", "div", "li", "ul", "section", "table", "h1", "h2", "h3")
_NEXT = 25
"""Elements after the headline among which its sub-title stands."""
_BEFORE = 12
_LEDE = 200
"""Characters of running text in a paragraph from which the body has begun."""
_SUBTITLE_LENGTH = (15, 400)
_KICKER_LENGTH = (2, 80)


def subtitle(after: Sequence[HtmlElement], box: HtmlElement | None, title: str) -> str:
    """A text between headline and body that its class calls one, or that is set as a lesser heading."""
    inside = box is not None and bool(after) and _holds(box, after[0])
    for element in after[1:_NEXT]:
        if element is box or (not inside and box is not None and _holds(box, element)) or running(element) > _LEDE:
            return ""
        is_heading = not inside and element.tag in _HEADINGS and element.find(".//a") is None
        if is_heading or _SUBTITLE.search(_name(element)):
            text = text_of(element)
            if element.tag not in _HEADINGS and is_prose(text):
                return ""  # a lede: running text, and the body's
            if _SUBTITLE_LENGTH[0] <= len(text) <= _SUBTITLE_LENGTH[1] and text.count(" ") > 1 and not _is_field(text):
                return "" if titles.same(text, title) else text
    return ""


def kicker(before: Sequence[HtmlElement], after: Sequence[HtmlElement], title: str) -> str:
    """The few words over a headline, where a class calls them so."""
    for element in (*before[:_BEFORE], *after[1:_BEFORE]):
        if _KICKER.search(_name(element)):
            text = "" if is_longer(element, _KICKER_LENGTH[1]) else text_of(element)
            if _KICKER_LENGTH[0] <= len(text) <= _KICKER_LENGTH[1] and not titles.same(text, title):
                return text
    return ""


def writers(before: Sequence[HtmlElement], after: Sequence[HtmlElement]) -> Iterable[str]:
    """Texts around the headline that name a writer: by class, by the address they link to, or by a label (كتب: …)."""
    for element in (*after[1:], *before):
        if is_longer(element, names.LONGEST):
            continue
        text = text_of(element)
        if not 3 < len(text) <= names.LONGEST or next(element.iterdescendants(*_BLOCKS), None) is not None:
            continue
        if names.is_labelled(text) or _WRITER.search(_name(element)) or _links_to_writer(element):
            name = names.clean_name(text)
            if names.is_person(name.split(" - ")[0]) or names.is_person(name.rsplit(" - ")[-1]):
                yield name


def _links_to_writer(element: HtmlElement) -> bool:
    return element.tag == "a" and _WRITER_ADDRESS.search(element.get("href") or "") is not None


def _name(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def _holds(box: HtmlElement, element: HtmlElement) -> bool:
    return any(above is box for above in element.iterancestors())


_DIGITS = re.compile(r"\d{1,2}[:/.\-]\d{1,2}|\d{4}")


def _is_field(text: str) -> bool:
    """Whether a short text is a date or a labelled name."""
    return len(text) <= names.LONGEST and (_DIGITS.search(text) is not None or names.is_labelled(text))
