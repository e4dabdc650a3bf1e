"""What printed words may begin: worked out once a word, for all new words of a text together, and kept.

After a thousand articles one word in twenty is still new, and nearly all of those begin no name. So folding and
sounds are made of all new words at once, and only words that may begin something are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import repeat
from operator import is_
from typing import NamedTuple

from workers.arabic.fold import fold
from workers.tag.trie import END, SHORTEST_VARIANT, SPOKEN, Meaning, Node, Spoken, Trie
from workers.tag.variants import close, hearings
from workers.tag.words import offsets, readings, with_heads
from workers.tag.written import is_written, may_be_foreign

LONG_AFTER_FA = 5
"""Letters from which a name may stand behind ف "so"."""
SHORTEST_ALONE = 6
"""Letters from which a lone word (one more under a proclitic) may be a variant: كأنني "as if I" is not قاآني."""
KEEP_WORDS = 150_000
"""Distinct printed words whose readings are kept; about 60 MB at most."""


@dataclass(frozen=True, slots=True)
class Start:
    """A reading of a printed word as the first of several that make a name."""

    cut: int
    variant: bool
    node: Node
    spoken: Spoken
    """Foreign words that may follow."""


@dataclass(frozen=True, slots=True)
class Lone:
    """A reading of a printed word as a whole name."""

    cut: int
    variant: bool
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Word:
    """What is known of a printed word."""

    key: str
    """The folded word, and its `hearing`, where a name may go on with it; else empty."""
    heard: str
    onward: tuple[Start, ...]
    """Names that it begins. Exact readings stand first, and those that cut least."""
    alone: tuple[Lone, ...]
    """Names that it is: none where it is another word (`workers.tag.written`), or another spelling of a name and known
    or short."""
    cue: str
    """The word bare of و and article, where that decides between readings of some name; else empty."""


class _Reading(NamedTuple):
    cut: int
    key: str
    variant: bool
    alone: bool
    """Whether it may be a name without further words."""


@dataclass(frozen=True, slots=True)
class WordLists:
    """Folded words that are no names, or no names by themselves."""

    refused: frozenset[str] = frozenset()
    """Read without proclitics or other spellings."""
    common: frozenset[str] = frozenset()
    """No other spelling of a name by themselves."""
    particles: frozenset[str] = frozenset()
    """As printed: begin no name."""
    cues: frozenset[str] = frozenset()
    """Decide between readings of some name; bare."""


_NEW = Word("", "", (), (), "")
"""Stands for a word that was never looked at."""
_NONE: Spoken = {}
_Way = tuple[int, str, str, str]
"""A way to read a folded word: letters of proclitics, the rest, its `sounds`, its `hearing`."""


class Readings:
    """Printed word → what is known of it; bounded. Several threads may ask it."""

    def __init__(self, trie: Trie, written: Mapping[str, Set[str]], lists: WordLists) -> None:
        """`written`: folded names of one word → how the catalogue writes them."""
        self._trie = trie
        self._written = written
        self._lists = lists
        self._cues = {form: cue for cue in lists.cues for form in with_heads(cue)}
        self._known: dict[str, Word | None] = {}

    def of(self, words: Sequence[str]) -> list[Word | None]:
        """What is known of each of `words`, None of nearly all."""
        known = self._known
        found = list(map(known.get, words, repeat(_NEW)))
        if any(map(is_, found, repeat(_NEW))):
            new = [number for number, word in enumerate(found) if word is _NEW]
            learned = self._look_at(list({words[number] for number in new}))
            if len(known) + len(learned) > KEEP_WORDS:
                known.clear()
            known.update(learned)
            for number in new:
                found[number] = learned[words[number]]
        return found

    def _look_at(self, words: list[str]) -> dict[str, Word | None]:
        root, spoken, further = self._trie.root, self._trie.spoken, self._trie.further
        keys = fold("\n".join(words)).split("\n")
        every = [(number, cut, key) for number, word in enumerate(keys) for cut, key in readings(word)]
        ways: dict[int, list[_Way]] = {}
        sounds, hearing = hearings([key for *_, key in every])
        for (number, cut, key), sound, heard in zip(every, sounds, hearing, strict=True):
            if key in root or heard in spoken or (not cut and (key in further or heard in further)):
                ways.setdefault(number, []).append((cut, key, sound, heard))
        cued = {number: cue for number, key in enumerate(keys) if (cue := self._cues.get(key)) is not None}
        found: dict[str, Word | None] = dict.fromkeys(words)
        for number in ways.keys() | cued.keys():
            word = words[number]
            found[word] = self._word(word, keys[number], ways.get(number, []), cued.get(number, ""))
        return found

    def _word(self, printed: str, word: str, ways: list[_Way], cue: str) -> Word | None:
        further = self._trie.further
        goes_on = [heard for cut, key, _, heard in ways if not cut and (key in further or heard in further)]
        onward: list[Start] = []
        lone: list[Lone] = []
        for cut, key, variant, alone in () if printed in self._lists.particles else self._read(printed, word, ways):
            node = self._trie.root[key]
            meaning: Meaning | None = node.get(END)
            if len(node) > (meaning is not None):
                onward.append(Start(cut, variant, node, node.get(SPOKEN, _NONE)))
            if alone and meaning is not None and (meaning.foreign or not variant):
                lone.append(Lone(cut, variant, meaning))
        if not (goes_on or onward or lone or cue):
            return None
        return Word(word if goes_on else "", goes_on[0] if goes_on else "", tuple(onward), tuple(lone), cue)

    def _read(self, printed: str, word: str, ways: list[_Way]) -> list[_Reading]:
        """Exact readings first, then other spellings of foreign names."""
        root, common = self._trie.root, self._lists.common
        if word in self._lists.refused:
            return [self._exact(printed, 0, word)] if ways and word in root else []
        found = [way for way in ways if _may_be_cut(word, way[0], way[1])]
        exact = [self._exact(printed, cut, key) for cut, key, _, _ in found if key in root]
        known = bool(exact) or word in common
        return exact + [
            self._variant(printed, cut, name, key, known=known or key in common)
            for cut, key, sound, heard in found
            if len(key) >= SHORTEST_VARIANT and (names := self._trie.spoken.get(heard)) is not None
            for name in close(names, sound)
            if name != key
        ]

    def _exact(self, printed: str, cut: int, key: str) -> _Reading:
        place = offsets(printed)[cut] if cut else 0
        alone = is_written(printed[place:], self._written.get(key, ()), cut=bool(cut))
        return _Reading(place, key, variant=False, alone=alone)

    def _variant(self, printed: str, cut: int, name: str, key: str, *, known: bool) -> _Reading:
        place = offsets(printed)[cut] if cut else 0
        alone = not known and len(key) >= SHORTEST_ALONE + bool(cut) and may_be_foreign(printed[place:], name)
        return _Reading(place, name, variant=True, alone=alone)


def _may_be_cut(word: str, cut: int, key: str) -> bool:
    """ك, and ف on a short name, hardly stand but before the article (كالصين): كلاوس is no "like Laos"."""
    letter = word[cut - 1] if cut else ""
    return letter not in ("ف", "ك") or key[:2] == "ال" or (letter == "ف" and len(key) >= LONG_AFTER_FA)
