"""Rules by what must stand in an article for them to match: few are judged, none is missed.

Anchors (`workers.search.cover`) stand in dictionaries by word. Words recur from article to article, so what a word
means to the rules (which of them it may fire, which prefixes and fuzzy words it passes) is worked out once a word and
remembered; an article then costs set operations and a step for each of its words that matters to some rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from workers.model import AlertRule
from workers.search.cover import Anchor, test_of
from workers.search.match import Predicate, passes
from workers.search.tree import Close, Query, StartsWith, walk
from workers.search.words import Words


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule that can be judged."""

    rule: AlertRule
    query: Query
    """Resolved."""
    holds: Predicate
    anchors: tuple[Anchor, ...] | None
    required: frozenset[str] = frozenset()
    """Stems that must be there."""


class Filter:
    """Compiled rules by their anchors."""

    def __init__(self, rules: Iterable[Compiled]) -> None:
        self._rules = list(rules)
        self._required = [rule.required for rule in self._rules]
        self._always: list[int] = []
        self._keywords: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        by_anchor: dict[Anchor, list[int]] = defaultdict(list)
        for number, rule in enumerate(self._rules):
            for node in walk(rule.query):
                if isinstance(node, StartsWith | Close):
                    _ = by_anchor[test_of(node)]
            if rule.anchors is None:
                self._always.append(number)
            for anchor in rule.anchors or ():
                if anchor.kind == "keyword":
                    self._keywords[anchor.field][anchor.value].append(number)
                else:
                    by_anchor[anchor].append(number)
        kinds: dict[str, dict[Anchor, list[int]]] = defaultdict(dict)
        for anchor, numbers in by_anchor.items():
            if anchor.kind != "keyword":
                kinds[anchor.kind][anchor] = numbers
        self._words = {kind: _Vocabulary(anchors) for kind, anchors in kinds.items()}
        self._passing = {test: found for words in self._words.values() for test, found in words.passing.items()}

    def candidates(self, words: Words) -> Iterator[Compiled]:
        """The rules that may hold, each once, in order. `words` learns which words pass the rules' tests."""
        numbers = set(self._always)
        for kind, known in self._words.items():
            numbers.update(known.rules_of(words.sets[kind]))
        words.passing = self._passing
        for field, by_value in self._keywords.items():
            values = words.keywords[field]
            for value in (*values, "") if values else ():
                numbers.update(by_value.get(value, ()))
        required, stems = self._required, words.sets["stem"]
        return (self._rules[number] for number in sorted(numbers) if required[number] <= stems)


class _Vocabulary:
    """What words of one kind mean to the rules, remembered.

    A fuzzy word and a word at most n edits away have a form in common when up to n letters are left out of each.
    """

    MOST = 200_000
    """Words remembered, about 40 MB with 10,000 rules."""

    def __init__(self, anchors: Mapping[Anchor, list[int]]) -> None:
        """`anchors`: the rules that each may fire; tests that no rule hangs on have none."""
        self._rules = anchors
        self._words = {anchor.value: tuple(rules) for anchor, rules in anchors.items() if anchor.test == "is"}
        tests = [anchor for anchor in anchors if anchor.test != "is"]
        self.passing: dict[Anchor, set[str]] = {test: set() for test in tests}
        """Prefix or fuzzy word → the known words that pass."""
        self._known: set[str] = set()
        self._fire: dict[str, tuple[int, ...]] = {}
        """Word → the rules that it may fire, where there are any."""
        self._starts = {test.value: test for test in tests if test.test == "starts"}
        self._lengths = sorted({len(prefix) for prefix in self._starts})
        self._close: dict[str, list[Anchor]] = defaultdict(list)
        for test in tests:
            if test.test == "close":
                for form in shortened(test.value, test.distance):
                    self._close[form].append(test)
        self._most = max((test.distance for test in tests), default=0)

    def rules_of(self, words: Iterable[str]) -> Iterator[int]:
        """The numbers of the rules that one of `words` may fire, some more than once."""
        words = words if isinstance(words, set | frozenset) else frozenset(words)
        if new := words - self._known:
            if len(self._known) + len(new) > self.MOST:
                self._forget()
                new = words
            for word in new:
                self._learn(word)
        fire = self._fire
        return chain.from_iterable([fire[word] for word in words & fire.keys()])

    def _learn(self, word: str) -> None:
        self._known.add(word)
        rules = list(self._words.get(word, ()))
        for test in self._passed(word):
            self.passing[test].add(word)
            rules += self._rules[test]
        if rules:
            self._fire[word] = tuple(dict.fromkeys(rules))

    def _passed(self, word: str) -> Iterator[Anchor]:
        for length in self._lengths:
            if length <= len(word) and (test := self._starts.get(word[:length])) is not None:
                yield test
        if self._close:
            forms = self._close.keys() & shortened(word, self._most)
            near = {test for form in forms for test in self._close[form]}
            yield from (test for test in near if passes(test, word))

    def _forget(self) -> None:
        self._known.clear()
        self._fire.clear()
        for found in self.passing.values():
            found.clear()


def shortened(word: str, most: int) -> set[str]:
    """`word` with up to `most` letters (two at most) left out, in every way."""
    forms = {word}
    if most > 0:
        once = [word[:at] + word[at + 1 :] for at in range(len(word))]
        forms.update(once)
        if most > 1:
            forms.update([form[:at] + form[at + 1 :] for end, form in enumerate(once) for at in range(end)])
    return forms
