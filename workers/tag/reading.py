"""What printed words may begin: worked out once a word, for all new words of a text together, and kept.

After a thousand articles one word in twenty is still new, and nearly all of those begin no name. So folding and
sounds are made of all new words at once, and only words that may begin something are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import compress, count, repeat
from operator import is_, or_
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workers.arabic.bulk import Hashes
from workers.arabic.fold import fold_all
from workers.tag.table import HashTable, Numbers
from workers.tag.trie import END, SHORTEST_VARIANT, SPOKEN, Meaning, Node, Spoken, Trie
from workers.tag.variants import close, hearings
from workers.tag.words import PROCLITICS, offsets, readings, with_heads
from workers.tag.written import is_written, may_be_foreign

if TYPE_CHECKING:
    from workers.tag.text import Text

LONG_AFTER_FA = 5
"""Letters from which a name may stand behind ف "so"."""
SHORTEST_ALONE = 6
"""Letters from which a lone word (one more under a proclitic) may be a variant: كأنني "as if I" is not قاآني."""
BEGINS, CUED, FLAGS = 1, 2, 2
"""What a word is, as the lowest bits of a reference to it: a name or the beginning of some, a cue; how many bits."""
TABLE_BITS = 19
"""Of the table of words in long texts: half a million, 6 MB."""
KEEP_WORDS = 100_000
"""Words of use that are kept, of long texts; about 40 MB at most."""
KEEP_OTHERS = 50_000
"""Words of short and strange texts that are kept, of use or not; about 15 MB at most."""


@dataclass(slots=True)
class Start:
    """A reading of a printed word as the first of several that make a name."""

    cut: int
    variant: bool
    node: Node
    spoken: Spoken
    """Foreign words that may follow."""


@dataclass(slots=True)
class Lone:
    """A reading of a printed word as a whole name."""

    cut: int
    variant: bool
    meaning: Meaning


@dataclass(slots=True)
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
    """Letters of proclitics."""
    key: str
    name: str
    """What `key` is, or is another spelling of."""


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
    ambiguous: frozenset[str] = frozenset()
    """Names that have several."""


FIRST, HEARD_FIRST, FURTHER, CUE = 1, 2, 4, 8
"""What a folded word or a `hearing` may be, so that one look-up says whether it is of use: the first word of a name,
the hearing of one; a further word or its hearing; a form of a cue."""
_NEW = Word("", "", (), (), "")
"""Stands for a word that was never looked at."""
_NONE: Spoken = {}
_NO_WORDS: Set[str] = frozenset()
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
        self._marks: dict[str, int] = dict.fromkeys(trie.root, FIRST)
        for mark, marked in ((HEARD_FIRST, trie.spoken), (FURTHER, trie.further), (CUE, self._cues)):
            self._marks.update((word, self._marks.get(word, 0) | mark) for word in marked)
        self._known: dict[str, Word | None] = {}
        self._lock = Lock()
        self._table = HashTable(TABLE_BITS)
        self._words: list[Word | None] = [None]

    def of(self, text: Text) -> None:
        """Fill in what is known of each word of `text`: of nearly all nothing."""
        if text.hashes is None:
            text.kept = known = self._of_few(text.printed)
            refs = np.array([_ref(place, word) for place, word in enumerate(known)], np.intp)
        else:
            with self._lock:
                refs = self._of_many(text, text.hashes)
                text.kept = self._words
        text.refs = refs.tolist()
        text.begins = (refs & BEGINS).nonzero()[0].tolist()
        cued = (refs & CUED).nonzero()[0]
        text.cued = cued.tolist()
        words = map(text.kept.__getitem__, (refs.take(cued) >> FLAGS).tolist())
        text.cues = [word.cue for word in words if word is not None]

    def _of_few(self, words: Sequence[str]) -> list[Word | None]:
        known = self._known
        found = list(map(known.get, words, repeat(_NEW)))
        new = list(compress(count(), map(is_, found, repeat(_NEW))))
        if new:
            learned = self._look_at(list({words[number] for number in new}))
            if len(known) + len(learned) > KEEP_OTHERS:
                known.clear()
            known.update(learned)
            for number in new:
                found[number] = learned[words[number]]
        return found

    def _of_many(self, text: Text, hashes: Hashes) -> Numbers:
        """A reference to each word in `self._words`."""
        if len(self._words) > KEEP_WORDS:
            self._words = [None]
            self._table.clear()
        refs, new = self._table.find(hashes)
        if len(new):
            words = list(map(text.word, new.tolist()))
            learned = {word: self._keep(found) for word, found in self._look_at(list(set(words))).items()}
            refs[new] = [learned[word] for word in words]
            self._table.put(hashes.take(new), refs.take(new))
        return refs

    def _keep(self, word: Word | None) -> int:
        if word is None:
            return 0
        self._words.append(word)
        return _ref(len(self._words) - 1, word)

    def _look_at(self, words: list[str]) -> dict[str, Word | None]:
        keys = fold_all(words)
        cut = [
            (number, letters, rest)
            for number, key in enumerate(keys)
            if key[:1] in PROCLITICS
            for letters, rest in readings(key)[1:]
        ]
        rows = [*zip(count(), repeat(0), keys), *cut]
        every = [*keys, *[rest for *_, rest in cut]]
        sounds, hearing = hearings(every)
        marks, heard_marks = self._marks_of(every), self._marks_of(hearing)
        ways: dict[int, list[_Way]] = {}
        goes_on: set[int] = set()
        for row in compress(count(), map(or_, marks, heard_marks)):
            number, letters, key = rows[row]
            mark, heard_mark = marks[row], heard_marks[row]
            if not letters and (mark | heard_mark) & FURTHER:
                goes_on.add(number)
            found = ways.setdefault(number, [])
            if mark & FIRST or heard_mark & HEARD_FIRST:
                found.append((letters, key, sounds[row], hearing[row]))
        learned: dict[str, Word | None] = dict.fromkeys(words)
        for number, found in ways.items():
            key, word = keys[number], words[number]
            cue = self._cues[key] if marks[number] & CUE else ""
            onward, alone = self._begun(word, key, found) if found else ((), ())
            if number in goes_on:
                learned[word] = Word(key, hearing[number], onward, alone, cue)
            elif onward or alone or cue:
                learned[word] = Word("", "", onward, alone, cue)
        return learned

    def _marks_of(self, words: list[str]) -> list[int]:
        return list(map(self._marks.get, words, repeat(0)))

    def _begun(self, printed: str, word: str, ways: list[_Way]) -> tuple[tuple[Start, ...], tuple[Lone, ...]]:
        """Names that a word begins, and those that it is: exact readings, then other spellings of foreign ones."""
        if printed in self._lists.particles:
            return (), ()
        if word in self._lists.refused:
            found = [_Reading(0, word, word)] if word in self._trie.root else []
        else:
            found = list(self._read([way for way in ways if not way[0] or _may_be_cut(word, way[0], way[1])]))
        known = word in self._lists.common or (bool(found) and found[0].key == found[0].name)
        onward: list[Start] = []
        lone: list[Lone] = []
        for cut, key, name in found:
            node, variant = self._trie.root[name], key != name
            place = offsets(printed)[cut] if cut else 0
            meaning: Meaning | None = node.get(END)
            if len(node) > (meaning is not None):
                onward.append(Start(place, variant, node, node.get(SPOKEN, _NONE)))
            if meaning is None:
                continue
            if not variant:
                alone = is_written(printed[place:], self._written.get(key, _NO_WORDS), cut=bool(cut))
            else:
                alone = meaning.foreign and not known and len(key) >= SHORTEST_ALONE + bool(cut)
                alone = alone and key not in self._lists.common and may_be_foreign(printed[place:], name)
            if alone:
                lone.append(Lone(place, variant, meaning))
        return tuple(onward), tuple(lone)

    def _read(self, ways: list[_Way]) -> Iterator[_Reading]:
        for cut, key, _, _ in ways:
            if key in self._trie.root:
                yield _Reading(cut, key, key)
        for cut, key, sound, heard in ways:
            names = self._trie.spoken.get(heard) if len(key) >= SHORTEST_VARIANT else None
            for name in close(names, sound) if names is not None else ():
                if name != key:
                    yield _Reading(cut, key, name)


def _ref(place: int, word: Word | None) -> int:
    """A reference to what is known of a word: where it is kept, and what the word is."""
    if word is None:
        return place << FLAGS
    return place << FLAGS | BEGINS * bool(word.onward or word.alone) | CUED * bool(word.cue)


def _may_be_cut(word: str, cut: int, key: str) -> bool:
    """ك, and ف on a short name, hardly stand but before the article (كالصين): كلاوس is no "like Laos"."""
    letter = word[cut - 1]
    return letter not in ("ف", "ك") or key[:2] == "ال" or (letter == "ف" and len(key) >= LONG_AFTER_FA)
