"""Name variants: a query for one spelling of a name finds the others (بيونج يانج and بيونغ يانغ).

Works on the tree as written, before `resolve`, so that every evaluator sees the same alternatives. A name of one word
is expanded where it stands alone; a name of several words where the query has them side by side or in a phrase.
What counts as the same name is the catalogue's (`variant_groups`); words that differ between two spellings of one
name, in the same place and alike in sound, are variants of each other too, so that ستولتنبرج alone finds ستولتنبرغ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from workers.arabic.fold import fold
from workers.search.tree import And, Boost, Near, Not, Or, Phrase, Query, Word, any_of
from workers.tag.variants import alike

if TYPE_CHECKING:
    from workers.arabic.analysis import Analyzer


class Names(Protocol):
    """What search needs of the entity catalogue."""

    def __hash__(self) -> int: ...

    def variant_groups(self) -> Iterable[tuple[str, ...]]:
        """The names of each entity that has several."""


Key = tuple[str, ...]

MAX_VARIANTS = 24
"""Alternatives of one name; more would be a catalogue's mistake."""


def expand_query(query: Query, names: Names, analyzer: Analyzer) -> Query:
    """`query` with every known name joined by its other spellings."""
    return _Expander(_variants(names, analyzer)).node(query)


class Variants:
    """Names by their stems: a name written with proclitics (وللناتو) is known too."""

    def __init__(self, groups: Iterable[tuple[str, ...]], stems: Callable[[str], Key]) -> None:
        self.stems = stems
        self._spellings: dict[Key, dict[str, None]] = defaultdict(dict)
        for group in groups:
            self._add(group)
        self.longest = max((len(key) for key in self._spellings), default=0)

    def _add(self, group: tuple[str, ...]) -> None:
        keyed = {name: key for name in group if (key := self.stems(name))}
        for name, key in keyed.items():
            for other, other_key in keyed.items():
                if other_key != key:
                    self._spellings[key][other] = None
                    self._add_words(name, other)

    def _add_words(self, name: str, other: str) -> None:
        """Two spellings with as many words: the words that differ spell one another where they sound alike."""
        ours, theirs = name.split(), other.split()
        if len(ours) != len(theirs) or len(ours) < 2:
            return
        for our, their in zip(ours, theirs, strict=True):
            one, two = self.stems(our), self.stems(their)
            if one != two and len(one) == len(two) == 1 and len(our) > 3 and alike(fold(our), fold(their)):
                self._spellings[one][their] = None

    def of(self, key: Key) -> tuple[str, ...]:
        """Other spellings of the name with these stems; empty for a name that is not known."""
        return tuple(self._spellings.get(key, ()))[:MAX_VARIANTS]


@lru_cache(maxsize=4)
def _variants(names: Names, analyzer: Analyzer) -> Variants:
    return Variants(names.variant_groups(), lambda text: tuple(term.term for term in analyzer.stem(text)))


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
                return Near(tuple(self.node(part) for part in parts), distance, ordered, field)
            case Word(text, field):
                return any_of([query, *self.spelt(self.variants.of(self.variants.stems(text)), field)])
            case Phrase(text, 0, field):
                return any_of([query, *(Phrase(other, 0, field) for other in self.phrases(text))])
            case _:
                return query

    def spelt(self, names: Iterable[str], field: str | None) -> Iterator[Query]:
        for name in names:
            yield Phrase(name, 0, field) if " " in name else Word(name, field)

    def all_of(self, parts: tuple[Query, ...]) -> Query:
        """Words side by side that spell a name together become that name; the longest name wins."""
        done: list[Query] = []
        at = 0
        while at < len(parts):
            length, found = self.name_at(parts, at)
            done.append(found if found is not None else self.node(parts[at]))
            at += length
        return done[0] if len(done) == 1 else And(tuple(done))

    def name_at(self, parts: tuple[Query, ...], at: int) -> tuple[int, Query | None]:
        run: list[Word] = []
        for part in parts[at : at + self.variants.longest]:
            if not isinstance(part, Word) or part.field != parts[at].field:  # type: ignore[attr-defined]
                break
            run.append(part)
        for length in range(len(run), 1, -1):
            words = run[:length]
            others = self.variants.of(self.variants.stems(" ".join(word.text for word in words)))
            if others:
                spelt = [self.node(word) for word in words]
                return length, any_of([And(tuple(spelt)), *self.spelt(others, words[0].field)])
        return 1, None

    def phrases(self, text: str) -> Iterator[str]:
        """`text` with each name in it in its other spellings, one name at a time."""
        words = text.split()
        for start in range(len(words)):
            for end in range(len(words), start, -1):
                for other in self.variants.of(self.variants.stems(" ".join(words[start:end]))):
                    yield " ".join([*words[:start], other, *words[end:]])
