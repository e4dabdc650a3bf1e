"""Rules by what must stand in an article for them to match: few are judged, none is missed.

A rule is cut into its alternatives (`workers.search.match.alternatives`); what fires one leaves the others alone.
Anchors (`workers.search.cover`) stand in dictionaries by word. Words recur from article to article, so what a word may
fire, for itself or for a prefix or fuzzy word that it passes, is worked out once a word and remembered; an article then
costs set operations and a step for each of its words that matters to some rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from workers.model import AlertRule
from workers.search.cover import Anchor, cover
from workers.search.match import Predicate, alternatives, parted
from workers.search.positions import close_pairs
from workers.search.tree import Query
from workers.search.words import Words


@dataclass(frozen=True, slots=True)
class Clause:
    """One of the alternatives that a query allows, so narrow that most articles are seen not to meet it."""

    anchors: tuple[Anchor, ...] | None
    required: frozenset[str]
    """Stems that must be there."""
    rest: Predicate
    """What else must hold."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule that can be judged."""

    rule: AlertRule
    query: Query
    """Resolved."""
    clauses: tuple[Clause, ...]
    """The query holds where one of them does."""

    @classmethod
    def of(cls, rule: AlertRule, query: Query) -> Compiled:
        """`rule`, whose resolved query is `query`."""
        return cls(rule, query, tuple(Clause(cover(part), *parted(part)) for part in alternatives(query)))

    def holds(self, words: Words) -> bool:
        """Whether the query holds for an article."""
        stems = words.sets["stem"]
        return any(clause.required <= stems and clause.rest(words) for clause in self.clauses)


class Filter:
    """Clauses of compiled rules by their anchors."""

    def __init__(self, rules: Iterable[Compiled]) -> None:
        self._rules = list(rules)
        owned = [(owner, clause) for owner, rule in enumerate(self._rules) for clause in rule.clauses]
        self._owner = [owner for owner, _ in owned]
        self._required = [None if _is_anchored(clause) else clause.required for _, clause in owned]
        self._rest = [clause.rest for _, clause in owned]
        self._always: list[int] = []
        self._keywords: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        kinds: dict[str, dict[Anchor, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, (_, clause) in enumerate(owned):
            if clause.anchors is None:
                self._always.append(number)
            for anchor in clause.anchors or ():
                if anchor.kind == "keyword":
                    self._keywords[anchor.field][anchor.value].append(number)
                else:
                    kinds[anchor.kind][anchor].append(number)
        self._words = {kind: _Vocabulary(anchors) for kind, anchors in kinds.items()}

    def candidates(self, words: Words) -> list[int]:
        """The numbers of the clauses that may hold, each once: they have an anchor and all required words there."""
        numbers = set(self._always)
        for kind, known in self._words.items():
            numbers.update(*known.fired_by(words.sets[kind]))
        for field, by_value in self._keywords.items():
            values = words.keywords[field]
            for value in (*values, "") if values else ():
                numbers.update(by_value.get(value, ()))
        required, stems = self._required, words.sets["stem"]
        return [n for n in numbers if (needed := required[n]) is None or needed <= stems]

    def meets(self, words: Words) -> list[Compiled]:
        """The rules that hold, in order."""
        rest, owner = self._rest, self._owner
        met = {owner[number] for number in self.candidates(words) if rest[number](words)}
        return [self._rules[number] for number in sorted(met)]


def _is_anchored(clause: Clause) -> bool:
    """Whether an article with an anchor of `clause` holds its required words for sure."""
    required = clause.required
    return not required or (len(required) == 1 and clause.anchors == tuple(Anchor("stem", word) for word in required))


_Numbers = tuple[int, ...]


class _Learned(NamedTuple):
    known: set[str]
    fire: dict[str, _Numbers]
    """Word → the clauses that it may fire, for itself or for a test that it passes."""


class _Vocabulary:
    """Which clauses words of one kind may fire, remembered. Several threads may ask it."""

    MOST = 200_000
    """Words remembered, about 40 MB with 10,000 rules."""

    def __init__(self, anchors: Mapping[Anchor, list[int]]) -> None:
        """`anchors`: the clauses that each may fire."""
        rules = {anchor: tuple(numbers) for anchor, numbers in anchors.items()}
        self._plain = {anchor.value: numbers for anchor, numbers in rules.items() if anchor.test == "is"}
        self._starts = {anchor.value: numbers for anchor, numbers in rules.items() if anchor.test == "starts"}
        self._lengths = sorted({len(prefix) for prefix in self._starts})
        close = [anchor for anchor in rules if anchor.test == "close"]
        self._terms = [anchor.value for anchor in close]
        self._close = [(anchor.distance, rules[anchor]) for anchor in close]
        """For each of `_terms`, how many edits it allows and the clauses that it may fire."""
        self._farthest = max((anchor.distance for anchor in close), default=0)
        self._learned = _Learned(set(), dict(self._plain))
        self._lock = Lock()

    def fired_by(self, words: AbstractSet[str]) -> list[_Numbers]:
        """The numbers of the clauses that each of `words` may fire, where there are any."""
        learned = self._learned
        if not words <= learned.known:
            with self._lock:
                learned = self._learn(words)
        return [learned.fire[word] for word in words & learned.fire.keys()]

    def _learn(self, words: AbstractSet[str]) -> _Learned:
        """Words count as known only once all is known of them: another thread may look at any moment."""
        learned = self._learned
        new = words - learned.known
        if len(learned.known) + len(new) > self.MOST:
            learned, new = _Learned(set(), dict(self._plain)), words
        for word, numbers in self._passed(new):
            learned.fire[word] = learned.fire.get(word, ()) + numbers
        learned.known.update(new)
        self._learned = learned
        return learned

    def _passed(self, words: AbstractSet[str]) -> Iterator[tuple[str, _Numbers]]:
        """Each word with the clauses of each test that it passes."""
        starts, lengths = self._starts, self._lengths
        for word in words:
            for start in [start for length in lengths if (start := word[:length]) in starts]:
                yield word, starts[start]
        if self._terms:
            for word, term, edits in close_pairs(list(words), self._terms, self._farthest):
                allowed, numbers = self._close[term]
                if edits <= allowed:
                    yield word, numbers
