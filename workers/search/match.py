"""The in-process evaluator: a resolved query compiled to a predicate over one article's words.

It finds what the Elasticsearch and SQLite evaluators find (a differential test holds this). `workers.search.cover` says
which words must be there for a query to match, so that of thousands of rules few are judged.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from workers.search import positions
from workers.search.cover import Anchor, test_of, words_of
from workers.search.elastic import millis
from workers.search.tree import (
    And,
    Boost,
    Close,
    Keyword,
    MatchAll,
    Not,
    Nothing,
    Or,
    Query,
    Range,
    Sequence,
    StartsWith,
    Window,
)
from workers.search.words import Postings, Words

Predicate = Callable[[Words], bool]
Leaf = Sequence | Window | StartsWith | Close


def compile_query(query: Query) -> Predicate:
    """The predicate of a resolved `query`. Raises `TypeError` on a node that is not resolved."""
    match query:
        case And(parts):
            return _all(tuple(compile_query(part) for part in sorted(parts, key=_effort)))
        case Or(parts):
            return _any(tuple(compile_query(part) for part in sorted(parts, key=_effort)))
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
        case _:
            return _word_leaf(query)


def _word_leaf(query: Query) -> Predicate:
    match query:
        case Sequence(terms=(_,)):
            return _term(query)
        case Sequence() | Window():
            return _words(query)
        case StartsWith() | Close():
            return _test(query)
    raise TypeError(f"{type(query).__name__} is not resolved")


def _all(parts: tuple[Predicate, ...]) -> Predicate:
    def holds(words: Words) -> bool:
        for part in parts:  # noqa: SIM110 - a loop is twice as quick as all() over a generator
            if not part(words):
                return False
        return True

    return holds


def _any(parts: tuple[Predicate, ...]) -> Predicate:
    def holds(words: Words) -> bool:
        for part in parts:  # noqa: SIM110 - as above
            if part(words):
                return True
        return False

    return holds


def _not(part: Predicate) -> Predicate:
    return lambda words: not part(words)


def _keyword(field: str, values: frozenset[str]) -> Predicate:
    if not values:
        return lambda words: bool(words.keywords[field])
    return lambda words: not values.isdisjoint(words.keywords[field])


def _range(query: Range) -> Predicate:
    low = None if query.low is None else millis(query.low)
    high = None if query.high is None else millis(query.high)

    def holds(words: Words) -> bool:
        date = words.date(query.field)
        at = None if date is None else millis(date)
        return at is not None and (low is None or low <= at) and (high is None or at < high)

    return holds


def _term(query: Sequence) -> Predicate:
    read, term, fields = reader(query), query.terms[0][0], frozenset(query.fields)

    def holds(words: Words) -> bool:
        found = read(words).get(term)
        return found is not None and not fields.isdisjoint(found)

    return holds


def _words(query: Sequence | Window) -> Predicate:
    read, fields = reader(query), frozenset(query.fields)
    first = (query if isinstance(query, Sequence) else query.parts[0]).terms[0][0]

    def holds(words: Words) -> bool:
        postings = read(words)
        found = postings.get(first)
        return found is not None and any(field in fields and _holds_in(query, postings, field) for field in found)

    return holds


def reader(query: Leaf) -> Callable[[Words], Postings]:
    """Which words of an article `query` asks. A leaf asks either names or the article's own text."""
    return attrgetter(words_of(query))


def _holds_in(query: Sequence | Window, postings: Postings, field: str) -> bool:
    if isinstance(query, Sequence):
        return bool(positions.starts(_places(query, postings, field), query))
    places: dict[str, list[int]] = {}
    for part in query.parts:
        places.update(_places(part, postings, field))
    return positions.holds(places, query)


def _places(sequence: Sequence, postings: Postings, field: str) -> dict[str, list[int]]:
    return {
        term: fields[field]
        for term, _ in sequence.terms
        if (fields := postings.get(term)) is not None and field in fields
    }


def _test(query: StartsWith | Close) -> Predicate:
    read, fields, test = reader(query), frozenset(query.fields), test_of(query)

    def holds(words: Words) -> bool:
        postings = read(words)
        passed = words.passed.get(test, ()) if test in words.tested else (t for t in postings if passes(test, t))
        return any(not fields.isdisjoint(postings[term]) for term in passed)

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
