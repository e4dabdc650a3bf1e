"""Which reading an ambiguous name has here: عمان is Oman or Amman, قطر is Qatar or "diameter".

Each reading has a prior and cue words by where they stand; its score is a sum in nats, its confidence the share of
e^score among all readings. The cues are data (config/entities/ambiguous.yaml); sentences of both readings, written
beside the tests (tests/unit/tag/traps.yaml), hold them.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
_NEIGHBOURS = ("before", "after")
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


@dataclass(frozen=True, slots=True)
class Rule:
    """The readings of one name."""

    readings: tuple[Reading, ...]
    cues: Mapping[str, frozenset[str]]
    """Where → every word that counts there for or against one of them."""
    entities: tuple[str, ...]
    by_itself: tuple[str | None, float]
    """What is decided where none of the cues stands, and none of the entities is sure."""

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> Rule:
        """Work out once what all places ask."""
        cues: dict[str, frozenset[str]] = {}
        for evidence in (evidence for reading in readings for evidence in reading.evidence):
            cues[evidence.where] = cues.get(evidence.where, frozenset()) | evidence.cues
        entities = tuple(reading.entity for reading in readings if reading.entity)
        return cls(tuple(readings), cues, entities, _likeliest(readings, [reading.prior for reading in readings]))


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
        marked = (f"@@{self.country}", *map("@".__add__, self.seen))
        return frozenset(marked).union(*(text.cues for text in self._texts))


class Ambiguity:
    """The readings of every ambiguous name."""

    def __init__(self, document: Mapping[str, Any], resolve: Callable[[str], str] = str) -> None:
        """`resolve`: the id that a merged id went into."""
        sets = {name: _cues(words, {}) for name, words in document.get(SETS, {}).items()}
        self._rules = {
            name_key(name): Rule.of([_reading(row, sets, resolve) for row in rows]) for name, rows in rules(document)
        }
        self.names = frozenset(self._rules)
        """The ambiguous names, folded."""

    def entities(self, key: str) -> tuple[str, ...]:
        """The entities that `key` may stand for by its rule."""
        rule = self._rules.get(key)
        return rule.entities if rule else ()

    def cues(self) -> frozenset[str]:
        """Every word that counts for or against some reading where it need not be a neighbour."""
        sorts = [(where, cues) for rule in self._rules.values() for where, cues in rule.cues.items()]
        return frozenset().union(*(cues for where, cues in sorts if where not in _NEIGHBOURS))

    def decide(self, place: Place) -> tuple[str | None, float]:
        """The likeliest reading and its probability."""
        rule = self._rules[place.match.meaning.key]
        around: dict[str, frozenset[str]] = {}
        for where, cues in rule.cues.items():
            words = _WORDS[where](place)
            if not cues.isdisjoint(words):  # nearly always it is, and no set need be made
                around[where] = cues.intersection(words)
        seen = place.around.seen
        if not around and seen.isdisjoint(rule.entities):
            return rule.by_itself
        scores = [_weigh(reading, around) + _named(reading.entity, place.around) for reading in rule.readings]
        return _likeliest(rule.readings, scores)


def _likeliest(readings: Sequence[Reading], scores: Sequence[float]) -> tuple[str | None, float]:
    highest = max(scores)
    best = readings[scores.index(highest)]
    return best.entity, 1 / sum([math.exp(score - highest) for score in scores])


def _weigh(reading: Reading, around: Mapping[str, frozenset[str]]) -> float:
    """`around`: where → the cues of the rule that stand there, if any do."""
    score = reading.prior
    for evidence in reading.evidence if around else ():
        met = around.get(evidence.where)
        if met is not None and not evidence.cues.isdisjoint(met):
            score += evidence.gain * min(evidence.most, len(evidence.cues & met))
    return score


def _named(entity: str | None, around: Surroundings) -> float:
    if entity not in around.seen:
        return 0.0
    return NAMED_IN_FULL if entity in around.full else NAMED


def _near(place: Place) -> list[str]:
    match, text, _ = place
    cued = text.cued
    begin = bisect_left(cued, match.first - NEAR)
    end = bisect_left(cued, match.last + NEAR, begin)
    first = bisect_left(cued, match.first, begin, end)
    last = bisect_left(cued, match.last, first, end)
    return text.cues[begin:first] + text.cues[last:end]


def _before(place: Place) -> frozenset[str]:
    """The word before, whole and bare; `#` for a number, `|` where the sentence or the text begins.

    Also the name's proclitics (`+`, and `+ب` for ب "in" alone), and `«` where the name stands in quotes.
    """
    match, text, _ = place
    number = match.first
    spaced = text.spaced[number]
    ends = not spaced and (number == 0 or _STOPS.search(text.gap(number)))
    word = _END if ends else _FORMS[text.word(number - 1)]
    return word if spaced and not match.cut else word.union(_attached(match, text.text))


def _after(place: Place) -> frozenset[str]:
    """The word behind, whole and bare; `#` for a number, `|` where the sentence or the text ends."""
    match, text, _ = place
    number = match.last
    if not text.spaced[number] and (number == len(text) or _STOPS.search(text.gap(number))):
        return _END
    return _FORMS[text.word(number)]


_WORDS: Mapping[str, Callable[[Place], Iterable[str]]] = {
    "before": _before,
    "after": _after,
    "near": _near,
    "article": lambda place: place.around.words,
}


def _forms(printed: str) -> frozenset[str]:
    key = FOLDED[printed]
    rests = (bare_key(rest) for _, rest in readings(key))  # لنادي "for the club" is a club too
    return frozenset({"#" if key.isdigit() else key, *rests})


_FORMS = Memo(_forms, KEEP_FORMS)


def _attached(match: Match, text: str) -> tuple[str, ...]:
    """What is written onto the name."""
    cut = ("+", f"+{text[match.start - 1]}") if match.cut else ()
    first = match.start - match.cut - 1
    if first >= 0 and text[first] in _QUOTES and text[match.end : match.end + 1] in _QUOTES:
        return (*cut, "«")
    return cut


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
