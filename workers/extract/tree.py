"""HTML to a tree that is safe and cheap to work on: parsed once, bounded, layout tables opened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HtmlProcessingInstruction, fromstring

from workers.errors import Drop
from workers.settings import ExtractSettings

_PREFORMATTED = re.compile(rb"<pre\b", re.IGNORECASE)
_NO_TEXT = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D))
_CONTROLS = bytes.maketrans(_NO_TEXT, b" " * len(_NO_TEXT))
_SPACES = bytes.maketrans(bytes(range(0x20)), b" " * 0x20)
"""A line break in the source is a space to a reader; made one before parsing, where it costs least."""
_INERT = ("script", "style", "template", "svg", "link", "object", "canvas", "map", "datalist")
"""Elements that never hold article text. trafilatura drops them too, after having copied them."""
_BLOCKS = frozenset(
    ("p", "div", "h1", "h2", "h3", "h4", "table", "ul", "ol", "blockquote", "article", "section", "form")
)
_TEXT_LEAF = 30
"""Characters of text from which a div without blocks is taken for a paragraph."""
_HEADING = 80
"""Characters of the longest sub-heading."""
_LONG_HEADING = 90
"""Characters from which a heading that ends a sentence is a paragraph."""
_TABLE_PARTS = frozenset(("table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "center"))
_LONG_CELL = 240
"""Characters: no cell of a table of figures is longer, nearly every body set in a table cell is."""


def parse(html: str, settings: ExtractSettings) -> HtmlElement:
    """The page's tree. Raises `Drop` for an empty page and for one beyond the settings' size, count or nesting."""
    if len(html) > settings.max_chars:
        raise Drop("not_article", f"page too large: {len(html)} characters")
    data = html.encode("utf-8", "replace")
    data = data.translate(_CONTROLS if _PREFORMATTED.search(data) else _SPACES)
    try:
        tree = fromstring(data, parser=_parser())
    except (etree.ParserError, etree.XMLSyntaxError):
        raise Drop("not_article", "empty page") from None
    _guard(tree, settings)
    return tree


def _parser() -> etree.HTMLParser:
    """As `lxml.html.HTMLParser`, but every element is a plain HtmlElement: choosing forms' own classes is done in
    Python for each element that is touched, and was a tenth of the extraction's time."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(_PLAIN)
    return parser


_PLAIN = etree.ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment, pi=HtmlProcessingInstruction)


def _guard(tree: HtmlElement, settings: ExtractSettings) -> None:
    """Count elements and nesting: work on a tree grows faster than its size, and hostile pages know that."""
    count = int(tree.xpath("count(//*)"))
    if count > settings.max_elements:
        raise Drop("not_article", f"pathological page: {count} elements")
    if tree.xpath(f"boolean(//*[count(ancestor::*) > {settings.max_depth}])"):
        raise Drop("not_article", f"pathological page: nested deeper than {settings.max_depth}")


def slim(tree: HtmlElement) -> None:
    """Drop what never holds text, open layout tables, name paragraphs; in place. Read JSON-LD before."""
    etree.strip_elements(tree, *_INERT, with_tail=False)
    _forget_borders(tree)
    for table in [table for table in tree.iter("table") if is_layout(table)]:
        for part in [table, *_parts(table)]:
            part.tag = "div"
    holders = _holders(tree)
    _open_spans(tree, holders)
    _wrap_runs(tree, holders)
    _split_at_breaks(tree, holders)
    _leaves_to_paragraphs(tree, _holders(tree))
    _long_headings_to_paragraphs(tree)
    _bold_to_headings(tree)


def _forget_borders(tree: HtmlElement) -> None:
    """A border says nothing of an element's role, but trafilatura's precision mode drops what has one.

    Editors paste `border: 0px` with every paragraph; table layouts carry `border-collapse`.
    """
    for element in tree.xpath("//*[contains(@style, 'border')]"):
        style = element.get("style").replace(" ", "")
        element.set("style", "display:none" if "display:none" in style else "")


def _holders(tree: HtmlElement) -> set[HtmlElement]:
    """The elements that hold a block at any depth. Asked once a tree: asking each element looks at most of it again."""
    found: set[HtmlElement] = set()
    for block in tree.iter(*_BLOCKS):
        for above in block.iterancestors():
            if above in found:
                break
            found.add(above)
    return found


def _open_spans(tree: HtmlElement, holders: set[HtmlElement]) -> None:
    """An inline element around blocks is a container: it becomes one, or its text would count as one run."""
    for element in [e for e in tree.iter("span", "font", "center", "b", "strong") if e in holders]:
        element.tag = "div"


def _wrap_runs(tree: HtmlElement, holders: set[HtmlElement]) -> None:
    """Text that stands between blocks, in no element of its own, gets a paragraph (old editors, pasted text)."""
    for element in list(tree.iter("div", "section", "article", "td", "main")):
        if element in holders and _has_bare_run(element, holders):
            _wrap(element, holders)


def _has_bare_run(element: HtmlElement, holders: set[HtmlElement]) -> bool:
    """Whether some run of text and inline elements, links aside, is long enough for a paragraph."""
    length = len((element.text or "").strip())
    for child in element:
        if child.tag in _BLOCKS or child in holders:
            if length >= _TEXT_LEAF:
                return True
            length = 0
        elif child.tag != "a":
            length += len(text_of(child))
        length += len((child.tail or "").strip())
    return length >= _TEXT_LEAF


def _wrap(element: HtmlElement, holders: set[HtmlElement]) -> None:
    children = list(element)
    run = element.makeelement("p")
    run.text, element.text = element.text, None
    for child in children:
        if child.tag in _BLOCKS or child in holders:
            _close(element, run)
            run = element.makeelement("p")
            run.text, child.tail = child.tail, None
            element.append(child)
        else:
            run.append(child)
    _close(element, run)


def _close(element: HtmlElement, run: HtmlElement) -> None:
    if len(run) or (run.text or "").strip():
        element.append(run)


def _leaves_to_paragraphs(tree: HtmlElement, holders: set[HtmlElement]) -> None:
    """A div that holds text and no blocks is a paragraph, for editors that write no <p>; lists of links are not.

    A short one beside a paragraph is one too: a sub-heading, or a boilerplate line that cleaning should see.
    """
    beside = set()
    short = []
    for element in tree.iter("div"):
        if element in holders:
            continue
        length = len(text_of(element))
        linked = sum(len(text_of(link)) for link in element.iter("a"))
        if length >= _TEXT_LEAF and linked * 2 < length:
            element.tag = "p"
            beside.add(element.getparent())
        elif length and linked * 2 < length:
            short.append(element)
    for element in short:
        if element.getparent() in beside:
            element.tag = "p"


def _long_headings_to_paragraphs(tree: HtmlElement) -> None:
    """No heading is so long and ends like a sentence: editors set whole paragraphs as headings for their size."""
    for element in list(tree.iter("h2", "h3", "h4", "h5", "h6")):
        if is_longer(element, _HEADING) and len(text := text_of(element)) > _LONG_HEADING and text[-1] in ".؟!…»":
            element.tag = "p"


def _bold_to_headings(tree: HtmlElement) -> None:
    """A short paragraph that is bold throughout and ends no sentence is a sub-heading."""
    for bold in list(tree.iter("strong", "b")):
        parent = bold.getparent()
        text = text_of(bold)
        if parent is None or parent.tag != "p" or not 2 < len(text) <= _HEADING or text[-1] in ".،؛,!":
            continue
        if text_of(parent) == text and parent.getnext() is not None and parent.find(".//a") is None:
            parent.tag = "h3"


def _split_at_breaks(tree: HtmlElement, holders: set[HtmlElement]) -> None:
    """A paragraph whose parts stand apart by doubled line breaks is several paragraphs."""
    broken = Counter(line_break.getparent() for line_break in tree.iter("br"))
    for element, times in broken.items():
        if times > 1 and element.tag in ("p", "div", "td", "span") and element not in holders and _is_doubled(element):
            _split(element)


def _is_doubled(element: HtmlElement) -> bool:
    return any(
        child.tag == "br"
        and not (child.tail or "").strip()
        and (after := child.getnext()) is not None
        and after.tag == "br"
        for child in element
    )


def _split(element: HtmlElement) -> None:
    children = list(element)
    part = element.makeelement("p")
    part.text, element.text = element.text, None
    for child in children:
        after = child.getnext()
        if child.tag == "br" and not (child.tail or "").strip() and after is not None and after.tag == "br":
            element.remove(child)
            _close(element, part)
            part = element.makeelement("p")
        else:
            part.append(child)
    _close(element, part)
    element.tag = "div"


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


def is_longer(element: HtmlElement, than: int) -> bool:
    """Whether the element's text has more characters; stops reading when it has (hostile pages make it long)."""
    length = 0
    for text in element.itertext():
        length += len(text.strip())
        if length > than:
            return True
    return False


def text_of(element: HtmlElement) -> str:
    """The element's text on one line."""
    # Serialising costs half of what joining `itertext` does; it is called for every element that may matter.
    return " ".join(str(etree.tostring(element, method="text", encoding="unicode", with_tail=False)).split())
