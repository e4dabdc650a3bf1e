"""People whom the catalogue does not know, by the look of their names: what is offered when no statistical tagger runs.

Arabic has no capitals. What tells a name is a given name, or a title, and behind it words that news texts hardly use
otherwise: "الوزير سيباستيان كورتس". Such finds are candidates for the catalogue, counted over many articles before a
person sees them; they are no mentions, for about one in eight is no name or cut wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workers.arabic.fold import fold
from workers.arabic.frequency import rarity, stem
from workers.arabic.memo import Memo
from workers.tag.port import NameSpan
from workers.tag.text import Text
from workers.tag.variants import skeleton
from workers.tag.words import offsets, readings

MOST_WORDS = 4
BY_LOOKS = 0.85
"""Confidence of such a name: of 50 drawn from 1,000 articles of 2018 and read by eye, 44 were names, whole."""
_ARABIC = re.compile("[ء-ي]{3,}")
_JOINS = frozenset(
    map(fold, ("بن", "بنت", "ابن", "أبو", "ابو", "بو", "آل", "عبد", "ولد", "دي", "دا", "فان", "فون", "دو", "لو"))
)
"""Son of, daughter of, father of, house of, slave of; de, da, van, von, du, le: hold the next word, end no name."""
_HAMZA = re.compile("[أؤئء]")
"""Within a word: of Arabic names those with one are given names, and foreign ones have none."""
UNLISTED = 8.0
"""Rarity (`workers.arabic.frequency`) of a stem that fewer than 20 of 20,000 articles hold."""
KEEP_WORDS = 50_000
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownName:
    """A name without identity in one article. `cluster`: what its spellings have in common (`cluster_key`)."""

    cluster: str
    kind: str
    surface: str


class UnknownNames:
    """Finds them. `given`: folded given names; the word lists are the catalogue's (words.yaml, common_words.txt)."""

    def __init__(self, given: frozenset[str], words: Mapping[str, Any]) -> None:
        self.given = given
        self._common = frozenset(words.get("common", ()))
        self._titles = frozenset(map(fold, (*words.get("titles", ()), *words.get("roles", ()))))
        self._never = frozenset(words.get("no_first_names", ()))
        self._is_usual = Memo(self._stands_often, KEEP_WORDS).__getitem__
        self.is_unusual = Memo(self._looks_unusual, KEEP_WORDS).__getitem__

    def spans(self, text: Text, taken: Sequence[Span]) -> Iterator[NameSpan]:
        """Names of two words and more that overlap none of `taken` (character spans, in order)."""
        free = 0
        for number in range(len(text.printed) - 1):
            if number < free:
                continue
            begin = self._first(text, number)
            if begin is None:
                continue
            last = self._last(text, number)
            start, end = text.starts[number] + begin, text.ends[last - 1]
            if last - number >= 2 and all(end <= a or start >= b for a, b in taken):
                yield NameSpan(start, end, "person", BY_LOOKS)
                free = last

    def _first(self, text: Text, number: int) -> int | None:
        """Letters of proclitics before a first word of a name, None where it is none."""
        key = text.key(number)
        if text.printed[number] in self._never or key in self._titles:
            return None
        if key in self.given:
            return 0
        for cut, rest in readings(key)[1:]:
            joined = key[0] == "و" or not self._is_usual(key)  # و "and" joins names freely, ب and ل begin many words
            if joined and len(rest) > 3 and rest in self.given and rest[:2] != "ال" and rest not in self._never:
                return offsets(text.printed[number])[cut]
        titled = number > 0 and text.key(number - 1) in self._titles and text.gap(number) == " "
        return 0 if titled and self.is_unusual(text.printed[number]) else None

    def _last(self, text: Text, number: int) -> int:
        """The word behind the name's last."""
        position = number + 1
        limit = min(len(text.printed), number + MOST_WORDS)
        while position < limit and text.gap(position) == " " and self._goes_on(text, position):
            position += 1
        while text.key(position - 1) in _JOINS:
            position -= 1
        return position

    def _goes_on(self, text: Text, number: int) -> bool:
        key = text.key(number)
        return (
            (key in self.given and text.printed[number] not in self._never)
            or key in _JOINS
            or self.is_unusual(text.printed[number])
        )

    def _looks_unusual(self, printed: str) -> bool:
        """Whether news texts hardly use the word, nor what is left of it without a proclitic or the article."""
        key = fold(printed)
        if len(key) < 4 or not _ARABIC.fullmatch(printed) or _HAMZA.search(printed, 1):
            return False
        rests = [rest for _, rest in readings(key)]
        rests += [rest[2:] for rest in rests if rest[:2] == "ال"]
        return not any(map(self._is_usual, rests))

    def _stands_often(self, key: str) -> bool:
        return key in self._common or rarity(stem(key)) < UNLISTED


def cluster_key(name: str, native: frozenset[str]) -> str:
    """What spellings of one unknown name have in common: foreign words by their consonants, `native` ones as folded.

    Words run together, so that two ways to part a name meet (بيونج يانج, بيونغيانغ); سعد and سعيد stay two.
    """
    keys = Text(name).printed
    return "".join(key if (key := fold(word)) in native else skeleton(key) for word in keys)
