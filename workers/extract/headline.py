"""Where the article's headline stands, and what its place tells: dates and other articles around it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.html import HtmlElement

from workers.extract import titles
from workers.extract.body import Running
from workers.extract.tree import is_longer, text_of

_TAGS = ("h1", "h2", "h3", "h4", "div", "span", "p", "strong", "b", "a", "td", "font")
_LONGEST = 400
"""Characters; no headline is longer."""
_MARKS = 20
"""Characters of punctuation that a headline may have more than the title."""
_AROUND = 60
"""Elements before and after the headline in which its date and byline stand."""
_SHORT_TEXT = (6, 120)
"""Characters of a text that may be a date with its label."""
_FOLLOWERS = ("h1", "h2", "h3")
_RUNNING_TAGS = ("p", "blockquote", "li")
_AN_ARTICLE = 220
"""Characters of running text from which a headline and what follows it are an article of their own."""


def find(tree: HtmlElement, title: str) -> HtmlElement | None:
    """The element that is the headline: the h1 with the title's words, else the first element with nothing else."""
    if not title:
        return None
    first = None
    for element in tree.iter(*_TAGS):
        own = element.text
        if element.tag in ("h1", "h2") or (own and len(own.strip()) > 3 and len(own) <= _LONGEST):
            if (first is not None and element.tag != "h1") or is_longer(element, len(title) + _MARKS):
                continue
            if titles.same(text_of(element), title):
                if element.tag == "h1":
                    return element
                first = first if first is not None else element
    return first


def standing(tree: HtmlElement) -> Iterator[str]:
    """The texts that stand alone in an element outside the head."""
    for element in tree.iter("h1", "h2", "h3", "h4", "h5", "span", "div", "p", "td", "strong", "b", "a", "font"):
        if text := (element.text or "").strip():
            yield " ".join(text.split())


def window(tree: HtmlElement, heading: HtmlElement | None) -> tuple[list[HtmlElement], list[HtmlElement]]:
    """The elements before the headline, nearest first, and from it on: where its fields stand."""
    if heading is None:
        return [], []
    elements = list(tree.iter())
    at = elements.index(heading)
    return elements[max(0, at - _AROUND) : at][::-1], elements[at : at + _AROUND]


def dates(before: list[HtmlElement], after: list[HtmlElement]) -> Iterator[str]:
    """Short texts around the headline that may be dates, nearest first: where no markup says which is the date."""
    for element in (*after, *before):
        for text in (element.text, element.tail):
            if text and _SHORT_TEXT[0] <= len(text.strip()) <= _SHORT_TEXT[1]:
                yield text.strip()


def empty_run(heading: HtmlElement | None) -> None:
    """Empty the paragraph that a headline shares with its date and byline: a run of text and breaks in old markup.

    Its words have been read as fields; the element stays, because what follows it is found by its place.
    """
    block = None if heading is None else next(heading.iterancestors("p"), None)
    if block is None or heading is None or is_longer(block, len(text_of(heading)) + _MOST_FIELDS):
        return
    for element in block.iter():
        element.text = None
        if element is not block:
            element.tail = None


_MOST_FIELDS = 120
"""Characters of date, byline and counters in the same run as the headline."""


def drop_further(tree: HtmlElement, heading: HtmlElement | None, running: Running) -> None:
    """Remove whole further articles after the first: pages that load the next one below print its beginning too.

    One begins with a headline of its own (an h1, or one that is a link), holds running text only after that, and
    running text stands between the first headline and it. Sub-headings inside a body have text of the body before
    them in the same block, so that the body is no such block.
    """
    if heading is None:
        return
    above = set(heading.iterancestors())
    seen, prose = False, 0
    for element in list(tree.iter(*_FOLLOWERS, *_RUNNING_TAGS, heading.tag)):
        if element is heading:
            seen = True
        elif not seen or not _is_in(element, tree):
            continue
        elif element.tag in _RUNNING_TAGS:
            prose += running(element)
        elif prose >= _AN_ARTICLE and (block := _own_article(element, above, running)) is not None:
            block.drop_tree()


def _is_in(element: HtmlElement, tree: HtmlElement) -> bool:
    return any(above is tree for above in element.iterancestors())


def _own_article(headline: HtmlElement, above: set[HtmlElement], running: Running) -> HtmlElement | None:
    """The block of the further article that `headline` begins; None when it begins none."""
    text = text_of(headline)
    if len(text) < titles.TOO_SHORT or (headline.tag != "h1" and not _is_link(headline, text)):
        return None
    block = headline
    while (parent := block.getparent()) is not None and parent not in above:
        block = parent
    found = 0
    for element in block.iter(headline.tag, *_RUNNING_TAGS):
        if element is headline:
            if found:
                return None
        elif element.tag in _RUNNING_TAGS and running(element):
            if not found and not _follows(element, headline, block):
                return None
            found += running(element)
    return block if found >= _AN_ARTICLE else None


def _follows(element: HtmlElement, headline: HtmlElement, block: HtmlElement) -> bool:
    """Whether `element` comes after `headline` in the block's order."""
    for other in block.iter(element.tag, headline.tag):
        if other is headline:
            return True
        if other is element:
            return False
    return False


def _is_link(headline: HtmlElement, text: str) -> bool:
    link = headline.find(".//a")
    if link is None:
        parent = headline.getparent()
        link = parent if parent is not None and parent.tag == "a" else None
    return link is not None and bool(link.get("href")) and len(text_of(link)) >= len(text) - 3
