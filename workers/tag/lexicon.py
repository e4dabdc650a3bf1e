"""The longest names in a text: a trie of folded words, entered where a printed word may begin a name."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import NamedTuple

from workers.tag.reading import FLAGS, Readings, Start, Word, WordLists
from workers.tag.text import FOLDED, Text, words_of
from workers.tag.trie import END, SPOKEN, Entry, Meaning, Node, Trie
from workers.tag.variants import near_within


class Match(NamedTuple):
    """A name in a text: word numbers (end exclusive), character span, what it may stand for."""

    first: int
    last: int
    start: int
    end: int
    meaning: Meaning
    variant: bool
    """Whether it is another spelling of the name."""
    cut: int
    """Letters of proclitics before `start`."""


class Lexicon:
    """Names → entries. Built once, then only read (but for the readings that it remembers)."""

    def __init__(self, names: Iterable[tuple[str, Entry]], lists: WordLists) -> None:
        trie = Trie()
        written: dict[str, set[str]] = {}
        self._keys: dict[str, set[str]] = {}
        for name, entry in names:
            printed = words_of(name)
            keys = [FOLDED[word] for word in printed]
            if entry.role == "name":
                self._keys.setdefault(entry.entity, set()).add(" ".join(keys))
            if len(printed) == 1:
                written.setdefault(keys[0], set()).add(printed[0])
            trie.add(keys, [entry.foreign and not word.startswith("ال") for word in printed], entry)
        trie.finish(lists.ambiguous)
        self._readings = Readings(trie, written, lists)

    def keys_of(self, entity: str) -> Set[str]:
        """The folded names of an entity."""
        return self._keys.get(entity, frozenset())

    def matches(self, text: Text) -> list[Match]:
        """The longest names of `text`, left to right, none overlapping."""
        found: list[Match] = []
        free = 0
        self._readings.of(text)
        kept, refs, starts, ends = text.kept, text.refs, text.starts, text.ends  # `text.known`, without its calls
        for number in text.begins:
            if number < free or (word := kept[refs[number] >> FLAGS]) is None:
                continue
            match: Match | None = None
            following = kept[refs[number + 1] >> FLAGS] if word.onward and number + 1 < len(refs) else None
            if following is not None and following.key:
                for start in word.onward:
                    if following.key in start.node or following.heard in start.spoken:
                        longer = _walk(text, number, start)
                        if longer is not None and (match is None or longer.last > match.last):
                            match = longer
            if match is None and word.alone:
                name, begin, end = word.alone[0], starts[number], ends[number]
                match = Match(number, number + 1, begin + name.cut, end, name.meaning, name.variant, name.cut)
            if match is not None:
                free = match.last
                found.append(match)
        return found


def _walk(text: Text, number: int, start: Start) -> Match | None:
    node, variant, kept, refs = start.node, start.variant, text.kept, text.refs
    best: tuple[int, Meaning, bool] | None = None
    for position in range(number + 1, len(refs)):
        word = kept[refs[position] >> FLAGS]
        if word is None or not word.key:
            break
        child = node.get(word.key)
        if child is None:
            near = _near(node, word)
            if near is None:
                break
            child, variant = node[near], True
        if not (text.spaced[position] or text.joined(position)):
            break
        node = child
        meaning: Meaning | None = node.get(END)
        if meaning is not None and (meaning.foreign or not variant):
            best = position + 1, meaning, variant
    if best is None:
        return None
    last, name, variant = best
    return Match(number, last, text.starts[number] + start.cut, text.ends[last - 1], name, variant, start.cut)


def _near(node: Node, word: Word) -> str | None:
    """A foreign word of `node` that `word` may spell otherwise."""
    names = node.get(SPOKEN, {}).get(word.heard, ())
    return next((name for name in names if near_within(name, word.key)), None)
