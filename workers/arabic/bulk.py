"""Words of many texts at once, by numpy: where they stand, and for each a number that stands for its letters.

The words are those of `tokens.tokenize`, without a string for each: nearly every word of an article is one that was
met before, and means nothing to who asks. An article alone takes a third of the tokenizer's time, sixteen together a
tenth. Text that is not common is left to `tokens`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workers.arabic.fold import WRITTEN
from workers.arabic.tokens import DIGITS, JOINERS, LETTERS, MAX_LENGTH, PLAIN, QUICK

Hashes = NDArray[np.uint64]
Places = NDArray[np.intp]

_GAP, _SPACE, _JOINER, _LETTER, _MARK, _STRANGE = range(6)
"""What a UTF-16 unit is: from _LETTER on part of a word, but for _STRANGE. A mark begins none."""
_EVERY = "".join(map(chr, range(0xD800)))
"""All characters of one unit that may be common."""
LONGEST = 1 << 17
"""Characters of a text that is cut here; what is kept for it meanwhile takes 32 bytes each."""
AT_ONCE = 1 << 16
"""Characters of several texts that are cut together: more would not stay in a processor's nearer memory."""
_BASE = 0x9E3779B97F4A7C15
"""2⁶⁴ over the golden ratio; odd, so that it has an inverse."""


class Words(NamedTuple):
    """Words in order: where each begins and ends, whether only a space (or _) parts it from the one before, its hash.

    Two words have one hash by a chance of less than 1 in 10¹⁶: what letters count is drawn anew in every process.
    """

    starts: Sequence[int]
    ends: Sequence[int]
    spaced: bytes
    """1 or 0; one more 0 stands behind the last word."""
    hashes: Hashes


def _kinds() -> NDArray[np.uint8]:
    kinds = np.full(1 << 16, _STRANGE, np.uint8)
    sorts = ((_GAP, PLAIN), (_SPACE, " _"), (_JOINER, JOINERS), (_MARK, WRITTEN), (_LETTER, LETTERS + DIGITS))
    for kind, signs in sorts:
        kinds[[found.start() for found in re.finditer(f"[{signs}]", _EVERY)]] = kind
    return kinds


_KINDS = _kinds()
_VALUES = np.frombuffer(os.urandom(8 << 16), np.uint64)


class _Powers:
    """Powers of `_BASE` and of its inverse, modulo 2⁶⁴, as many as the longest text so far has needed."""

    def __init__(self) -> None:
        self._kept = (np.ones(1, np.uint64), np.ones(1, np.uint64))

    def of(self, length: int) -> tuple[Hashes, Hashes]:
        """The first `length` of both."""
        if length > len(self._kept[0]):
            bases = (_BASE, pow(_BASE, -1, 1 << 64))
            up, down = (np.full(2 * length, base, np.uint64) for base in bases)
            up[0] = down[0] = 1
            self._kept = np.multiply.accumulate(up), np.multiply.accumulate(down)
        up, down = self._kept
        return up[:length], down


_POWERS = _Powers()
_most = np.maximum.reduce


def cut(texts: Sequence[str]) -> list[Words | None]:
    """The words of each common text; None for any other, for one over `LONGEST`, and for one without words."""
    found: list[Words | None] = []
    for together in _in_lots(texts):
        found += _cut(together) if len(together[0]) <= LONGEST else [None]
    return found


def hashes_of(words: Sequence[str]) -> Hashes:
    """The hash of each of `words`, whatever they are made of."""
    codes = codes_of(words)
    bounds = np.array(_firsts(words, codes), np.intp)
    return Sums(codes).hashes(bounds[:-1] - 1, bounds[1:] - 2)


def _in_lots(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """`texts` in order, at most `AT_ONCE` characters together where there are several."""
    first = length = 0
    for number, text in enumerate(texts):
        if number > first and length + len(text) > AT_ONCE:
            yield texts[first:number]
            first, length = number, 0
        length += len(text)
    if texts:
        yield texts[first:]


def codes_of(texts: Sequence[str]) -> Places:
    """The UTF-16 units of `texts`, with a line break before, between and behind them."""
    return np.frombuffer(_units("\n".join(("", *texts, ""))), np.uint16).astype(np.intp)


def _firsts(texts: Sequence[str], codes: Places) -> list[int]:
    """Where each of `texts` begins in their `codes`, and where one more would."""
    firsts = list(accumulate([len(text) + 1 for text in texts], initial=1))
    if firsts[-1] == len(codes):  # each sign is one unit
        return firsts
    return list(accumulate([len(_units(text)) // 2 + 1 for text in texts], initial=1))


def _units(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _cut(texts: Sequence[str]) -> list[Words | None]:
    codes = codes_of(texts)
    firsts = _firsts(texts, codes)
    kinds = _KINDS.take(codes)
    most = _most(kinds)
    inside = kinds >= _LETTER
    edges = (inside[1:] != inside[:-1]).nonzero()[0]
    starts, ends = edges[::2], edges[1::2]  # the unit before a word, and its last
    if not len(starts):
        return [None] * len(texts)
    behind = ends[:-1] + 1
    sign = kinds.take(behind)
    one_apart = behind == starts[1:]
    spaced = one_apart & (sign == _SPACE)
    joiners = (one_apart & (sign == _JOINER)).nonzero()[0]
    strange: list[Places] = []
    """Units that are not known here."""
    if most == _STRANGE:
        strange.append((kinds == _STRANGE).nonzero()[0])
    if most >= _MARK:
        begun = starts + 1
        strange.append(begun[kinds.take(begun) == _MARK])
    if len(joiners):
        signs = behind.take(joiners)
        if most >= _MARK:
            strange.append(signs[kinds.take(signs - 1) == _MARK])
        beside = [codes.take(signs + step).tolist() for step in (-1, 0, 1)]
        joined = joiners[list(map(_joins, *beside))]
        if len(joined):
            begun, ended = np.ones((2, len(starts)), bool)
            begun[joined + 1] = ended[joined] = False
            starts, ends, spaced = starts[begun], ends[ended], spaced[ended[:-1]]
    lengths = ends - starts
    if _most(lengths) > MAX_LENGTH:
        strange.append(ends[lengths > MAX_LENGTH])
    odd = np.concatenate([ends[:0], *strange])
    left = set(np.searchsorted(firsts, odd, "right").tolist()) if len(odd) else ()
    hashes = Sums(codes).hashes(starts, ends)
    bounds = np.searchsorted(ends, firsts).tolist()
    flags = b"\0%b\0" % spaced.tobytes()
    found: list[Words | None] = []
    for number, (first, last) in enumerate(pairwise(bounds)):
        if first == last or number + 1 in left:
            found.append(None)
            continue
        before = firsts[number] - 1
        # Views: few of the numbers are asked for, and a list of all costs a sixtieth of tagging.
        begins, stops = ((places[first:last] - before).data for places in (starts, ends))
        found.append(Words(begins, stops, flags[first:last] + b"\0", hashes[first:last]))
    return found


@lru_cache(maxsize=1 << 12)
def _joins(before: int, joiner: int, behind: int) -> bool:
    """Whether a sign with nothing but these letters beside it parts no word: 12,000, U.S."""
    return QUICK.fullmatch(chr(before) + chr(joiner) + chr(behind)) is not None


class Sums:
    """Of units Σ value(letter) · baseⁱ modulo 2⁶⁴ up to each, from which the hash of any word among them is taken."""

    def __init__(self, codes: Places) -> None:
        up, self._down = _POWERS.of(len(codes))
        sums = _VALUES.take(codes)
        sums *= up
        np.add.accumulate(sums, out=sums)
        self._sums = sums

    def hashes(self, starts: Places, ends: Places) -> Hashes:
        """Of words that begin behind `starts` and end with `ends`. Their first letter counts as base¹: the inverse
        takes out where they begin. The upper bits are the best mixed."""
        hashes: Hashes = self._sums.take(ends)
        hashes -= self._sums.take(starts)
        hashes *= self._down.take(starts)
        return hashes


def with_letter(code: int | Places, hashes: Hashes) -> Hashes:
    """The hashes of words of which `hashes` are those without their first letter, `code`."""
    found: Hashes = (hashes + _VALUES.take(code)) * np.uint64(_BASE)
    return found
