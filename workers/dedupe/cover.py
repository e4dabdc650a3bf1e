"""How much of one text is found in another, from the places of the shared hashes.

This is the definition; the Lua script of `store.duplicates` does the same beside the data and is tested against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise


def cover(places: Iterable[int], size: int, gap: int) -> float:
    """Share 0..1 of a sketch of `size` hashes that lies in runs of shared hashes.

    `places` are the ordinals of the shared ones. Neighbours at most `gap` apart belong to one run, which covers what
    lies between them: a reprint with a fifth of its words edited keeps two 4-word shingles in five, evenly spread, and
    is covered whole; a stock phrase in an unrelated text covers itself only.
    """
    ordered = sorted(set(places))
    if not ordered or not size:
        return 0.0
    covered = len(ordered)
    for before, after in pairwise(ordered):
        if after - before <= gap:
            covered += after - before - 1
    return covered / size


def containment(one: Sequence[int], other: Sequence[int], gap: int) -> float:
    """How much of the smaller sketch is found in the other, 0..1."""
    small, large = sorted((one, other), key=len)
    shared = set(large)
    return cover((i for i, h in enumerate(small) if h in shared), len(small), gap)
