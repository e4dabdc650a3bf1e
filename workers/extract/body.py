"""Which element holds the article, by where the running text stands: for pages whose markup does not name it.

Every paragraph gives its length to its parent and half of it to its grandparent; the element that gathers most is the
body. trafilatura looks for a named container first; where it finds none it takes the whole page, footers included.
"""

from __future__ import annotations

import re
from collections import defaultdict

from lxml.html import HtmlElement
from trafilatura.xpaths import BODY_XPATH

from workers.extract.tree import text_of

_PARAGRAPH = 60
"""Characters from which a paragraph counts as running text."""
_ENOUGH = 400
"""Characters of running text below which no container is believed."""
_SHARE = 0.6
"""The container must hold this share of the page's running text, or the page is left whole."""
_SENTENCE = re.compile(r"[.،؛؟!,]")


def is_named(tree: HtmlElement) -> bool:
    """Whether the markup names a container that trafilatura will take."""
    return any(path(tree) for path in BODY_XPATH)


def container(tree: HtmlElement) -> HtmlElement | None:
    """The element around the running text, or None when the text is too little or scattered."""
    gathered: dict[HtmlElement, float] = defaultdict(float)
    total = 0.0
    for paragraph in tree.iter("p", "blockquote", "li"):
        length = _running(paragraph)
        if not length:
            continue
        total += length
        parent = paragraph.getparent()
        if parent is not None:
            gathered[parent] += length
            if parent.getparent() is not None:
                gathered[parent.getparent()] += length / 2
    if total < _ENOUGH:
        return None
    best = max(gathered, key=lambda element: gathered[element])
    return best if _prose(best) >= _SHARE * total and best.tag not in ("html",) else None


def _prose(element: HtmlElement) -> float:
    return sum(_running(p) for p in element.iter("p", "blockquote", "li"))


def _running(paragraph: HtmlElement) -> int:
    """The paragraph's length when it is running text, else 0: short, without a sentence's marks, or mostly links."""
    text = text_of(paragraph)
    if len(text) < _PARAGRAPH or not _SENTENCE.search(text):
        return 0
    linked = sum(len(text_of(link)) for link in paragraph.iter("a"))
    return len(text) if linked * 2 < len(text) else 0
