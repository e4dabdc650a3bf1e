"""Rules by what must stand in an article for them to match: few are judged, none is missed.

Anchors (`workers.search.cover`) stand in dictionaries by word; what an article holds of them costs a look-up a word
(an Aho-Corasick automaton was slower: 0.036 against 0.016 ms). Tests of words (prefixes, fuzzy words) are asked once
for each distinct word and remembered, because words recur from article to article.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from workers.model import AlertRule
from workers.search.cover import Anchor, WordKind, test_of
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


class Filter:
    """Compiled rules by their anchors."""

    def __init__(self, rules: Iterable[Compiled]) -> None:
        self._rules = list(rules)
        self._always: list[int] = []
        self._words: dict[WordKind, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._keywords: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._tests: dict[Anchor, list[int]] = defaultdict(list)
        for number, rule in enumerate(self._rules):
            self._place(number, rule)
        self._tested = frozenset(self._tests)
        kinds = {test.kind for test in self._tests if test.kind != "keyword"}
        self._passing = {kind: _Passing([t for t in self._tests if t.kind == kind]) for kind in kinds}

    def _place(self, number: int, rule: Compiled) -> None:
        for node in walk(rule.query):
            if isinstance(node, StartsWith | Close):
                self._tests[test_of(node)]
        if rule.anchors is None:
            self._always.append(number)
        for anchor in rule.anchors or ():
            if anchor.kind == "keyword":
                self._keywords[anchor.field][anchor.value].append(number)
            elif anchor.test == "is":
                self._words[anchor.kind][anchor.value].append(number)
            else:
                self._tests[anchor].append(number)

    def candidates(self, words: Words) -> Iterator[Compiled]:
        """The rules that may hold, each once, in order. `words` learns which of them pass the rules' tests."""
        numbers = set(self._always)
        for kind, by_word in self._words.items():
            for term in getattr(words, kind).keys() & by_word.keys():
                numbers.update(by_word[term])
        self._test(words)
        for test in words.passed:
            numbers.update(self._tests[test])
        for field, by_value in self._keywords.items():
            values = words.keywords[field]
            for value in (*values, "") if values else ():
                numbers.update(by_value.get(value, ()))
        return (self._rules[number] for number in sorted(numbers))

    def _test(self, words: Words) -> None:
        words.tested, words.passed = self._tested, {}
        for kind, passing in self._passing.items():
            none = passing.none
            for term in getattr(words, kind):
                if term not in none:
                    for test in passing[term]:
                        words.passed.setdefault(test, []).append(term)


class _Passing(dict[str, tuple[Anchor, ...]]):
    """The tests that a word passes, remembered; `none`: the words that pass none, which are nearly all.

    A fuzzy word and a word at most n edits away have a form in common when up to n letters are left out of each.
    """

    MOST = 200_000
    """Words remembered, about 20 MB."""

    def __init__(self, tests: list[Anchor]) -> None:
        super().__init__()
        self.none: set[str] = set()
        self._starts = {test.value: test for test in tests if test.test == "starts"}
        self._lengths = sorted({len(prefix) for prefix in self._starts})
        self._close: dict[str, list[Anchor]] = defaultdict(list)
        for test in tests:
            if test.test == "close":
                for form in shortened(test.value, test.distance):
                    self._close[form].append(test)
        self._most = max((test.distance for test in tests), default=0)

    def __missing__(self, term: str) -> tuple[Anchor, ...]:
        if len(self) + len(self.none) >= self.MOST:
            self.clear()
            self.none.clear()
        found = [self._starts[term[:n]] for n in self._lengths if n <= len(term) and term[:n] in self._starts]
        if self._close:
            near = {test for form in shortened(term, self._most) for test in self._close.get(form, ())}
            found += [test for test in near if passes(test, term)]
        if not found:
            self.none.add(term)
            return ()
        self[term] = tuple(found)
        return self[term]


def shortened(word: str, most: int) -> set[str]:
    """`word` with up to `most` letters left out, in every way."""
    forms = {word}
    for number in range(1, min(most, len(word)) + 1):
        forms.update("".join(letters) for letters in combinations(word, len(word) - number))
    return forms
