"""Which reading an ambiguous name has here: عمان is Oman or Amman, قطر is Qatar or "diameter".

Each reading has a prior and cue words by where they stand; its score is a sum in nats, its confidence the share of
e^score among all readings. The cues are data (config/entities/ambiguous.yaml); sentences of both readings, written
beside the tests (tests/unit/tag/traps.yaml), hold them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from workers.arabic.memo import Memo
from workers.tag.lexicon import Match
from workers.tag.text import FOLDED, Text, name_key
from workers.tag.words import bare, bare_key, readings

WEIGHTS = {"before": 4.0, "after": 4.0, "near": 2.0, "article": 1.0}
"""Nats a cue adds: next to the name, within NEAR words, anywhere. Chosen on the trap sentences; before and after decide
against any prior, two near cues too, and article cues only tip a balance."""
NEAR = 10
"""Words to each side; about the length of a clause."""
NAMED_IN_FULL, NAMED = 2.0, 1.0
"""Nats for a reading whose entity the article names in several words, or in another sure name: who is introduced as
حسن روحاني is meant by روحاني afterwards, and no "spiritual"."""
SETS = "_cues"
"""The key of ambiguous.yaml under which lists of cues have names."""
_STOPS = re.compile("[.\n؟!:]")
_END = frozenset("|")
KEEP_FORMS = 20_000
_QUOTES = frozenset("\"«»“”„'")
TOWN, CLUB, CLUBS = "_town", "_club", "_clubs"
"""Keys under which the readings of a town and of a club stand, and the names that mean a town or its club."""
MOST = {"before": 1, "after": 1, "near": 3, "article": 4}
"""Cues of one sort that count, so that a long article does not drown its sentence."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Cues of one sort: `gain` nats for each that stands `where`, counted up to `most`."""

    where: str
    gain: float
    most: int
    cues: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of an ambiguous name; `entity` None is an ordinary word."""

    entity: str | None
    prior: float
    evidence: tuple[Evidence, ...]


def rules(document: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The names of ambiguous.yaml with their readings, those of towns and their clubs written out."""
    yield from ((name, rows) for name, rows in document.items() if name[0] != "_")
    for name, pair in document.get(CLUBS, {}).items():
        town, club = pair.split()
        yield name, [{**document[TOWN], "entity": town}, {**document[CLUB], "entity": club}]


class Place(NamedTuple):
    """Where a match stands: its text, the article's words and the entities that are sure."""

    match: Match
    text: Text
    around: Surroundings


class Surroundings:
    """What all texts of one article say together."""

    def __init__(self, texts: Iterable[Text], seen: frozenset[str], full: frozenset[str], country: str = "") -> None:
        self._texts = tuple(texts)
        self.seen = seen
        """Entities that are sure."""
        self.full = full
        """Entities of which a name of several words stands in the article."""
        self.country = country

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word that is a cue somewhere, bare of و and article, and sure entities as @id."""
        found = {word.cue for text in self._texts for word in text.known if word is not None}
        return frozenset(found | {f"@{entity}" for entity in self.seen} | {f"@@{self.country}"})


class Ambiguity:
    """The readings of every ambiguous name."""

    def __init__(self, document: Mapping[str, Any], resolve: Callable[[str], str] = str) -> None:
        """`resolve`: the id that a merged id went into."""
        sets = {name: _cues(words, {}) for name, words in document.get(SETS, {}).items()}
        self._rules = {
            name_key(name): tuple(_reading(row, sets, resolve) for row in rows) for name, rows in rules(document)
        }
        self.names = frozenset(self._rules)
        """The ambiguous names, folded."""

    def entities(self, key: str) -> tuple[str, ...]:
        """The entities that `key` may stand for by its rule."""
        return tuple(r.entity for r in self._rules.get(key, ()) if r.entity)

    def cues(self) -> frozenset[str]:
        """Every word that counts for or against some reading."""
        rows = (row for rule in self._rules.values() for row in rule)
        return frozenset().union(*(evidence.cues for row in rows for evidence in row.evidence))

    def decide(self, place: Place) -> tuple[str | None, float]:
        """The likeliest reading and its probability."""
        rule = self._rules[place.match.meaning.key]
        around = _Around(place)
        scores = [_weigh(r, around) + _named(r.entity, place.around) for r in rule]
        best = max(range(len(rule)), key=scores.__getitem__)
        total = sum(math.exp(score - scores[best]) for score in scores)
        return rule[best].entity, 1 / total


class _Around(dict[str, frozenset[str]]):
    """Where → the words that stand there, looked up once for all readings."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place

    def __missing__(self, where: str) -> frozenset[str]:
        found = self[where] = _words(where, self._place)
        return found


def _weigh(reading: Reading, around: Mapping[str, frozenset[str]]) -> float:
    score = reading.prior
    for evidence in reading.evidence:
        words = around[evidence.where]
        if not evidence.cues.isdisjoint(words):
            score += evidence.gain * min(evidence.most, len(evidence.cues & words))
    return score


def _named(entity: str | None, around: Surroundings) -> float:
    if entity not in around.seen:
        return 0.0
    return NAMED_IN_FULL if entity in around.full else NAMED


def _words(where: str, place: Place) -> frozenset[str]:
    match, text = place.match, place.text
    if where == "article":
        return place.around.words
    if where == "before":
        return _one(text, match.first - 1, place)
    if where == "after":
        return _one(text, match.last, place)
    low, high = max(0, match.first - NEAR), match.last + NEAR
    near = text.known[low : match.first] + text.known[match.last : high]
    return frozenset([word.cue for word in near if word is not None])


def _one(text: Text, number: int, place: Place) -> frozenset[str]:
    """The neighbouring word, whole and bare; `#` for a number, `|` where a sentence or the text ends.

    Before the name also its proclitics (`+`, and `+ب` for ب "in" alone), and `«` where the name stands in quotes.
    """
    match = place.match
    before = number < match.first
    if not 0 <= number < len(text.printed) or _STOPS.search(text.gaps[number if before else number - 1]):
        word = _END
    else:
        word = _FORMS[text.printed[number]]
    return word.union(_attached(place)) if before else word


def _forms(printed: str) -> frozenset[str]:
    key = FOLDED[printed]
    rests = (bare_key(rest) for _, rest in readings(key))  # لنادي "for the club" is a club too
    return frozenset({"#" if key.isdigit() else key, *rests})


_FORMS = Memo(_forms, KEEP_FORMS)


def _attached(place: Place) -> Iterator[str]:
    """What is written onto the name."""
    match, text = place.match, place.text.text
    if match.cut:
        yield from ("+", f"+{text[match.start - 1]}")
    first = match.start - match.cut - 1
    if first >= 0 and text[first] in _QUOTES and text[match.end : match.end + 1] in _QUOTES:
        yield "«"


def _reading(row: Mapping[str, Any], sets: Mapping[str, frozenset[str]], resolve: Callable[[str], str]) -> Reading:
    entity = row.get("entity")
    evidence = [
        Evidence(where, sign * weight, MOST[where], _cues(row[sort], sets))
        for where, weight in WEIGHTS.items()
        for sort, sign in ((where, 1), (f"not_{where}", -1))
        if sort in row
    ]
    return Reading(resolve(entity) if entity else None, float(row.get("prior", 0)), tuple(evidence))


def _cues(listed: str | Iterable[str], sets: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Cue words as they are compared; `$name` stands for a set of the file's `_cues`."""
    words = [listed] if isinstance(listed, str) else list(map(str, listed))
    found = frozenset(_cue(word) for word in words if word[0] != "$")
    return found.union(*(sets[word[1:]] for word in words if word[0] == "$"))


def _cue(word: str) -> str:
    return word if word[0] in "@#|+«" else bare(word)
