"""Further spellings of the catalogue's names that no rule of sounds makes: أميركي for أمريكي, Jim for James.

They are made when the catalogue is read, so that its files list a name once. What words may stand for one another is
data (words.yaml): stems, directions, first names with their short forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workers.arabic.fold import fold
from workers.arabic.frequency import known, stem

SHORT_WORD = 5
"""Letters up to which a lone name is no variant by its sounds (`workers.tag.lexicon`): ج for غ is written out."""


class Spellings:
    """Made of the lists `stems`, `directions` and `first_names` of words.yaml: groups that stand for one another."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        self._stems = _others(words.get("stems", ()))
        self._directions = _others(words.get("directions", ()))
        self._first = _others(words.get("first_names", ()))
        self._stem = re.compile("|".join(map(re.escape, self._stems)) or "(?!)")

    def of(self, name: str, *, person: bool, foreign: bool) -> Iterator[str]:
        """Other spellings of `name`, itself not among them."""
        first, _, rest = name.partition(" ")
        others = self._first if person and foreign else self._directions
        if rest and first in others:
            yield from (f"{other} {rest}" for other in others[first])
        if found := self._stem.search(name):
            yield from (name.replace(found[0], other) for other in self._stems[found[0]])
        if foreign and not rest and "غ" in name and len(name) <= SHORT_WORD:
            yield from _egyptian(name)


def _egyptian(name: str) -> Iterator[str]:
    """ج for غ, as Egyptian newsrooms write g, where that is no word: توجو for توغو, but جوا is "by air"."""
    other = name.replace("غ", "ج")
    if not known(stem(fold(other))):
        yield other


def _others(groups: Iterable[Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Each word → the others of its group."""
    rows = [tuple(group) for group in groups]
    return {word: tuple(other for other in row if other != word) for row in rows for word in row}
