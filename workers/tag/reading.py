"""What printed words may begin: worked out once a word, for all new words of a text together, and kept.

After a thousand articles one word in twenty is still new, and nearly all of those begin no name. So folding and
sounds are made of all new words at once, and only words that may begin something are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import accumulate, compress, count, islice, pairwise, repeat
from operator import or_
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workers.arabic.fold import fold_all
from workers.tag.known import ALONE, BEGINS, CUED, FLAGS, FOLLOWS, NOTHING, Leads, Lone, Start, Word, reference
from workers.tag.sieve import CUE, FIRST, FURTHER, HEARD_FIRST, Sieve
from workers.tag.table import HashTable, Numbers
from workers.tag.trie import END, SHORTEST_VARIANT, SPOKEN, Meaning, Spoken, Trie
from workers.tag.variants import close, hearings
from workers.tag.words import PROCLITICS, offsets, readings, with_heads
from workers.tag.written import is_written, may_be_foreign

if TYPE_CHECKING:
    from workers.tag.text import Text

LONG_AFTER_FA = 5
"""Letters from which a name may stand behind ف "so"."""
SHORTEST_ALONE = 6
"""Letters from which a lone word (one more under a proclitic) may be a variant: كأنني "as if I" is not قاآني."""
TABLE_BITS = 19
"""Of the table of words: half a million, 6 MB."""
KEEP_WORDS = 100_000
"""Words of use that are kept, and words of short texts; about 50 MB at most."""
FEW = 50
"""Words that are looked up by their letters: for so few no table of hashes is quicker."""
SIEVED = 40
"""New words that are not sifted first: for so few a sieve takes longer than it saves."""


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


_NONE: Spoken = {}
_NO_WORDS: Set[str] = frozenset()


class _Way(NamedTuple):
    """A way to read a folded word."""

    cut: int
    """Letters of proclitics."""
    key: str
    """The rest."""
    near: list[str]
    """Foreign names that it may spell."""


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
        self._sieve = Sieve(self._marks)
        self._lock = Lock()
        self._table = HashTable(TABLE_BITS)
        self._few: dict[str, int] = {}
        self._words = [NOTHING]
        self._cues_of = [NOTHING.cue]
        self._leads = Leads()

    def of(self, texts: Sequence[Text]) -> None:
        """Fill in what is known of each word of `texts`: of nearly all nothing."""
        with self._lock:
            if len(self._words) > KEEP_WORDS or len(self._few) > KEEP_WORDS:
                self._forget()
            if sum(map(len, texts)) > FEW:
                self._of_many(texts)
            else:
                for text in texts:
                    self._of_few(text)

    def _of_few(self, text: Text) -> None:
        words = text.printed
        if new := [word for word in words if word not in self._few]:
            self._few.update(self._learned(new))
        refs = [*[self._few[word] for word in words], 0]
        text.kept = self._words
        text.refs = refs = [*[self._leading(*pair) for pair in pairwise(refs)], 0]
        text.begins = [number for number, ref in enumerate(refs) if ref & (ALONE | BEGINS)]
        text.cued = [number for number, ref in enumerate(refs) if ref & CUED]
        text.cues = [self._cues_of[refs[number] >> FLAGS] for number in text.cued]

    def _of_many(self, texts: Sequence[Text]) -> None:
        bounds = list(accumulate(map(len, texts), initial=0))
        found = self._refs(texts, np.array(bounds))
        refs: Numbers = np.zeros(len(found) + len(texts), np.intp)  # one more place behind each text
        for number, (first, last) in enumerate(pairwise(bounds)):
            refs[first + number : last + number] = found[first:last]
        bounds = [bound + number for number, bound in enumerate(bounds)]
        self._leading_each(refs)
        entered, cued = ((refs & flags).nonzero()[0] for flags in (ALONE | BEGINS, CUED))
        cues = map(self._cues_of.__getitem__, (refs.take(cued) >> FLAGS).tolist())
        places = np.array(bounds)
        rows = zip(texts, pairwise(bounds), _parted(entered, places), _parted(cued, places), strict=True)
        for text, (first, last), begins, mine in rows:
            text.kept, text.refs, text.begins, text.cued = self._words, refs[first:last].data, begins, mine
            text.cues = list(islice(cues, len(mine)))

    def _refs(self, texts: Sequence[Text], bounds: Numbers) -> Numbers:
        """A reference to each word in `self._words`. `bounds`: where the words of each text begin, and all end."""
        hashes = np.concatenate([text.hashes for text in texts])
        refs, new = self._table.find(hashes)
        if len(new):
            words: list[str] = []
            for text, numbers in zip(texts, _parted(new, bounds), strict=True):
                printed, starts, ends = text.text, text.starts, text.ends
                words += [printed[starts[number] : ends[number]] for number in numbers]
            learned = self._learned(words)
            refs[new] = [learned[word] for word in words]
            self._table.put(hashes.take(new), refs.take(new))
        return refs

    def _forget(self) -> None:
        self._words, self._cues_of = [NOTHING], [NOTHING.cue]
        self._leads.clear()
        self._few = {}
        self._table.clear()

    def _learned(self, words: Sequence[str]) -> dict[str, int]:
        """A reference to each of some new words."""
        learned = dict.fromkeys(words, 0)
        new = list(learned)
        if len(new) > SIEVED:
            new = self._sieve.sift(new)
        if new:
            learned.update((word, self._keep(known)) for word, known in self._look_at(new).items())
        return learned

    def _keep(self, word: Word) -> int:
        self._words.append(word)
        self._cues_of.append(word.cue)
        self._leads.add(word)
        return reference(len(self._words) - 1, word)

    def _leading(self, ref: int, following: int) -> int:
        """`ref` to a word, without BEGINS where the next one, `following`, carries no name on."""
        if ref & BEGINS and not (following & FOLLOWS and self._leads.meet(ref >> FLAGS, following >> FLAGS)):
            return ref ^ BEGINS
        return ref

    def _leading_each(self, refs: Numbers) -> None:
        """`_leading` of each two in a row, in place."""
        begun = (refs[:-1] * (FOLLOWS // BEGINS) & refs[1:] & FOLLOWS).nonzero()[0]
        meeting = self._leads.meet_each(refs.take(begun) >> FLAGS, refs.take(begun + 1) >> FLAGS)
        refs &= ~BEGINS
        refs[begun[meeting]] |= BEGINS

    def _look_at(self, words: list[str]) -> dict[str, Word]:
        """What is known of those of `words` that are of use."""
        keys = fold_all(words)
        cut = [
            (number, letters, rest)
            for number, key in enumerate(keys)
            if key[:1] in PROCLITICS
            for letters, rest in readings(key)[1:]
            if _may_be_cut(key, letters, rest)
        ]
        rows = [*zip(count(), repeat(0), keys), *cut]
        every = [*keys, *[rest for *_, rest in cut]]
        sounds, hearing = hearings(every)
        marks, heard_marks = self._marks_of(every), self._marks_of(hearing)
        learned: dict[str, Word] = {}
        ways: dict[int, list[_Way]] = {}
        for row in compress(count(), map(or_, marks, heard_marks)):
            number, letters, key = rows[row]
            mark, heard_mark = marks[row], heard_marks[row]
            if not letters and (mark | heard_mark) & (FURTHER | CUE):
                ways.setdefault(number, [])
            near: list[str] = []
            if heard_mark & HEARD_FIRST and len(key) >= SHORTEST_VARIANT:
                near = close(self._trie.spoken[hearing[row]], sounds[row])
            if near or mark & FIRST:
                ways.setdefault(number, []).append(_Way(letters, key, near))
        for number, found in ways.items():
            key, word, mark = keys[number], words[number], marks[number]
            cue = self._cues[key] if mark & CUE else ""
            onward, alone = self._begun(word, key, found) if found else ((), ())
            if (mark | heard_marks[number]) & FURTHER:
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
            found = self._read(ways)
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

    def _read(self, ways: list[_Way]) -> list[_Reading]:
        exact = [_Reading(cut, key, key) for cut, key, _ in ways if key in self._trie.root]
        return exact + [_Reading(cut, key, name) for cut, key, near in ways for name in near if name != key]


def _parted(numbers: Numbers, bounds: Numbers) -> list[list[int]]:
    """Some words of all texts, in order → of each text its own, counted from its first word."""
    places = pairwise(numbers.searchsorted(bounds).tolist())
    return [(numbers[begin:end] - first).tolist() for first, (begin, end) in zip(bounds, places, strict=False)]


def _may_be_cut(word: str, cut: int, key: str) -> bool:
    """ك, and ف on a short name, hardly stand but before the article (كالصين): كلاوس is no "like Laos"."""
    letter = word[cut - 1]
    return letter not in ("ف", "ك") or key[:2] == "ال" or (letter == "ف" and len(key) >= LONG_AFTER_FA)
