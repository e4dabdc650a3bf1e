"""The longest names in a text: a trie of folded words, entered where a printed word may begin a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from workers.tag.known import BEGINS, FLAGS, FOLLOWS, Start, Word
from workers.tag.reading import Readings, WordLists
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
        return self.matches_of_each([text])[0]

    def matches_of_each(self, texts: Sequence[Text]) -> list[list[Match]]:
        """`matches` of each of `texts`: read together, which is quicker."""
        self._readings.of(texts)
        return list(map(_matches, texts))


def _matches(text: Text) -> list[Match]:
    found: list[Match] = []
    free = 0
    kept, refs, starts, ends = text.kept, text.refs, text.starts, text.ends  # `text.known`, without its calls
    for number in text.begins:
        if number < free:
            continue
        ref = refs[number]
        word = kept[ref >> FLAGS]
        match = _longest(text, number, word) if ref & BEGINS else None
        if match is None and word.alone:
            name, begin, end = word.alone[0], starts[number], ends[number]
            match = Match(number, number + 1, begin + name.cut, end, name.meaning, name.variant, name.cut)
        if match is not None:
            free = match.last
            found.append(match)
    return found


def _longest(text: Text, number: int, word: Word) -> Match | None:
    """The longest name of several words that begins at `number`."""
    match: Match | None = None
    following = text.known(number + 1)
    key, heard = following.key, following.heard
    for start in word.onward:
        if key in start.node or heard in start.spoken:
            longer = _walk(text, number, start)
            if longer is not None and (match is None or longer.last > match.last):
                match = longer
    return match


def _walk(text: Text, number: int, start: Start) -> Match | None:
    node, variant, kept, refs = start.node, start.variant, text.kept, text.refs
    best: tuple[int, Meaning, bool] | None = None
    position = number + 1
    while refs[position] & FOLLOWS:
        word = kept[refs[position] >> FLAGS]
        child = node.get(word.key)
        if child is None:
            near = _near(node, word)
            if near is None:
                break
            child, variant = node[near], True
        if not (text.spaced[position] or text.joined(position)):
            break
        node = child
        position += 1
        meaning: Meaning | None = node.get(END)
        if meaning is not None and (meaning.foreign or not variant):
            best = position, meaning, variant
    if best is None:
        return None
    last, name, variant = best
    return Match(number, last, text.starts[number] + start.cut, text.ends[last - 1], name, variant, start.cut)


def _near(node: Node, word: Word) -> str | None:
    """A foreign word of `node` that `word` may spell otherwise."""
    names = node.get(SPOKEN, {}).get(word.heard, ())
    return next((name for name in names if near_within(name, word.key)), None)
