"""Name variants: a query for one spelling of a name finds the others (بيونج يانج and بيونغ يانغ).

Works on the tree as written, before `resolve`, so that every evaluator sees the same alternatives. The query's words
are read as tagging reads an article's: with proclitics, in unlisted transliterations, the longest name first. A name
that stands for one entity becomes: the words as written, or one of the entity's names, or its surface respelt, or the
entity itself where tagging found it. A single word that two names of one entity spell differently at the same place
(الأطلسي and الأطلنطي in "North Atlantic Alliance") finds its other spelling as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from workers.arabic.fold import fold
from workers.search.resolve import widened
from workers.search.tree import (
    NAME_FIELDS,
    And,
    Boost,
    Keyword,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    Word,
    any_of,
)
from workers.tag.catalogue import Catalogue
from workers.tag.inflect import forms
from workers.tag.lexicon import Lexicon, Match
from workers.tag.reading import WordLists
from workers.tag.text import Text
from workers.tag.variants import alike, sounds

MAX_VARIANTS = 24
"""Alternatives of one name; more would be a catalogue's mistake."""
SHORTEST_JOINED = 6
"""Letters of a name that may be written as two words: shorter ones are two words by chance."""
_G = "جغ"
"""The letters that most newsrooms write a foreign g with (Cairo, the others)."""
_ANY_G = "جغك"
"""And the Levantine kaf; a kaf as printed may as well be a k, so only the two above are respelt."""
_ARTICLE = "ال"
_ENDINGS = ("ين", "ان", "ون", "ات", "ية")
"""What a stemmer takes off a spelling that no lexicon knows: the respelt Beijing would find every بيغ."""


def expand_query(query: Query, catalogue: Catalogue) -> Query:
    """`query` with every name that the catalogue knows joined by its other spellings and by its entity."""
    return _Expander(_variants(catalogue)).node(query)


@dataclass(frozen=True, slots=True)
class Name:
    """A name found among the words of a query: word numbers (end exclusive), its entity, its other spellings."""

    first: int
    last: int
    entity: str
    spellings: tuple[str, ...]


class Variants:
    """The catalogue's names, ready to be found in a query."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        refused, common = (frozenset(map(fold, catalogue.words.get(key, ()))) for key in ("refused", "common"))
        self._lexicon = Lexicon(
            (line for line in catalogue.lines() if line[1].role in {"name", "short"}),
            WordLists(refused=refused, common=common),
        )
        self._doubtful = frozenset(map(fold, catalogue.words.get("doubtful", ())))
        self._words: dict[str, dict[str, None]] = defaultdict(dict)
        for group in catalogue.variant_groups():
            for name, other in product(group, group):
                self._pair(name.split(), other.split())
        for source in catalogue.sources():
            for one, other in product(source.nisba, source.nisba):
                if _spell_one_word(_bare(one), _bare(other), long_name=False):
                    self._adjectives(one, other)

    def _adjectives(self, one: str, other: str) -> None:
        """Each inflection of an adjective of origin in its other spelling (أمريكية and أميركية: American)."""
        for ours, theirs in zip(forms(one), forms(other), strict=False):
            if not ours.startswith(_ARTICLE):
                self._words[_bare(ours)][theirs] = None

    def _pair(self, ours: list[str], theirs: list[str]) -> None:
        """Learn the one word in which two names differ, where it is spelt alike or begins alike in a longer name."""
        if len(ours) != len(theirs) or len(ours) < 2:
            return
        differ = [(a, b) for a, b in zip(ours, theirs, strict=True) if fold(a) != fold(b)]
        if len(differ) == 1 and _spell_one_word(*map(_bare, differ[0]), long_name=len(ours) > 2):
            self._words[_bare(differ[0][0])][differ[0][1]] = None

    def names(self, text: str) -> list[Name]:
        """The names in `text` that stand for one entity each, left to right.

        What has other meanings too (الريال: Real Madrid, the currency) is neither read as a name nor an alternative:
        where an article means the name, tagging has said so.
        """
        found = []
        words = Text(text)
        for match in self._lexicon.matches(words):
            entities = set(match.meaning.names or match.meaning.weak)
            surface = text[match.start : match.end]
            if (
                fold(surface) not in self._doubtful
                and len(entities) == 1
                and (not match.variant or _sounds_alike(surface, match.meaning.key))
            ):
                entity = entities.pop()
                others = (*self._catalogue.names(entity), *_respelt(surface, match))
                known = dict.fromkeys(name for name in others if fold(name) not in {*self._doubtful, fold(surface)})
                found.append(Name(match.first, match.last, entity, tuple(islice(known, MAX_VARIANTS))))
        return found

    def ids(self, entity: str) -> tuple[str, ...]:
        """The ids under which an entity stands in articles: with those that were merged into it."""
        return self._catalogue.ids(entity)

    def whole(self, text: str) -> Name | None:
        """The name that the whole of `text` is."""
        names = self.names(text)
        alone = len(names) == 1 and (names[0].first, names[0].last) == (0, len(Text(text).printed))
        return names[0] if alone else None

    def joined(self, one: str, other: str) -> Name | None:
        """The name of one word that is written as two here (نيو يورك: New York)."""
        text = one + other
        return self.whole(text) if len(text) >= SHORTEST_JOINED and min(len(one), len(other)) > 1 else None

    def same_words(self, one: str, other: str) -> bool:
        """Whether two names are one in another transliteration: sound by sound, or in one word that has spellings."""
        ours, theirs = fold(one).split(), fold(other).split()
        if alike("".join(ours), "".join(theirs)):
            return True
        return len(ours) == len(theirs) and all(
            a == b or alike(a, b) or _bare(b) in map(_bare, self.word(a)) for a, b in zip(ours, theirs, strict=True)
        )

    def word(self, text: str) -> tuple[str, ...]:
        """Other spellings of one word."""
        return tuple(self._words.get(_bare(text), ()))

    def words(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every word that has other spellings, without its article, with those."""
        return ((word, tuple(others)) for word, others in self._words.items())


def _sounds_alike(surface: str, key: str) -> bool:
    """Of a transliteration that the catalogue does not list: its vowels agree, only letters of one sound differ."""
    return sounds(fold(surface)) == sounds(key)


def _bare(word: str) -> str:
    return fold(word).removeprefix(_ARTICLE)


def _spell_one_word(one: str, other: str, *, long_name: bool) -> bool:
    """Three common first letters suffice where two more words of the name agree; endings are no spelling."""
    if min(len(one), len(other)) < 4 or one.startswith(other) or other.startswith(one):
        return False
    if one == other or sorted(one) == sorted(other):  # letters that changed places: أمريكا, أميركا
        return one != other
    return alike(one, other) or (long_name and one[:3] == other[:3] and abs(len(one) - len(other)) <= 1)


def _respelt(surface: str, match: Match) -> Iterator[str]:
    """A foreign name with its g's written the other ways: what no catalogue lists and some newsroom prints."""
    if not match.meaning.foreign or len(surface) < 5 or surface.endswith(_ENDINGS):
        return
    if any(letter in _G for letter in surface):
        for g in _ANY_G:  # one letter for every g of the name: nobody mixes them inside one
            yield "".join(g if letter in _G else letter for letter in surface)


@lru_cache(maxsize=2)
def _variants(catalogue: Catalogue) -> Variants:
    return Variants(catalogue)


class _Expander:
    def __init__(self, variants: Variants) -> None:
        self.variants = variants

    def node(self, query: Query) -> Query:  # noqa: PLR0911 - one return a kind of node
        match query:
            case And(parts):
                return self.all_of(parts)
            case Or(parts):
                return any_of([self.node(part) for part in parts])
            case Not(part):
                return Not(self.node(part))
            case Boost(part, factor):
                return Boost(self.node(part), factor)
            case Near(parts, distance, ordered, field):
                wider = [_only_words(self.node(part)) for part in parts]
                return Near(tuple(widened(parts, wider)), distance, ordered, field)
            case Word(text, field):
                return any_of([query, *self.named(text, field), *self.spelt(text, field)])
            case Phrase(text, 0, field):
                return any_of([query, *self.within(text, field)])
            case Phrase(text, slop, field):
                return any_of([query, *self.loose(text, slop, field)])
            case Keyword("entity", values):
                return Keyword("entity", tuple(id_ for value in values for id_ in self.entities(value)))
            case _:
                return query

    def entities(self, value: str) -> Iterable[str]:
        named = [value] if value.isascii() else [name.entity for name in self.variants.names(value)]
        return [id_ for entity in named for id_ in self.variants.ids(entity)]

    def spelt(self, text: str, field: str | None) -> Iterator[Query]:
        """Other spellings of a word that is part of names."""
        return (Word(other, field) for other in self.variants.word(text))

    def named(self, text: str, field: str | None) -> list[Query]:
        """The other spellings of `text`, where the whole of it is one name."""
        name = self.variants.whole(text)
        return [] if name is None else [*_spelt(name, field)]

    def loose(self, text: str, slop: int, field: str | None) -> Iterator[Query]:
        """A sloppy phrase as words near each other, where one of them has other spellings."""
        words = [Word(word, field) for word in Text(text).printed]
        choices = [_only_words(self.node(word)) for word in words]
        if 2 <= len(words) <= 4 and choices != words:
            yield Near(tuple(widened(words, choices)), slop, ordered=False, field=field)

    def within(self, text: str, field: str | None) -> Iterator[Query]:
        """A phrase with each name in it in its other spellings, one name at a time.

        Who puts a name in quotes means these words: other transliterations of them, and no other name.
        """
        words = Text(text).printed
        for name in self.variants.names(text):
            surface = " ".join(words[name.first : name.last])
            for other in name.spellings:
                if self.variants.same_words(surface, other):
                    yield _words(" ".join([*words[: name.first], other, *words[name.last :]]), field)
        if len(words) == 2 and self.variants.joined(*words) is not None:
            yield Word("".join(words), field)

    def all_of(self, parts: tuple[Query, ...]) -> Query:
        """Words side by side that spell a name together become that name."""
        done: list[Query] = []
        run: list[Word] = []
        for part in (*parts, None):
            if run and (not isinstance(part, Word) or part.field != run[0].field):
                done += self.run(run)
                run = []
            if isinstance(part, Word):
                run.append(part)
            elif part is not None:
                done.append(self.node(part))
        return done[0] if len(done) == 1 else And(tuple(done))

    def run(self, words: list[Word]) -> list[Query]:
        if any(len(Text(word.text).printed) != 1 for word in words):
            return [self.node(word) for word in words]
        done: list[Query] = []
        at = 0
        for name in self.variants.names(" ".join(word.text for word in words)):
            if name.last - name.first > 1:
                done += self.apart(words[at : name.first])
                together: list[Query] = [*words[name.first : name.last]]
                done.append(any_of([And(tuple(together)), *_spelt(name, words[0].field)]))
                at = name.last
        return [*done, *self.apart(words[at:])]

    def apart(self, words: list[Word]) -> Iterator[Query]:
        """Words that spell no name side by side; two of them may be one that is written in one word."""
        at = 0
        while at < len(words):
            pair = words[at : at + 2]
            name = self.variants.joined(*(word.text for word in pair)) if len(pair) == 2 else None
            if name is None:
                yield self.node(words[at])
            else:
                one = Word("".join(word.text for word in pair), pair[0].field)
                yield any_of([And(tuple(pair)), one, *_spelt(name, one.field)])
            at += 1 if name is None else 2


def _spelt(name: Name, field: str | None) -> Iterator[Query]:
    yield from (_words(other, field) for other in name.spellings)
    if field is None or field in NAME_FIELDS:
        yield Keyword("entity", (name.entity,))


def _words(text: str, field: str | None) -> Query:
    return Phrase(text, 0, field) if " " in text else Word(text, field)


def _only_words(part: Query) -> Query:
    """Without entities: a window is of words."""
    if not isinstance(part, Or):
        return part
    return any_of([inner for inner in part.parts if not isinstance(inner, Keyword)])
