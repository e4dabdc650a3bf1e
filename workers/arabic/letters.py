"""Latin abbreviations as Arabic reads them out: بي بي سي is BBC, إف 35 is F-35."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice, product

from workers.arabic.fold import fold

_NAMES = {
    "A": ("إيه",), "B": ("بي",), "C": ("سي",), "D": ("دي",), "E": ("إي",), "F": ("إف",), "G": ("جي",), "H": ("إتش",),
    "I": ("آي",), "J": ("جيه", "جي"), "K": ("كيه", "كي"), "L": ("إل",), "M": ("إم",), "N": ("إن",), "O": ("أو",),
    "P": ("بي",), "Q": ("كيو",), "R": ("آر",), "S": ("إس",), "T": ("تي",), "U": ("يو",), "V": ("في",), "W": ("دبليو",),
    "X": ("إكس",), "Y": ("واي",), "Z": ("زد",),
}  # fmt: skip
"""How newsrooms write the English letters' names; hamza or not makes no difference to any search."""
_WORDS = frozenset(map(fold, ("إي", "آي", "إل", "إم", "إن", "أو", "في", "كي")))
"""Of these, what are words as well: yes, any, (article), or, that, or, in, so that."""
MOST = 8
"""Readings of one abbreviation."""


def _letters() -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for letter, names in _NAMES.items():
        for name in names:
            found[fold(name)][letter] = None
    return {name: tuple(letters) for name, letters in found.items()}


_LETTERS = _letters()


def abbreviations(words: Sequence[str]) -> list[str]:
    """What `words` spell, letter by letter (BBC, BPC …); nothing where one is no letter's name, or all are words."""
    names = [fold(word) for word in words]
    if _WORDS.issuperset(names) or not _LETTERS.keys() >= set(names):
        return []
    return ["".join(letters) for letters in islice(product(*(_LETTERS[name] for name in names)), MOST)]


def read_out(abbreviation: str) -> list[str]:
    """CNN → سي إن إن; nothing where there is a sign that is no Latin letter."""
    letters = abbreviation.upper()
    if not letters or not _NAMES.keys() >= set(letters):
        return []
    return [" ".join(names) for names in islice(product(*(_NAMES[letter] for letter in letters)), MOST)]
