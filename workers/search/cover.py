"""What must stand in an article for a query to match it: the filter in front of thousands of rules.

`cover` gives anchors of which at least one is in every article that matches: of an AND the cheapest part's, of an OR
those of all parts, of a NOT none. An article is looked up by its words, and only rules with an anchor in it are judged.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Literal, NamedTuple, get_args

from workers.arabic.frequency import rarity, stem
from workers.search.tree import (
    NAME_FIELDS,
    And,
    Boost,
    Close,
    Keyword,
    MatchAll,
    Not,
    Nothing,
    Or,
    Query,
    Range,
    Sequence,
    StartsWith,
    Window,
    children,
)

WordKind = Literal["stem", "exact", "names_stem", "names_exact"]
WORD_KINDS: tuple[WordKind, ...] = get_args(WordKind)
SHORT_FIELDS = {"title": 0.15, "subtitle": 0.15, "caption": 0.1, "byline": 0.05, "credit": 0.05}
SHORT_FIELDS |= dict.fromkeys(NAME_FIELDS, 0.3)
"""Fields that hold few of an article's words: a leaf that asks one of them alone is anchored there. The numbers say how
much seldomer a word stands there than anywhere; they only order anchors."""


class Anchor(NamedTuple):
    """One thing that an article may hold."""

    kind: str
    """A `WordKind`, `stem@title` and the like for one of `SHORT_FIELDS`, or `keyword`."""
    value: str
    test: Literal["is", "starts", "close"] = "is"
    field: str = ""
    """The keyword field; its `value` is empty where any value will do."""
    distance: int = 0


Share = Callable[[str], float]
"""The share of articles that hold a word; only the order matters."""


@cache
def share(word: str) -> float:
    """The share of articles with a word of this stem, counted over 20,000 articles (`workers.arabic.frequency`)."""
    return math.exp(-rarity(stem(word)))


_TEST_SHARE = 0.04
"""Of a prefix or a fuzzy word; measured over generated rules on 400 articles: 0.02 to 0.06."""


def cover(query: Query, shares: Share = share) -> tuple[Anchor, ...] | None:
    """The cheapest anchors of a resolved `query`; None when an article may match without any known word."""
    found = _cover(query, shares)
    return None if found is None else found[1]


_Cover = tuple[float, tuple[Anchor, ...]]


def _cover(query: Query, shares: Share) -> _Cover | None:
    match query:
        case And(parts) | Window(parts=parts):
            return _cheapest([_cover(part, shares) for part in parts])
        case Or(parts):
            return _union([_cover(part, shares) for part in parts])
        case Boost(part, _) | Not(Not(part)):
            return _cover(part, shares)
        case _:
            return _leaf_cover(query, shares)


def _leaf_cover(query: Query, shares: Share) -> _Cover | None:
    match query:
        case Nothing():
            return 0.0, ()
        case Sequence(terms=terms):
            return min((shares(term) * _seldom(query), (Anchor(place_of(query), term),)) for term, _ in terms)
        case StartsWith(prefix=prefix):
            return _TEST_SHARE * _seldom(query), (Anchor(place_of(query), prefix, "starts"),)
        case Close(term=term, distance=distance):
            return _TEST_SHARE * _seldom(query), (Anchor(place_of(query), term, "close", distance=distance),)
        case Keyword(field, values):
            held = 0.001 if field in {"entity", "id", "story", "duplicate_of"} else 0.1
            return held, tuple(Anchor("keyword", value, field=field) for value in values or ("",))
    return None


def words_of(leaf: Sequence | Window | StartsWith | Close) -> WordKind:
    """Which words of an article `leaf` asks: names or the article's own text, stems or exact forms."""
    if leaf.fields[0] not in NAME_FIELDS:
        return leaf.form
    return "names_stem" if leaf.form == "stem" else "names_exact"


def place_of(leaf: Sequence | Window | StartsWith | Close) -> str:
    """Where to look for the words of `leaf`: among all of a kind, or in the one short field that it asks."""
    if len(leaf.fields) == 1 and leaf.fields[0] in SHORT_FIELDS:
        return f"{leaf.form}@{leaf.fields[0]}"
    return words_of(leaf)


def _seldom(leaf: Sequence | StartsWith | Close) -> float:
    return SHORT_FIELDS.get(leaf.fields[0], 1.0) if len(leaf.fields) == 1 else 1.0


def _cheapest(covers: list[_Cover | None]) -> _Cover | None:
    return min((found for found in covers if found is not None), default=None)


def _union(covers: list[_Cover | None]) -> _Cover | None:
    known = [found for found in covers if found is not None]
    if len(known) < len(covers):
        return None
    anchors = tuple(dict.fromkeys(anchor for _, anchors in known for anchor in anchors))
    return sum(cost for cost, _ in known), anchors


def matches_everything(query: Query) -> bool:
    """Whether `query`, written or resolved, holds for an article without its words: `*`, `NOT a`, `date:>2020`."""
    match query:
        case Not(part):
            return not matches_everything(part)
        case And():
            return all(matches_everything(part) for part in children(query))
        case Or() | Boost():
            return any(matches_everything(part) for part in children(query))
        case Keyword(field, ()):
            return field in {"outlet", "language", "id", "feed", "method", "story"}
    return isinstance(query, MatchAll | Range)
