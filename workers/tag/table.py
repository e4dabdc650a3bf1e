"""Hash → number for the words met lately, many at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workers.arabic.bulk import Hashes, Places

Numbers = NDArray[np.intp]


class HashTable:
    """A cache of two places a hash, beside each other, as processors have them: who finds both taken drives one out.

    So its memory is fixed (12 bytes a place), and it never has to start anew.
    """

    def __init__(self, bits: int) -> None:
        """Of 2^`bits` places."""
        self._shift = np.uint64(64 - bits)
        self._hashes = np.zeros(1 << bits, np.uint64)
        self._numbers = np.zeros(1 << bits, np.int32)

    def find(self, hashes: Hashes) -> tuple[Numbers, Places]:
        """The numbers of `hashes`, and which of `hashes` have none."""
        places = self._first(hashes)
        elsewhere = (self._hashes.take(places) != hashes).nonzero()[0]
        second = places.take(elsewhere) ^ 1
        places.put(elsewhere, second)
        new = elsewhere[self._hashes.take(second) != hashes.take(elsewhere)]
        return self._numbers.take(places).astype(np.intp), new

    def put(self, hashes: Hashes, numbers: Numbers) -> None:
        """Let `hashes`, which have no number, have these; of several that want one place the last takes it."""
        places = self._first(hashes)
        places ^= self._hashes.take(places) != 0
        self._numbers.put(places, numbers)
        self._hashes.put(places, hashes)

    def clear(self) -> None:
        """Forget everything."""
        self._hashes.fill(0)
        self._numbers.fill(0)

    def _first(self, hashes: Hashes) -> Places:
        return (hashes >> self._shift).astype(np.intp)
