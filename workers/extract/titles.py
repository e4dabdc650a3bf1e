"""Which of the page's titles is the article's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from workers.arabic.fold import fold
from workers.extract import jsonld

if TYPE_CHECKING:
    from workers.extract.metadata import Metadata

_WORD = re.compile(r"\w+")
_SEPARATED = re.compile(r"\s+[|\-–—•·:»«]{1,2}\s+|\s*\|\s*")


def choose(found: Metadata, feed_title: str, on_page: Callable[[], Iterable[str]]) -> str:
    """The heading that the page's other titles or the feed agree with, else the plainest of those.

    A page's h1 carries no site suffix but may be the site's name, a sidebar's or missing; og:title, headline and
    <title> say what the page is about but carry suffixes and search-engine wording. So the h1 that shares most words
    with the others wins. Without such an h1, a title's beginning that stands alone on the page (`on_page`) is it.
    """
    others = [feed_title, jsonld.text(found.ld.get("headline")), found.meta.get("og:title", ""),
              found.meta.get("twitter:title", ""), found.page_title]  # fmt: skip
    others = [title for title in others if title]
    best, score = "", 0.0
    for heading in found.headings:
        agreement = max((overlap(heading, title) for title in others), default=1.0)
        if agreement > score and len(heading) > TOO_SHORT:
            best, score = heading, agreement
    if score >= _AGREES:
        return best
    chosen = _standing_alone(others, on_page) or (_shortest_agreeing(others) if others else best)
    return _without_site(chosen, found.site_name)


_AGREES = 0.6
TOO_SHORT = 8
"""Characters; a shorter heading is a label or the site's name."""


def _standing_alone(others: list[str], on_page: Callable[[], Iterable[str]]) -> str:
    """A title, its beginning or its end at a separator, that is the whole of some element on the page."""
    wanted: dict[str, str] = {}
    for title in others:
        cuts = list(_SEPARATED.finditer(title))
        ends = [title, *(title[: cut.start()] for cut in reversed(cuts)), *(title[cut.end() :] for cut in cuts)]
        for part in (*ends, *sorted(_SEPARATED.split(title), key=len, reverse=True)):
            if len(part) > TOO_SHORT and sum(not word.isdigit() for word in _words(part)) > _FEW_WORDS:
                wanted.setdefault(fold(part).strip(), part.strip())
    if not wanted:
        return ""
    standing = {fold(text).strip() for text in on_page()}
    return next((title for key, title in wanted.items() if key in standing), "")


_FEW_WORDS = 2
"""A site's own name has no more; a headline has."""


def _without_site(title: str, site: str) -> str:
    """The title without the name that the page gives its site, before or behind it."""
    own = _words(site)
    parts = list(_SEPARATED.finditer(title))
    if own and parts and _words(title[parts[-1].end() :]) <= own:
        return title[: parts[-1].start()].strip() or title
    if own and parts and _words(title[: parts[0].start()]) <= own:
        return title[parts[0].end() :].strip() or title
    return title


def overlap(heading: str, title: str) -> float:
    """Share of the heading's words that stand in the title, folded; 0 for a heading that is the title's suffix only."""
    words = _words(heading)
    parts = [part for part in _SEPARATED.split(title) if part.strip()]
    if not words:
        return 0.0
    longest = max(parts, key=len, default="")
    if len(parts) > 1 and _words(longest) != words and any(_words(part) == words for part in parts[1:]):
        return 0.0
    return len(words & _words(title)) / len(words)


def _shortest_agreeing(others: list[str]) -> str:
    """The first title, unless a later one is the same without its suffix."""
    first = others[0]
    for title in others[1:]:
        if len(title) < len(first) and fold(first).startswith(fold(title)) and len(title) > TOO_SHORT:
            first = title
    return first


def _words(text: str) -> set[str]:
    return set(_WORD.findall(fold(text)))


def same(one: str, other: str) -> bool:
    """Whether two lines say the same title: the same words, punctuation aside."""
    return bool(one) and _WORD.findall(fold(one)) == _WORD.findall(fold(other))
