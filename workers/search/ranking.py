"""How found articles are put in order: the same weights for both indexes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from workers.search.tree import DEFAULT_FIELDS, And, Boost, Not, Or, Query, Sequence, Window

LEDE = "lede"
"""A copy of the first paragraph, for ranking only: what matches it matches `body` too."""

_EXACT = ("title", "body")
"""Fields whose exact words count in ranking, where they are asked at all."""
MOST_TYPED = 8
"""Words of a query whose exact form counts."""

WEIGHTS: Mapping[str, float] = {
    "title": 4.0,
    "subtitle": 2.0,
    LEDE: 2.0,
    "body": 1.0,
    "caption": 0.7,
    "byline": 1.0,
    "credit": 0.5,
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a match counts, by field and by age."""

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    freshness: float = 0.25
    """The share that a just published article gains over an old one of the same words."""
    half_life: float = 7 * 86400.0
    """Seconds after which half of that share is gone."""
    proximity: float = 1.0
    """What all words of a query standing together count, beside the words themselves; 0: nothing."""
    together: int = 8
    """Other words among them at most."""

    def weight(self, name: str) -> float:
        """What a match in the field `name` counts; names of persons and the like count 1."""
        return self.weights.get(name, 1.0)


def ranked_fields(fields: tuple[str, ...]) -> tuple[str, ...]:
    """`fields` and the lede where the body is among them."""
    return (*fields, LEDE) if "body" in fields else fields


def together(query: Query, ranking: Ranking) -> Window | None:
    """The plain words of `query` as written as one window, or None where it has fewer than two or more than eight.

    Other spellings are alternatives behind what was written (`expand`): nothing has all of them side by side.
    """
    if ranking.proximity <= 0:
        return None
    words = [leaf for leaf in _first(query) if isinstance(leaf, Sequence) and leaf.form == "stem"]
    words = [leaf for leaf in dict.fromkeys(words) if leaf.fields == DEFAULT_FIELDS]
    return Window(("title", "body"), "stem", tuple(words), ranking.together) if 2 <= len(words) <= 8 else None


def as_typed(query: Query) -> list[Sequence]:
    """The words and phrases of `query` in the exact form in which they were asked for: not what they inflect to."""
    leaves = [inner for leaf in _first(query) for inner in (leaf.parts if isinstance(leaf, Window) else (leaf,))]
    found = []
    for leaf in dict.fromkeys(leaves):
        if isinstance(leaf, Sequence) and leaf.printed:
            fields = tuple(name for name in leaf.fields if name in _EXACT) or leaf.fields
            found.append(Sequence(fields, "exact", leaf.printed))
    return found[:MOST_TYPED]


def _first(query: Query) -> Iterator[Query]:
    """The leaves that speak for a match, of alternatives the first one's."""
    match query:
        case Or(parts):
            yield from _first(parts[0])
        case And(parts):
            for part in parts:
                yield from _first(part)
        case Boost(part, _):
            yield from _first(part)
        case Not():
            return
        case _:
            yield query
