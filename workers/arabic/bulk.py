"""Words of a long text at once, by numpy: where they stand, and for each a number that stands for its letters.

The words are those of `tokens.tokenize`, cut in a third of the time and without a string for each: nearly every word of
an article is one that was met before, and means nothing to who asks. Text that is not common is left to `tokens`.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workers.arabic.fold import WRITTEN
from workers.arabic.tokens import DIGITS, JOINERS, LETTERS, MAX_LENGTH, PLAIN, QUICK

Hashes = NDArray[np.uint64]
_Places = NDArray[np.intp]

_GAP, _SPACE, _JOINER, _LETTER, _MARK, _STRANGE = range(6)
"""What a UTF-16 unit is: from _LETTER on part of a word, but for _STRANGE. A mark begins none."""
_EVERY = "".join(map(chr, range(0xD800)))
"""All characters of one unit that may be common."""
LONGEST = 1 << 17
"""Characters of a text that is cut here; what is kept for it takes 32 bytes each."""
_BASE = 0x9E3779B97F4A7C15
"""2⁶⁴ over the golden ratio; odd, so that it has an inverse."""


class Words(NamedTuple):
    """Words in order: where each begins and ends, whether only a space (or _) parts it from the one before, its hash.

    Two words have one hash by a chance of less than 1 in 10¹⁶: what letters count is drawn anew in every process.
    """

    starts: list[int]
    ends: list[int]
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


def cut(text: str) -> Words | None:
    """The words of a common text; None for any other, for one over `LONGEST`, and for one without words."""
    if len(text) > LONGEST:
        return None
    codes = np.frombuffer(f" {text} ".encode("utf-16-le", "surrogatepass"), np.uint16).astype(np.intp)
    kinds = _KINDS.take(codes)
    most = _most(kinds)
    if most == _STRANGE:
        return None
    inside = kinds >= _LETTER
    edges = (inside[1:] != inside[:-1]).nonzero()[0]
    starts, ends = edges[::2], edges[1::2]
    if not len(starts) or (most == _MARK and _most(kinds.take(starts + 1)) == _MARK):
        return None
    behind = ends[:-1] + 1
    sign = kinds.take(behind)
    one_apart = behind == starts[1:]
    spaced = one_apart & (sign == _SPACE)
    joiners = (one_apart & (sign == _JOINER)).nonzero()[0]
    if len(joiners):
        if most == _MARK and _most(kinds.take(ends.take(joiners))) == _MARK:
            return None
        joined = [number for number in joiners.tolist() if QUICK.fullmatch(text, ends[number] - 1, ends[number] + 2)]
        if joined:
            starts, ends = np.delete(starts, [number + 1 for number in joined]), np.delete(ends, joined)
            spaced = np.delete(spaced, joined)
    if _most(ends - starts) > MAX_LENGTH:
        return None
    return Words(starts.tolist(), ends.tolist(), b"\0%b\0" % spaced.tobytes(), _hashes(codes, starts, ends))


def _hashes(codes: _Places, starts: _Places, ends: _Places) -> Hashes:
    """Σ value(letter) · baseⁱ modulo 2⁶⁴, with i counted from the word's first letter; sums are of the whole text, and
    the inverse takes out where the word begins. The upper bits are the best mixed."""
    up, down = _POWERS.of(len(codes))
    sums = _VALUES.take(codes)
    sums *= up
    np.add.accumulate(sums, out=sums)
    hashes: Hashes = sums.take(ends)
    hashes -= sums.take(starts)
    hashes *= down.take(starts)
    return hashes
