"""The in-process evaluator: a resolved query compiled to a predicate over one article's words.

It finds what the Elasticsearch and SQLite evaluators find (a differential test holds this). `workers.search.cover` says
which words must be there for a query to match, so that of thousands of rules few are judged.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce

from workers.search import patterns, positions
from workers.search.cover import Anchor, place_of, test_of, words_of
from workers.search.elastic import millis
from workers.search.tree import (
    DEFAULT_FIELDS,
    NAME_FIELDS,
    And,
    Boost,
    Close,
    Keyword,
    MatchAll,
    Not,
    Nothing,
    Or,
    Pattern,
    Query,
    Range,
    Sequence,
    StartsWith,
    Window,
)
from workers.search.words import Words

Predicate = Callable[[Words], bool]
Leaf = Sequence | Window | StartsWith | Close


def compile_query(query: Query) -> Predicate:
    """The predicate of a resolved `query`. Raises `TypeError` on a node that is not resolved."""
    match query:
        case And(parts):
            return _all(parts)
        case Or(parts):
            return _any(parts)
        case Not(part):
            return _not(compile_query(part))
        case Boost(part, _):
            return compile_query(part)
        case _:
            return _leaf(query)


def _leaf(query: Query) -> Predicate:
    match query:
        case MatchAll():
            return lambda _: True
        case Nothing():
            return lambda _: False
        case Keyword(field, values):
            return _keyword(field, frozenset(values))
        case Range():
            return _range(query)
        case Pattern():
            return _pattern(query)
        case _:
            return _word_leaf(query)


def _word_leaf(query: Query) -> Predicate:
    match query:
        case Sequence(terms=(_,)):
            return _term(query)
        case Sequence() | Window():
            return _words(query)
        case StartsWith() | Close():
            return _tested(query)
    raise TypeError(f"{type(query).__name__} is not resolved")


def _all(parts: tuple[Query, ...]) -> Predicate:
    """Words that may stand anywhere are asked as one set, the other parts one by one, the cheap ones first."""
    together, rest = _plain_words(parts)
    checks = [_holds_all(kind, frozenset(terms)) for kind, terms in together.items()]
    checks += [compile_query(part) for part in sorted(rest, key=_effort)]
    return reduce(_both, reversed(checks))


def _both(second: Predicate, first: Predicate) -> Predicate:
    return lambda words: first(words) and second(words)


def _any(parts: tuple[Query, ...]) -> Predicate:
    together, rest = _plain_words(parts)
    checks = [_holds_one(kind, frozenset(terms)) for kind, terms in together.items()]
    checks += [compile_query(part) for part in sorted(rest, key=_effort)]
    return reduce(_one_of, reversed(checks))


def _one_of(second: Predicate, first: Predicate) -> Predicate:
    return lambda words: first(words) or second(words)


def _plain_words(parts: tuple[Query, ...]) -> tuple[dict[str, list[str]], list[Query]]:
    """Single words without a field of their own, by the set that they are looked up in; and the other parts."""
    together: dict[str, list[str]] = {}
    rest = []
    for part in parts:
        if isinstance(part, Sequence) and len(part.terms) == 1 and _everywhere(part):
            together.setdefault(words_of(part), []).append(part.terms[0][0])
        else:
            rest.append(part)
    return together, rest


def _holds_all(kind: str, terms: frozenset[str]) -> Predicate:
    if len(terms) == 1:
        (term,) = terms
        return lambda words: term in words.sets[kind]
    return lambda words: terms <= words.sets[kind]


def _holds_one(kind: str, terms: frozenset[str]) -> Predicate:
    if len(terms) == 1:
        return _holds_all(kind, terms)
    return lambda words: not terms.isdisjoint(words.sets[kind])


def _everywhere(leaf: Leaf) -> bool:
    """Whether a leaf asks all fields that its set of words is of."""
    return leaf.fields in {DEFAULT_FIELDS, NAME_FIELDS}


def _not(part: Predicate) -> Predicate:
    return lambda words: not part(words)


def _keyword(field: str, values: frozenset[str]) -> Predicate:
    if not values:
        return lambda words: bool(words.keywords[field])
    return lambda words: not values.isdisjoint(words.keywords[field])


def _range(query: Range) -> Predicate:
    field, low = query.field, None if query.low is None else millis(query.low)
    high = None if query.high is None else millis(query.high)

    def holds(words: Words) -> bool:
        at = words.dates[field]
        return at is not None and (low is None or low <= at) and (high is None or at < high)

    return holds


def _pattern(query: Pattern) -> Predicate:
    found = patterns.compiled(query.text)
    fields = patterns.fields_of(query)

    def holds(words: Words) -> bool:
        return any(found.search(value) is not None for field in fields for value in words.folded(field))

    return holds


def _term(query: Sequence) -> Predicate:
    term = query.terms[0][0]
    whole, places = words_of(query), _places(query)
    if _everywhere(query):
        return lambda words: term in words.sets[whole]
    if len(places) == 1:
        (place,) = places
        return lambda words: term in words.sets[place]
    return lambda words: term in words.sets[whole] and any(term in words.sets[place] for place in places)


def _words(query: Sequence | Window) -> Predicate:
    """Where the words stand is asked only where one field has them all."""
    whole, places = words_of(query), _places(query)
    parts = (query,) if isinstance(query, Sequence) else query.parts
    terms = frozenset(term for part in parts for term, _ in part.terms)
    stand = partial(_stand, query)

    def holds(words: Words) -> bool:
        sets = words.sets
        if not terms <= sets[whole]:
            return False
        for place in places:  # noqa: SIM110 - twice as quick as any() over a generator
            if terms <= sets[place] and stand(words.places[place]):
                return True
        return False

    return holds


def _stand(query: Sequence | Window, places: positions.Positions) -> bool:
    if isinstance(query, Window):
        return positions.holds(places, query)
    return bool(positions.starts(places, query))


def _places(leaf: Leaf) -> tuple[str, ...]:
    """The sets of words that `leaf` asks, a field each."""
    return tuple(f"{leaf.form}@{field}" for field in leaf.fields)


def _tested(query: StartsWith | Close) -> Predicate:
    """Which words pass is known of an article that a filter has seen; else its words are tried."""
    kind, places, test = place_of(query), _places(query), test_of(query)
    everywhere = _everywhere(query) or "@" in kind

    def holds(words: Words) -> bool:
        there, found = words.sets[kind], words.passing.get(test)
        if found is None:
            found = {term for term in there if passes(test, term)}
        if found.isdisjoint(there):
            return False
        return everywhere or any(not found.isdisjoint(words.sets[place]) for place in places)

    return holds


def passes(test: Anchor, term: str) -> bool:
    """Whether a word passes a test of words."""
    if test.test == "starts":
        return term.startswith(test.value)
    return positions.edits(test.value, term, test.distance)


def _effort(query: Query) -> int:
    """What is cheap to ask comes first."""
    match query:
        case Not(part) | Boost(part, _):
            return _effort(part)
        case And(parts) | Or(parts):
            return 1 + max(_effort(part) for part in parts)
        case Sequence(terms=terms):
            return 1 if len(terms) == 1 else 3
        case Window():
            return 4
        case StartsWith() | Close():
            return 5
    return 0
