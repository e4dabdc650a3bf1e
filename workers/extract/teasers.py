"""Teasers of other articles: a linked headline with a few lines of its text, several of a kind. Lists of them at the
side of an article are dropped; a page that holds nothing else is a listing."""

from __future__ import annotations

from collections import defaultdict

from lxml.html import HtmlElement

from workers.errors import Drop
from workers.extract.body import Running
from workers.extract.metadata import Metadata
from workers.extract.tree import is_longer, text_of

_MOST_AROUND = 260
"""Characters of headline, date and label beside a teaser's paragraph."""
_MOST_TEASER = 700
"""Characters of the paragraph; a longer one is no teaser."""
_LEVELS = 5
_HEADLINE = (15, 200)
"""Characters of a link that is a headline."""
_OF_A_KIND = 2
"""Teasers with the same tag and class from which they are a list."""
_LISTED = 0.75
"""Share of the page's running text that stands beside a linked headline of its own: a list of teasers."""


def is_listing(tree: HtmlElement, found: Metadata, running: Running) -> None:
    """Raise `Drop` for a list of teasers: nearly every paragraph has a linked headline beside it. Before pruning."""
    if found.ld or found.meta.get("og:type", "").lower() == "article":
        return
    boxes: dict[HtmlElement, list[int]] = {}
    for paragraph in tree.iter("p"):
        parent = paragraph.getparent()
        if parent is not None and (length := running(paragraph)):
            boxes.setdefault(parent, []).append(length)
    total = sum(map(sum, boxes.values()))
    listed = [sum(lengths) for box, lengths in boxes.items() if len(lengths) <= 2 and _has_headline(box)]
    if len(listed) >= 3 and sum(listed) >= _LISTED * total:
        raise Drop("not_article", f"listing: {len(listed)} teasers with linked headlines")


def _has_headline(box: HtmlElement) -> bool:
    return any(
        len(text_of(link)) >= _HEADLINE[0] and link.getparent().tag in ("h1", "h2", "h3", "h4", "h5", "div", "li")
        for link in box.iter("a")
    )


def drop(tree: HtmlElement, heading: HtmlElement | None, running: Running) -> None:
    """Remove the teasers that come several of a kind. What holds the page's own headline is none."""
    above = set() if heading is None else {heading, *heading.iterancestors()}
    for link in list(tree.iter("a")):
        if len(link) and link not in above and _is_whole_card(link) and link.getparent() is not None:
            link.drop_tree()
    kinds: dict[tuple[str, str | None], list[HtmlElement]] = defaultdict(list)
    for paragraph in tree.iter("p"):
        if (length := running(paragraph)) and length <= _MOST_TEASER:
            card = _card(paragraph, length, above)
            if card is not None:
                kinds[(str(card.tag), card.get("class"))].append(card)
    for cards in kinds.values():
        if len(set(cards)) >= _OF_A_KIND:
            for card in cards:
                if card.getparent() is not None:
                    card.drop_tree()


def _is_whole_card(link: HtmlElement) -> bool:
    """Whether the link is a teaser itself: it holds a paragraph of another article, and no whole article."""
    has_block = next(link.iter(*_BLOCKS), None) is not None
    return has_block and bool(link.get("href")) and is_longer(link, _HEADLINE[0]) and not is_longer(link, _MOST_TEASER)


_BLOCKS = ("p", "div", "h2", "h3", "h4", "h5", "section", "article")


def _card(paragraph: HtmlElement, length: int, above: set[HtmlElement]) -> HtmlElement | None:
    """The nearest element around the paragraph that also holds a linked headline, and little else."""
    element = paragraph
    for _ in range(_LEVELS):
        parent = element.getparent()
        if parent is None or parent in above or is_longer(parent, length + _MOST_AROUND):
            return None
        element = parent
        if any(_is_headline(link, paragraph) for link in element.iter("a")):
            return element
    return None


def _is_headline(link: HtmlElement, paragraph: HtmlElement) -> bool:
    """A link with a headline's length that is not a word of the paragraph itself."""
    if not link.get("href") or any(outer is paragraph for outer in link.iterancestors()):
        return False
    text = text_of(link)
    return _HEADLINE[0] <= len(text) <= _HEADLINE[1] and text.count(" ") > 1
