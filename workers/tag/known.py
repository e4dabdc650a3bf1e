"""What is known of a printed word, and references to it."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.tag.table import Numbers
from workers.tag.trie import Meaning, Node, Spoken

ALONE, CUED, BEGINS, FOLLOWS, FLAGS = 1, 2, 4, 8, 4
"""What a word is, as the lowest bits of a reference to it: a name, a cue, the first word of longer names, a further
one; how many bits. In a text BEGINS is only left where the next word may carry one of these names on."""


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


NOTHING = Word("", "", (), (), "")
"""Of nearly every word."""


def reference(place: int, word: Word) -> int:
    """A reference to what is known of a word: where it is kept, and what the word is."""
    flags = ALONE * bool(word.alone) | CUED * bool(word.cue) | BEGINS * bool(word.onward) | FOLLOWS * bool(word.key)
    return place << FLAGS | flags


class Leads:
    """Of each kept word 64 bits for the words that may carry on names which it begins, and its own bits as such a word.

    Where two words share none, no name goes from one to the other: of pairs that might make one by their flags alone,
    more than half need not be looked for in the trie.
    """

    def __init__(self) -> None:
        self._of_nodes: dict[int, int] = {}
        self.clear()

    def clear(self) -> None:
        """Forget all but the first, `NOTHING`."""
        self._onward, self._own = array("Q", [0]), array("Q", [0])

    def add(self, word: Word) -> None:
        """Of the next word that is kept."""
        onward = 0
        for start in word.onward:
            onward |= self._of(start)
        self._onward.append(onward)
        self._own.append(_bit(word.key) | _bit(word.heard) if word.key else 0)

    def meet(self, place: int, following: int) -> bool:
        """Whether the word kept at `following` may carry on a name that the one at `place` begins."""
        return self._onward[place] & self._own[following] != 0

    def meet_each(self, places: Numbers, following: Numbers) -> NDArray[np.bool_]:
        """`meet` of each two."""
        onward, own = (np.frombuffer(bits, np.uint64) for bits in (self._onward, self._own))
        return (onward.take(places) & own.take(following)).astype(bool)

    def _of(self, start: Start) -> int:
        bits = self._of_nodes.get(id(start.node))
        if bits is None:
            bits = 0
            for word in (*start.node, *start.spoken):
                bits |= _bit(word)
            self._of_nodes[id(start.node)] = bits
        return bits


def _bit(word: str) -> int:
    return 1 << (hash(word) & 63)
