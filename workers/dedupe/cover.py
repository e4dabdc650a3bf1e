"""How much of one text is found in another: the measure by which a reprint is believed.

This is the definition, over any sequences of words or word hashes. The Lua script of `store.duplicates` computes the
same beside the data and is tested against it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workers.settings import DedupeSettings

RUN = 3
"""Words that stand in the same order in both texts before they count as shared."""
SHINGLE = 5
"""Words a shingle of `Cover.verbatim`; five is usual for text reuse (research: performance, section 4)."""

SCATTERED = 0.25
"""Verbatim share below which shared runs may be the pattern of a kind of text; a fifth edited leaves about .33."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What of the smaller text is found in the other, 0..1."""

    verbatim: float
    """Share of its 5-word shingles."""
    aligned: float
    """Share of its words that lie in shared runs of three words or between two such runs at most `gap` apart in both
    texts. A reprint with a fifth of its words edited is near 1 wherever the edits are; a new report that repeats the
    background of an older one is covered in the background only."""
    places: tuple[int, ...]
    """Where the shared runs begin in the larger text, ascending."""


def is_reprint(found: Cover, settings: DedupeSettings) -> bool:
    """Whether what is shared makes one text a reprint of the other.

    Official statements follow patterns (a missile intercepted, a session opened): two of them on two events share many
    short runs in the same order, and hardly one of five words. Where so little is verbatim more must be aligned.
    """
    least = settings.aligned_alone if found.verbatim < SCATTERED else settings.aligned
    return found.verbatim >= settings.verbatim or found.aligned >= least


def cover(one: Sequence[Hashable], other: Sequence[Hashable], gap: int) -> Cover:
    """Compare two texts, words in order."""
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    if not small:
        return Cover(0.0, 0.0, ())
    runs = _shared(small, large)
    places = tuple(sorted(large_at for _, large_at in runs))
    return Cover(_verbatim(small, large), _aligned(runs, gap) / len(small), places)


def _grams(words: Sequence[Hashable], size: int) -> dict[tuple[Hashable, ...], list[int]]:
    found: dict[tuple[Hashable, ...], list[int]] = {}
    for i in range(len(words) - size + 1):
        found.setdefault(tuple(words[i : i + size]), []).append(i)
    return found


def _verbatim(small: Sequence[Hashable], large: Sequence[Hashable]) -> float:
    size = min(SHINGLE, len(small))
    known = _grams(large, size)
    total = len(small) - size + 1
    return sum(tuple(small[i : i + size]) in known for i in range(total)) / total


def _shared(small: Sequence[Hashable], large: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Places (small, large) of shared runs of three words; of several in the large text the one next in line."""
    known = _grams(large, RUN)
    runs: list[tuple[int, int]] = []
    for i in range(len(small) - RUN + 1):
        if at := known.get(tuple(small[i : i + RUN])):
            expected = runs[-1][1] + i - runs[-1][0] if runs else 0
            runs.append((i, min(at, key=lambda j: (abs(j - expected), j))))
    return runs


def _aligned(runs: list[tuple[int, int]], gap: int) -> int:
    covered = RUN if runs else 0
    for (i, j), (next_i, next_j) in pairwise(runs):
        near = next_i - i - RUN <= gap and -RUN < next_j - j <= gap + RUN
        covered += next_i - i if near else min(RUN, next_i - i)
    return covered
