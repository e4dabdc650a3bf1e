"""Where terms stand: the one meaning of phrases and windows for SQLite, alerts and highlights.

A field's words are given as term → ascending positions. Elasticsearch's answers are held equal to these by tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from workers.search import tree

Positions = Mapping[str, Sequence[int]]


def starts(words: Positions, sequence: tree.Sequence) -> list[int]:
    """Ascending positions at which `sequence` begins."""
    found: Sequence[int] | None = None
    for term, offset in sequence.terms:
        places = words.get(term)
        if not places:
            return []
        found = places if found is None else _both(found, places, offset)
    return list(found or ())


def _both(found: Sequence[int], places: Sequence[int], offset: int) -> list[int]:
    known = set(places)
    return [place for place in found if place + offset in known]


def holds(words: Positions, window: tree.Window) -> bool:
    """Whether the parts of `window` stand close enough somewhere."""
    return next(spans(words, window), None) is not None


def spans(words: Positions, window: tree.Window) -> Iterator[tuple[int, ...]]:
    """For each way to meet `window` that is found, the start of each part, in the order of parts."""
    places = [starts(words, part) for part in window.parts]
    if not all(places):
        return
    lengths = [part.length for part in window.parts]
    yield from (_ordered if window.ordered else _unordered)(places, lengths, window.distance)


def _ordered(places: list[list[int]], lengths: list[int], distance: int) -> Iterator[tuple[int, ...]]:
    """Each next part at its first place after the one before: the narrowest window from a given first place."""
    for first in places[0]:
        chosen = [first]
        for part in range(1, len(places)):
            end = chosen[-1] + lengths[part - 1]
            following = next((place for place in places[part] if place >= end), None)
            if following is None:
                return
            chosen.append(following)
        gaps = sum(right - left - lengths[i] for i, (left, right) in enumerate(pairwise(chosen)))
        if gaps <= distance:
            yield tuple(chosen)


def _unordered(places: list[list[int]], lengths: list[int], distance: int) -> Iterator[tuple[int, ...]]:
    """Move the earliest part on until it runs out: meets the narrowest window on the way."""
    at = [0] * len(places)
    while True:
        chosen = [part[i] for part, i in zip(places, at, strict=True)]
        end = max(place + length for place, length in zip(chosen, lengths, strict=True))
        if end - min(chosen) - sum(lengths) <= distance:
            yield tuple(chosen)
        earliest = chosen.index(min(chosen))
        at[earliest] += 1
        if at[earliest] == len(places[earliest]):
            return


def edits(left: str, right: str, limit: int) -> bool:
    """Whether `left` and `right` are at most `limit` apart: optimal string alignment, as Lucene's fuzzy query."""
    if abs(len(left) - len(right)) > limit:
        return False
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit and (not before or min(before) > limit):
            return False
    return row[-1] <= limit
