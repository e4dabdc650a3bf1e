"""Which element holds the article, by where the running text stands: for pages whose markup does not name it.

Every paragraph gives its length to its parent and half of it to its grandparent; the element that gathers most is the
body. trafilatura then works on that alone: it cannot be misled by the rest of the page, and has less to do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from itertools import takewhile

from lxml.html import HtmlElement

from workers.extract.tree import text_of

Running = Callable[[HtmlElement], int]
"""`running`, remembered for the elements of one page: five steps ask for the same paragraphs."""
_PARAGRAPHS = ("p", "blockquote", "li")
_PARAGRAPH = 60
"""Characters from which a paragraph counts as running text."""
_ENOUGH = 400
"""Characters of running text below which no container is believed."""
_ENOUGH_BELOW = 120
"""Of running text below a headline that was found: a flash is one paragraph."""
_SHARE = 0.8
"""Of the running text around the headline, the container's share; a smaller one gives way to what stands around it."""
_SENTENCE = re.compile(r"[.،؛؟!,]")


def find(tree: HtmlElement, heading: HtmlElement | None, running: Running) -> list[HtmlElement]:
    """The elements to extract from: the lede where it stands apart, then the nearest named container around the
    running text, or the one that holds it.

    Empty when the text is too little or scattered: then the whole page is to be looked at.
    """
    prose = _Prose(tree, heading, running)
    densest = _densest(prose, tree, heading)
    if densest is None:
        return []
    above = set(() if heading is None else heading.iterancestors())
    around = (e for e in (densest, *densest.iterancestors()) if e not in above and e.tag not in ("body", "html"))
    length = prose.within(densest)
    box = next((e for e in around if _is_named(e) and prose.within(e) == length), densest)
    return [*_lede(prose, box, heading), box]


def _lede(prose: _Prose, box: HtmlElement, heading: HtmlElement | None) -> list[HtmlElement]:
    """The running paragraphs between headline and body: a lede that is set in a block of its own."""
    inside = set(box.iter(*_PARAGRAPHS))
    if heading is None or inside.isdisjoint(prose.lengths):
        return []
    before = [p for p in takewhile(lambda p: p not in inside, prose.lengths) if is_prose(text_of(p))]
    is_short = sum(prose.lengths[paragraph] for paragraph in before) <= _LEDE_SHARE * prose.within(box)
    return before if is_short else []


def is_prose(text: str) -> bool:
    """Whether it is long enough for a sentence, ends like one and is no line of dates and counters."""
    return len(text) >= _PARAGRAPH and _ENDED.search(text) is not None and _CLOCK.search(text) is None


_ENDED = re.compile(r"[.!؟?…][»”\"')\]]*$")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_LEDE_SHARE = 0.5
"""Of the body's running text, what a lede has at most."""


def has_running_text(tree: HtmlElement, running: Running) -> bool:
    """Whether there is one paragraph of running text at all."""
    return any(running(paragraph) for paragraph in tree.iter("p", "blockquote", "li", "td", "pre"))


def _is_named(element: HtmlElement) -> bool:
    if element.tag in ("article", "main") or element.get("itemprop") == "articleBody":
        return True
    name = f"{element.get('id', '')} {element.get('class', '')}"
    return _NAMES.search(name) is not None


class _Prose:
    """The running text of a tree's paragraphs, each measured once.

    With a headline only what comes after it: cookie notices, tickers and lead stories stand before. Where nothing
    comes after it (a headline below its text, a wrong one) all of it counts.
    """

    def __init__(self, tree: HtmlElement, heading: HtmlElement | None, running: Running) -> None:
        before: dict[HtmlElement, int] = {}
        after: dict[HtmlElement, int] = {}
        lengths = before
        for element in tree.iter(*_PARAGRAPHS) if heading is None else tree.iter(*_PARAGRAPHS, heading.tag):
            if element is heading:
                lengths = after
            elif element.tag in _PARAGRAPHS and (length := running(element)):
                lengths[element] = length
        above, below = sum(before.values()), sum(after.values())
        self.lengths = after if above < _SOME_BEFORE * (above + below) else before | after

    def within(self, element: HtmlElement) -> int:
        """Characters of running text in the element."""
        return sum(self.lengths.get(paragraph, 0) for paragraph in element.iter(*_PARAGRAPHS))


_SOME_BEFORE = 0.7
"""Of the page's running text; more before the headline means that the article stands there."""


def _densest(prose: _Prose, tree: HtmlElement, heading: HtmlElement | None) -> HtmlElement | None:
    gathered: dict[HtmlElement, float] = defaultdict(float)
    for paragraph, length in prose.lengths.items():
        parent = paragraph.getparent()
        above = None if parent is None else parent.getparent()
        for element, share in ((parent, 1.0), (above, 0.5)):
            if element is not None:
                gathered[element] += length * share
    if sum(prose.lengths.values()) < (_ENOUGH if heading is None else _ENOUGH_BELOW):
        return None
    best: HtmlElement | None = max(gathered, key=lambda element: gathered[element])
    total = _from_there_on(prose, best, _around(best, heading, tree), heading)
    while best is not None and best.tag not in ("html", "body"):
        if prose.within(best) >= _SHARE * total and not _has_twin(best, prose):
            return best
        best = best.getparent()
    return None


def _from_there_on(prose: _Prose, best: HtmlElement | None, around: HtmlElement, heading: HtmlElement | None) -> int:
    """Running text around the headline without what stands between it and the densest element: that is the lede's."""
    total = prose.within(around)
    if best is None or heading is None:
        return total
    inside, shown = set(best.iter(*_PARAGRAPHS)), set(around.iter(*_PARAGRAPHS))
    before = takewhile(lambda paragraph: paragraph not in inside, prose.lengths)
    lede = sum(prose.lengths[paragraph] for paragraph in before if paragraph in shown)
    return total - lede if lede <= _LEDE_SHARE * prose.within(best) else total


def _around(best: HtmlElement | None, heading: HtmlElement | None, tree: HtmlElement) -> HtmlElement:
    """The smallest element that holds both the headline and the densest text: what is outside is not the article."""
    if best is None or heading is None:
        return tree
    above = set(heading.iterancestors())
    return next((e for e in (best, *best.iterancestors()) if e in above), tree)


def _has_twin(element: HtmlElement, prose: _Prose) -> bool:
    """Whether a sibling of the same tag and class holds running text too: a body in parts, with ads between."""
    name = (element.tag, element.get("class"))
    beside = (*element.itersiblings(), *element.itersiblings(preceding=True))
    return any((other.tag, other.get("class")) == name and prose.within(other) for other in beside)


_NAMES = re.compile(
    r"(?:^|\s|[-_])(?:article|entry|post|story|news|single|field|content|detail)s?[-_]{0,2}(?:body|content|text|main|details?)"
    r"|(?:^|\s)(?:articleBody|body-text|fulltext|article|story)(?:\s|$)",
    re.IGNORECASE,
)
"""How themes name the element around an article's text."""


def running(paragraph: HtmlElement) -> int:
    """The paragraph's length when it is running text, else 0: short, without a sentence's marks, or mostly links."""
    text = text_of(paragraph)
    if len(text) < _PARAGRAPH or not _SENTENCE.search(text):
        return 0
    linked = sum(len(text_of(link)) for link in paragraph.iter("a"))
    return len(text) if linked * 2 < len(text) else 0
