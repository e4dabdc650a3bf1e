"""Where terms stand: the one meaning of phrases and windows for SQLite, alerts and highlights.

A field's words are given as term → ascending positions. Elasticsearch's answers are held equal to these by tests.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from workers.search import tree

Positions = Mapping[str, Sequence[int]]


def starts(words: Positions, sequence: tree.Sequence) -> Sequence[int]:
    """Ascending positions at which `sequence` begins."""
    terms = sequence.terms
    if len(terms) == 1:
        return words.get(terms[0][0], ())
    places = [(words.get(term, ()), offset) for term, offset in terms]
    rarest, back = min(places, key=_number)
    found = [place - back for place in rarest]
    for others, offset in places:
        if found and (others is not rarest or offset != back):
            there = _quick(others)
            found = [place for place in found if place + offset in there]
    return found


def _number(places: tuple[Sequence[int], int]) -> int:
    return len(places[0])


def _quick(places: Sequence[int]) -> Container[int]:
    """A set is only worth making where a word stands often."""
    return places if len(places) < _MANY else frozenset(places)


_MANY = 12


def holds(words: Positions, window: tree.Window) -> bool:
    """Whether the parts of `window` stand close enough somewhere."""
    if len(window.parts) > 2:
        return next(spans(words, window), None) is not None
    first, second = (starts(words, part) for part in window.parts)
    return apart(first, second, *reach(window))


def reach(window: tree.Window) -> tuple[int, int]:
    """How far behind the start of the first of two parts the second one may start: at least, at most."""
    one, other = (part.length for part in window.parts)
    return (one if window.ordered else -window.distance - other), window.distance + one


def apart(first: Sequence[int], second: Sequence[int], low: int, high: int) -> bool:
    """Whether a place of `second` is from `low` to `high` behind one of `first`; both ascend."""
    if len(first) > len(second):
        first, second, low, high = second, first, -high, -low
    for place in first:
        at = bisect_left(second, place + low)
        if at < len(second) and second[at] <= place + high:
            return True
    return False


def spans(words: Positions, window: tree.Window) -> Iterator[tuple[int, ...]]:
    """For each way to meet `window` that is found, the start of each part, in the order of parts."""
    places = [starts(words, part) for part in window.parts]
    if not all(places):
        return
    lengths = [part.length for part in window.parts]
    yield from (_ordered if window.ordered else _unordered)(places, lengths, window.distance)


def _ordered(places: list[Sequence[int]], lengths: list[int], distance: int) -> Iterator[tuple[int, ...]]:
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


def _unordered(places: list[Sequence[int]], lengths: list[int], distance: int) -> Iterator[tuple[int, ...]]:
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
    return OSA.distance(left, right, score_cutoff=limit) <= limit


def any_close(term: str, words: Iterable[str], limit: int) -> bool:
    """Whether one of `words` is at most `limit` edits from `term`."""
    return process.extractOne(term, words, scorer=OSA.distance, score_cutoff=limit) is not None


def close_pairs(words: Sequence[str], terms: Sequence[str], limit: int) -> Iterator[tuple[str, int, int]]:
    """Each of `words` with the index of each of `terms` that is at most `limit` edits away, and with the edits.

    Comparing all with all in one call, 0.02 µs a pair, was quicker than an index of the terms with letters left out
    (0.2 against 0.12 ms for a dozen words and 128 terms); a table is only worth setting up for several words.
    """
    if len(words) < _SEVERAL:
        for word in words:
            for _, far, at in process.extract(word, terms, scorer=OSA.distance, score_cutoff=limit, limit=None):
                yield word, at, int(far)
        return
    for first in range(0, len(words), _AT_ONCE):
        rows = words[first : first + _AT_ONCE]
        table = process.cdist(rows, terms, scorer=OSA.distance, score_cutoff=limit, dtype=np.uint8)
        for row, at in np.argwhere(table <= limit).tolist():
            yield rows[row], at, int(table[row, at])


_SEVERAL = 5
_AT_ONCE = 1_000
"""Rows of a table: with a thousand terms it has a megabyte."""
