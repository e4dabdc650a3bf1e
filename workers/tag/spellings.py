"""Further spellings of the catalogue's names that no rule of sounds makes: أميركي for أمريكي, Jim for James.

They are made when the catalogue is read, so that its files list a name once. What words may stand for one another is
data (words.yaml): stems, directions, first names with their short forms, parts written together or apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workers.arabic.fold import fold
from workers.arabic.frequency import known, stem
from workers.tag.context import rules

SHORT_WORD = 5
"""Letters up to which a lone name is no variant by its sounds (`workers.tag.lexicon`): ج for غ is written out."""
_INNER_S = re.compile(r"(?<=\w)[سز]")
_VOICED = {"س": "ز", "ز": "س"}
"""An s within a word is written as z, and a z as s. Not in lone names: لا بأس "not bad" is not لاباز (La Paz)."""
_IN_FULL = (("تش", "ش"), ("ث", "ت"))
_FINAL = {"ا": "ة", "ه": "ا", "ة": "ا"}
_ENDS_IN_A = re.compile(r"(?!ال)\w{5,}[اهة](?<!يا)")
"""A long lone name with a final a: سنغافورا for سنغافورة (Singapore). إيطالية is no Italy, but "Italian"."""
SHORTEST_REST = 4
"""Letters from which the rest of a name stands apart (`joins`)."""


class Spellings:
    """Made of the lists `stems`, `directions`, `first_names` and `joins` of words.yaml."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        self._stems = _others(words.get("stems", ()))
        self._directions = _others(words.get("directions", ()))
        self._first = _others(words.get("first_names", ()))
        self._joins = tuple(words.get("joins", ()))
        self._ambiguous = frozenset(name for name, _ in rules(words.get("ambiguous", {})))
        self._stem = re.compile("|".join(map(re.escape, self._stems)) or "(?!)")

    def of(self, name: str, *, person: bool, foreign: bool) -> Iterator[str]:
        """Other spellings of `name`, itself not among them."""
        first, _, rest = name.partition(" ")
        firsts = self._first if person and foreign else self._directions
        if rest and first in firsts:
            yield from (f"{other} {rest}" for other in firsts[first])
        others = [name]
        for stem_of in dict.fromkeys(self._stem.findall(name)):
            others += [one.replace(stem_of, other) for one in others for other in self._stems[stem_of]]
        yield from others[1:]
        if foreign and "غ" in name and len(name) <= SHORT_WORD:
            yield from _unless_word(name.replace("غ", "ج"))
        if foreign and name not in self._ambiguous:  # another spelling would escape its rule
            yield from _people(name) if person else self._no_people(name)

    def _no_people(self, name: str) -> Iterator[str]:
        """ش for تش (ch) in long words, for مدينة كيرش is near جرش; and behind the article, where nothing is matched by
        its sounds, ج for غ."""
        if "غ" in name and len(name) > SHORT_WORD and "ال" in (name[:2], name[name.find(" ") + 1 :][:2]):
            yield from _unless_word(name.replace("غ", "ج"))
        if any("تش" in word and len(word) > SHORT_WORD for word in name.split()):
            yield from _unless_word(name.replace("تش", "ش"))
        if _ENDS_IN_A.fullmatch(name):
            yield from _unless_word(name[:-1] + _FINAL[name[-1]])
        yield from self._joined(name)

    def _joined(self, name: str) -> Iterator[str]:
        """نيو يورك for نيويورك (New York) and the reverse."""
        first, _, rest = name.partition(" ")
        if first in self._joins and rest and " " not in rest:
            yield first + rest
        elif not rest:
            parts = [part for part in self._joins if name.startswith(part) and len(name) - len(part) >= SHORTEST_REST]
            yield from (f"{part} {name.removeprefix(part)}" for part in parts)


def _people(name: str) -> Iterator[str]:
    """ش for تش, t for th, another final a, s for z and the reverse: شيرو for تشيرو, جيزوس for جيسوس. In full names
    alone."""
    if " " in name:
        yield from (name.replace(ours, theirs) for ours, theirs in _IN_FULL if ours in name)
        if name[-1] in _FINAL:
            yield name[:-1] + _FINAL[name[-1]]
        yield from (name[: at.start()] + _VOICED[at[0]] + name[at.end() :] for at in _INNER_S.finditer(name))


def _unless_word(name: str) -> Iterator[str]:
    """A lone name only where it is no word: توجو for توغو (Togo), but جوا is "by air"."""
    if " " in name or not known(stem(fold(name))):
        yield name


def _others(groups: Iterable[Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Each word → the others of its group."""
    rows = [tuple(group) for group in groups]
    return {word: tuple(other for other in row if other != word) for row in rows for word in row}
