"""The longest names in a text: a trie of folded words, entered where a printed word may begin a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import compress
from typing import NamedTuple

from workers.arabic.fold import fold
from workers.tag.reading import Lone, Readings, Start, WordLists
from workers.tag.text import FOLDED, Text
from workers.tag.trie import END, SPOKEN, Entry, Meaning, Node, Trie
from workers.tag.variants import near_within, skeleton


class Match(NamedTuple):
    """A name in a text: word numbers (end exclusive), character span, what it may stand for."""

    first: int
    last: int
    start: int
    end: int
    key: str
    meaning: Meaning
    variant: bool
    cut: int


class Lexicon:
    """Names → entries. Built once, then only read (but for the readings that it remembers)."""

    def __init__(self, names: Iterable[tuple[str, Entry]], lists: WordLists) -> None:
        trie = Trie()
        written: dict[str, set[str]] = {}
        self._keys: dict[str, set[str]] = {}
        for name, entry in names:
            printed = Text(name).printed
            keys = [fold(word) for word in printed]
            if entry.role == "name":
                self._keys.setdefault(entry.entity, set()).add(" ".join(keys))
            if len(printed) == 1:
                written.setdefault(keys[0], set()).add(printed[0])
            trie.add(keys, [entry.foreign and not word.startswith("ال") for word in printed], entry)
        trie.finish()
        self._readings = Readings(trie, written, lists)

    def keys_of(self, entity: str) -> frozenset[str]:
        """The folded names of an entity."""
        return frozenset(self._keys.get(entity, ()))

    def matches(self, text: Text) -> Iterator[Match]:
        """The longest names of `text`, left to right, none overlapping."""
        free = 0
        known = text.known = self._readings.of(text.printed)
        for number in compress(range(len(known)), known):
            word = known[number]
            if word is None or number < free:
                continue
            match = _longest(text, number, word.onward) if word.onward else None
            if match is None and word.alone:
                match = _lone(text, number, word.alone[0])
            if match is not None:
                free = match.last
                yield match


def _lone(text: Text, number: int, name: Lone) -> Match:
    begin, end = text.bounds[2 * number : 2 * number + 2]
    cut, key, variant, meaning = name
    return Match(number, number + 1, begin + cut, end, key, meaning, variant, cut)


def _longest(text: Text, number: int, starts: tuple[Start, ...]) -> Match | None:
    """The longest name of several words that word `number` begins."""
    if number + 1 == len(text.printed):
        return None
    best: Match | None = None
    following = FOLDED[text.printed[number + 1]]
    for start in starts:
        if following in start.node or (start.spoken is not None and skeleton(following) in start.spoken):
            found = _walk(text, number, start)
            if found is not None and (best is None or found.last > best.last):
                best = found
    return best


def _walk(text: Text, number: int, start: Start) -> Match | None:
    node, variant, path = start.node, start.variant, start.key
    found: Match | None = None
    position = number + 1
    count = len(text.printed)
    while position < count:
        key = text.key(position)
        child = node.get(key)
        if child is None:
            near = _near(node, key)
            if near is None:
                break
            child, variant, key = node[near], True, near
        if not text.joined(position):
            break
        node, path = child, f"{path} {key}"
        position += 1
        meaning: Meaning | None = node.get(END)
        if meaning is not None and (meaning.foreign or not variant):
            begin = text.start(number) + start.cut
            found = Match(number, position, begin, text.end(position - 1), path, meaning, variant, start.cut)
    return found


def _near(node: Node, key: str) -> str | None:
    """A foreign word of `node` that `key` may spell otherwise."""
    spoken = node.get(SPOKEN)
    if spoken is None:
        return None
    return next((name for name in spoken.get(skeleton(key), ()) if near_within(name, key)), None)
