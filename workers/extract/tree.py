"""HTML to a tree that is safe and cheap to work on: parsed once, bounded, layout tables opened, whitespace collapsed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, fromstring

from workers.errors import Drop
from workers.settings import ExtractSettings

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SPACE = re.compile(r"\s+")
_NEEDS_COLLAPSE = re.compile(r"[\t\n\r\u00a0]|\s\s")
_INERT = ("script", "style", "template", "svg", "link", "object", "canvas", "map", "datalist")
"""Elements that never hold article text. trafilatura drops them too, after having copied them."""
_BLOCKS = frozenset(
    ("p", "div", "h1", "h2", "h3", "h4", "table", "ul", "ol", "blockquote", "article", "section", "form")
)
_TEXT_LEAF = 30
"""Characters of text from which a div without blocks is taken for a paragraph."""
_TABLE_PARTS = frozenset(("table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "center"))
_LONG_CELL = 240
"""Characters: no cell of a table of figures is longer, nearly every body set in a table cell is."""


def parse(html: str, settings: ExtractSettings) -> HtmlElement:
    """The page's tree. Raises `Drop` for an empty page and for one beyond the settings' size, count or nesting."""
    if len(html) > settings.max_chars:
        raise Drop("not_article", f"page too large: {len(html)} characters")
    data = _CONTROL.sub(" ", html).encode("utf-8", "replace")
    try:
        tree = fromstring(data, parser=HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True))
    except (etree.ParserError, etree.XMLSyntaxError):
        raise Drop("not_article", "empty page") from None
    _guard(tree, settings)
    return tree


def _guard(tree: HtmlElement, settings: ExtractSettings) -> None:
    """Count elements and nesting: work on a tree grows faster than its size, and hostile pages know that."""
    count = depth = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            count += 1
            depth += 1
            if count > settings.max_elements or depth > settings.max_depth:
                raise Drop("not_article", f"pathological page: {count} elements, nested {depth} deep")
        else:
            depth -= 1


def slim(tree: HtmlElement) -> None:
    """Drop what never holds text, open layout tables, collapse whitespace; in place. Read JSON-LD before."""
    etree.strip_elements(tree, *_INERT, with_tail=False)
    _forget_borders(tree)
    for table in [table for table in tree.iter("table") if is_layout(table)]:
        for part in [table, *_parts(table)]:
            part.tag = "div"
    _open_spans(tree)
    collapse(tree)
    _leaves_to_paragraphs(tree)


def _forget_borders(tree: HtmlElement) -> None:
    """A border says nothing of an element's role, but trafilatura's precision mode drops what has one.

    Editors paste `border: 0px` with every paragraph; table layouts carry `border-collapse`.
    """
    for element in tree.xpath("//*[contains(@style, 'border')]"):
        style = element.get("style").replace(" ", "")
        element.set("style", "display:none" if "display:none" in style else "")


def _open_spans(tree: HtmlElement) -> None:
    """An inline element around blocks is a container: it becomes one, or its text would count as one run."""
    for element in [e for e in tree.iter("span", "font", "center", "b", "strong") if _holds_block(e)]:
        element.tag = "div"


def _holds_block(element: HtmlElement) -> bool:
    return any(child.tag in _BLOCKS for child in element.iterdescendants())


def _leaves_to_paragraphs(tree: HtmlElement) -> None:
    """A div that holds text and no blocks is a paragraph (editors that write no <p>); lists of links stay what they are."""
    for element in tree.iter("div"):
        if not _holds_block(element) and len(text_of(element)) >= _TEXT_LEAF:
            linked = sum(len(text_of(link)) for link in element.iter("a"))
            if linked * 2 < len(text_of(element)):
                element.tag = "p"


def is_layout(table: HtmlElement) -> bool:
    """Whether a table only places things: it nests blocks, or one cell holds running text."""
    for element in table.iter():
        if element is not table and element.tag in _BLOCKS:
            return True
        if element.tag == "td" and len(text_of(element)) > _LONG_CELL:
            return True
    return False


def _parts(table: HtmlElement) -> Iterator[HtmlElement]:
    """The table's own rows and cells, not those of tables inside it (these are judged by themselves)."""
    for child in table:
        if child.tag in _TABLE_PARTS and child.tag != "table":
            yield child
            if child.tag not in ("td", "th", "caption"):
                yield from _parts(child)


def collapse(tree: HtmlElement) -> None:
    """One space for every run of whitespace, so that a source line break inside a paragraph is no new line."""
    for element in tree.iter():
        text, tail = element.text, element.tail
        if text and len(text) > 1 and _NEEDS_COLLAPSE.search(text) and element.tag != "pre":
            element.text = _SPACE.sub(" ", text)
        if tail and len(tail) > 1 and _NEEDS_COLLAPSE.search(tail):
            element.tail = _SPACE.sub(" ", tail)


def text_of(element: HtmlElement) -> str:
    """The element's text on one line."""
    return " ".join("".join(element.itertext()).split())
