"""Other spellings of foreign names that no catalogue lists, found among the words of the index: كمبردج, كامبريدج.

Newsrooms write the same name with and without its long vowels, its g as ج or غ (`workers.tag.variants`). Many Arabic
words differ by no more than that and are other words, so both spellings must look like names:
- five letters and more, four consonants and more, no clitic, and no ending but what a stemmer leaves alone;
- no inflection of them stands in the index: كامبريدج has no كامبريدجها "her Cambridge" and no الكامبريدج.
Read on 583 such pairs of 4,000 articles: about one in twenty is two words (اغتنم, اغتنام: he seized, seizing).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from workers.ports import ArticleIndex
from workers.search.resolve import widened
from workers.search.tree import And, Boost, Exact, Near, Not, Or, Phrase, Query, Word, any_of, walk
from workers.tag.variants import alike, skeleton, sounds

if TYPE_CHECKING:
    from workers.arabic.analysis import Analyzer

MAX_KEPT = 20_000
"""Words whose other spellings are remembered."""
KEPT = 3600.0
"""Seconds for which they are: the index gets new words."""
LOT = 20
"""Words that the index is asked about at once."""
MAX_OTHERS = 12
SLIPS = 2
SHORTEST, CONSONANTS = 5, 4
_ARABIC = re.compile("[ء-غف-ي]+")
_HEADS = ("ال", "لل", "بال")
"""The article, and behind "for" and "in": what a name like these never has."""
_TAILS = ("ه", "ها", "هم", "نا", "ات", "ين", "ون", "ا", "ت", "وا", "يه", "ي")
"""his, her, their, our; plurals; accusative; she did, they did; adjectives of origin."""
_NOT_NAMES_BEGIN = ("ال", "و", "ي", "ت", "ن", "ست", "سي", "سن", "لل", "م", "است", "فب", "فل", "بال")
"""The article, and, imperfects, futures, for the, participles, tenth forms, so in, so for, in the."""
_NOT_NAMES_END = ("هم", "نا", "ها", "وا", "كم", "هما", "ته", "يه")
_PROCLITICS = "بلكفس"
_JOINED = ("و", "ف", "ب", "ل", "ك")
LEAST = 2
"""Articles with a name that is believed to stand behind a proclitic in a query."""
_SHARE = 0.02
"""Of a name's articles, those that may have something like an inflection of it: a slip, another word."""


class Spellings:
    """Of one index. It remembers what it has looked up."""

    def __init__(self, index: ArticleIndex, analyzer: Analyzer, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.index = index
        self.analyzer = analyzer
        self.clock = clock
        self._known: dict[str, tuple[str, ...]] = {}
        self._since = clock()

    def added(self, written: Query, query: Query) -> Query:
        """`query`, which `written` became, with the other spellings of the words that were written."""
        words = {word for leaf in walk(written) if isinstance(leaf, Word | Phrase) for word in leaf.text.split()}
        others = {word: found for word, found in self.of(sorted(words)).items() if found}
        return _with(query, others) if others else query

    def of(self, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Each of `words` (as printed) → its other spellings, commonest first."""
        exact = {word: self.analyzer.exact_word(word) for word in words}
        if len(self._known) >= MAX_KEPT or self.clock() - self._since > KEPT:
            self._known, self._since = {}, self.clock()
        self._learn([form for form in dict.fromkeys(exact.values()) if form not in self._known])
        return {word: self._known[form] for word, form in exact.items()}

    def _learn(self, words: list[str]) -> None:
        self._known |= dict.fromkeys(words, ())
        bare = {word: word[1:] for word in words if word[:1] in _JOINED and self.analyzer.stem_of(word) == word}
        names = self._names([form for form in {*words, *bare.values()} if self._looks_foreign(form)])
        for word in words:
            rest = bare.get(word, "")
            if word in names:
                self._known[word] = tuple(self._others(word))
            elif names.get(rest, 0) >= LEAST:
                self._known[word] = (rest, *self._others(rest))

    def _others(self, name: str) -> list[str]:
        near = sorted(self.index.near_words(name, SLIPS), key=lambda found: (-found.articles, found.word))
        spelt = [found.word for found in near if found.articles and self._spells(name, found.word)]
        others = [*self._names(spelt[:MAX_OTHERS])]
        return [*others, *self._joined([name, *others])]

    def _joined(self, names: list[str]) -> list[str]:
        """What the index has of `names` behind و ف ب ل ك (and, so, in, to, like), where the lexicon does not see it."""
        forms = [head + name for name in names for head in _JOINED]
        forms = [form for form in forms if self.analyzer.stem_of(form) not in names]
        counts = self.index.counts([Exact(form) for form in forms])
        return [form for form, number in zip(forms, counts, strict=True) if number]

    def _looks_foreign(self, word: str) -> bool:
        if not _ARABIC.fullmatch(word) or len(word) < SHORTEST or len(skeleton(word)) < CONSONANTS:
            return False
        return not (word.startswith(_NOT_NAMES_BEGIN) or word.endswith(_NOT_NAMES_END))

    def _spells(self, one: str, other: str) -> bool:
        """One of both is a word that stemming leaves as it is: two that it cuts are an Arabic word's inflections."""
        stems = self.analyzer.stem_of(one), self.analyzer.stem_of(other)
        uncut = one == stems[0] or other == stems[1]
        same_end = sounds(one[-1]) == sounds(other[-1])
        return stems[0] != stems[1] and uncut and same_end and self._looks_foreign(other) and alike(one, other)

    def _names(self, words: Sequence[str]) -> dict[str, int]:
        """Those of `words` that the index does not inflect, with the articles that have them."""
        if len(words) > LOT:
            return self._names(words[:LOT]) | self._names(words[LOT:])
        asked: list[Query] = []
        for word in words:
            inflections: list[Query] = [Exact(form) for form in _inflected(word)]
            asked += [Exact(word), any_of(inflections), Exact(word[1:])]
        counts = self.index.counts(asked)
        rows = zip(words, counts[::3], counts[1::3], counts[2::3], strict=True)
        return {word: own for word, own, inflected, rest in rows if _is_name(word, own, inflected, rest)}


def _inflected(word: str) -> Iterable[str]:
    return (*(head + word for head in _HEADS), *(word + tail for tail in _TAILS))


def _is_name(word: str, own: int, inflected: int, rest: int) -> bool:
    """`rest`: articles with the word without its first letter, which may be a proclitic."""
    return inflected <= _SHARE * own and not (word[0] in _PROCLITICS and rest >= max(2, own))


def _with(query: Query, others: dict[str, tuple[str, ...]]) -> Query:  # noqa: PLR0911 - one return a kind of node
    match query:
        case Word(text, field) if text in others:
            return any_of([query, *(Word(other, field) for other in others[text])])
        case Phrase(text, slop, field) if not others.keys().isdisjoint(text.split()):
            return any_of([query, *(Phrase(other, slop, field) for other in _phrases(text, others))])
        case And(parts):
            return And(tuple(_with(part, others) for part in parts))
        case Or(parts):
            return any_of([_with(part, others) for part in parts])
        case Not(part):
            return Not(_with(part, others))
        case Boost(part, factor):
            return Boost(_with(part, others), factor)
        case Near(parts, distance, ordered, field):
            wider = [_with(part, others) for part in parts]
            return Near(tuple(widened(parts, wider)), distance, ordered, field)
        case _:
            return query


def _phrases(text: str, others: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """A phrase with one word respelt at a time."""
    words = text.split()
    for place, word in enumerate(words):
        yield from (" ".join([*words[:place], other, *words[place + 1 :]]) for other in others.get(word, ()))
