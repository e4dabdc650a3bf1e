"""Which of many new words may be of use, told from their letters by numpy: three in four are of none.

What is looked up are numbers that stand for letters (`workers.arabic.bulk`): those of each word as it is folded, of
what is left behind its proclitics, and of the `hearing` of each. So no string is made of a word that is of no use. One
that is always passes; one in five of the others passes too, and is told apart by its strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workers.arabic import bulk
from workers.arabic.bulk import Hashes, Places
from workers.arabic.fold import COMMON, fold
from workers.lots import batches
from workers.tag.variants import OPEN, VOWELS, sounds
from workers.tag.words import CONJUNCTIONS, PREPOSITIONS, SHORTEST, SHORTEST_STEM

FIRST, HEARD_FIRST, FURTHER, CUE = 1, 2, 4, 8
"""What a folded word or a `hearing` may be, so that one look-up says whether it is of use: the first word of a name,
the hearing of one; a further word or its hearing; a form of a cue."""
_TABLE_BITS = 20
"""Of the table of marks: 1 MB for 35,000 words, so that one look-up in thirty finds a mark by chance."""
_AT_ONCE = 2_000
"""Words that are marked at once; more would take memory that is needed for nothing else."""
_SHIFT = np.uint64(64 - _TABLE_BITS)
_CONJUNCTION, _PREPOSITION, _VOWEL = 1, 2, 4
_STRANGE = 0
"""Stands for signs that are not `COMMON`, and for what is folded to several letters or to none."""
_ALEF, _LAM, _END = map(ord, "ال\n")


def _folded() -> NDArray[np.intp]:
    table = np.full(1 << 16, _STRANGE, np.intp)
    table[_END] = _END
    for code in COMMON:
        found = fold(chr(code))
        table[code] = ord(found) if len(found) == 1 else _STRANGE
    return table


def _sorts() -> NDArray[np.uint8]:
    table = np.zeros(1 << 16, np.uint8)
    for letters, sort in ((CONJUNCTIONS, _CONJUNCTION), (PREPOSITIONS, _PREPOSITION), (VOWELS, _VOWEL)):
        table[list(map(ord, letters))] |= sort
    return table


def _sounds() -> NDArray[np.intp]:
    table = np.arange(1 << 16, dtype=np.intp)
    table[list(COMMON)] = [ord(sounds(chr(code))) for code in COMMON]
    return table


_FOLDED, _SORTS, _SOUNDS = _folded(), _sorts(), _sounds()


class Sieve:
    """Made once, for words that are marked."""

    def __init__(self, marks: Mapping[str, int]) -> None:
        """`marks`: folded words and hearings → what they are."""
        self._marks = np.zeros(1 << _TABLE_BITS, np.uint8)
        for words in batches(list(marks), _AT_ONCE):
            places = (bulk.hashes_of(words) >> _SHIFT).astype(np.intp)
            np.bitwise_or.at(self._marks, places, np.array([marks[word] for word in words], np.uint8))

    def sift(self, words: Sequence[str]) -> list[str]:
        """Those of `words`, none empty or with a line break, that may be of use."""
        letters = _FOLDED.take(bulk.codes_of(words))
        breaks = (letters == _END).nonzero()[0]
        begins, ends = breaks[:-1] + 1, breaks[1:] - 1
        passed = ends - begins < SHORTEST  # so short ones are left to their strings
        passed |= np.minimum.reduceat(letters, begins) == _STRANGE
        for way in _ways(letters, begins, ends):
            marked = self._marked(way.hashes, FIRST | (FURTHER | CUE) * way.whole)
            marked |= self._marked(way.hearings, HEARD_FIRST | FURTHER * way.whole)
            passed[way.owners[marked]] = True
        return list(compress(words, passed.tolist()))

    def _marked(self, hashes: Hashes, marks: int) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (self._marks.take((hashes >> _SHIFT).astype(np.intp)) & marks) != 0
        return found


class _Way(NamedTuple):
    """Ways to read some words, one each."""

    owners: Places
    """The numbers of the words."""
    hashes: Hashes
    hearings: Hashes
    whole: bool
    """Whether they are read without proclitics."""


def _ways(letters: Places, begins: Places, ends: Places) -> Iterator[_Way]:
    """As `workers.tag.words.readings` has them, and more. `begins`, `ends`: the first and last letters of the words."""
    written, heard = bulk.Sums(letters), _Heard(letters, ends)
    every = np.arange(len(begins))
    yield _Way(every, written.hashes(begins - 1, ends), heard.hashes(begins, ends), whole=True)
    first, second = (_SORTS.take(letters.take(begins + place)) for place in (0, 1))
    lengths = ends - begins + 1
    one = (first & (_CONJUNCTION | _PREPOSITION) != 0) & (lengths > SHORTEST)
    two = (first & _CONJUNCTION != 0) & (second & _PREPOSITION != 0) & (lengths > SHORTEST_STEM + 1)
    for cut, cutting in enumerate((one, two), start=1):
        owners = cutting.nonzero()[0]
        starts, lasts = begins.take(owners) + cut, ends.take(owners)
        hashes, hearings = written.hashes(starts - 1, lasts), heard.hashes(starts, lasts)
        yield _Way(owners, hashes, hearings, whole=False)
        article = ((letters.take(starts - 1) == _LAM) & (letters.take(starts) == _LAM)).nonzero()[0]  # لل: ل and ال
        hashes, hearings = (bulk.with_letter(_ALEF, found.take(article)) for found in (hashes, hearings))
        yield _Way(owners.take(article), hashes, hearings, whole=False)


class _Heard:
    """The `hearing` of words, from any of their letters on.

    Of a consonant that is written twice the second stays, so that what begins between the two is heard right (ببغداد).
    """

    def __init__(self, letters: Places, ends: Places) -> None:
        """`ends`: the last letters of the words."""
        self._letters = letters
        self._vowels = (_SORTS.take(letters) & _VOWEL) != 0
        spoken = _SOUNDS.take(letters)
        kept = ~self._vowels
        consonants = kept.nonzero()[0]
        beside = spoken.take(consonants)
        kept[consonants[:-1][(beside[:-1] == beside[1:]) & (beside[:-1] != _END)]] = False
        open_ = ends[self._vowels.take(ends)]
        spoken[open_] = ord(OPEN)
        kept[open_] = True
        self._sums = bulk.Sums(spoken[kept])
        self._count = np.cumsum(kept)

    def hashes(self, starts: Places, ends: Places) -> Hashes:
        """Of what stands from `starts` to `ends`: two letters or more."""
        found = self._sums.hashes(self._count.take(starts - 1) - 1, self._count.take(ends) - 1)
        voiced = self._vowels.take(starts).nonzero()[0]  # a vowel that is the first letter is heard
        found[voiced] = bulk.with_letter(self._letters.take(starts.take(voiced)), found.take(voiced))
        return found
