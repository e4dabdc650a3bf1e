"""The in-process evaluator: a resolved query compiled to a predicate over one article's words.

It finds what the Elasticsearch and SQLite evaluators find (a differential test holds this). `workers.search.cover` says
which words must be there for a query to match, so that of thousands of rules few are judged.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

from workers.search import patterns, positions
from workers.search.cover import words_of
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
    all_of,
)
from workers.search.words import Words

Predicate = Callable[[Words], bool]
Leaf = Sequence | Window | StartsWith | Close


def compile_query(query: Query) -> Predicate:
    """The predicate of a resolved `query`. Raises `TypeError` on a node that is not resolved."""
    required, rest = parted(query)
    if not required:
        return rest
    return lambda words: required <= words.sets["stem"] and rest(words)


def parted(query: Query) -> tuple[frozenset[str], Predicate]:
    """Stems that every article that matches holds, and what else must hold: together they are the query.

    Whether stems are there costs one comparison of sets; of thousands of parts few have more to ask.
    """
    match query:
        case And(parts):
            return _all(parts)
        case Or(parts):
            return _any(parts)
        case Boost(part, _) | Not(Not(part)):
            return parted(part)
        case Not(part):
            return _NONE, _not(compile_query(part))
        case Sequence() | Window() if words_of(query) == "stem":
            return _terms(query), _places_hold(query)
        case _:
            return _NONE, _leaf(query)


def alternatives(query: Query) -> list[Query]:
    """Queries of which at least one holds where `query` does: an OR's parts, and an AND with each of them in its place.

    Each requires more stems than all together. An OR inside an AND stays whole where one of its parts requires none.
    """
    match query:
        case Or(parts):
            found = [one for part in parts for one in alternatives(part)]
        case Boost(part, _) | Not(Not(part)):
            found = alternatives(part)
        case And(parts):
            inner = [_inner_alternatives(part) for part in parts]
            if math.prod(map(len, inner)) > MOST_ALTERNATIVES:
                return [query]
            found = [all_of([*chosen]) for chosen in product(*inner)]
        case _:
            return [query]
    return found if len(found) <= MOST_ALTERNATIVES else [query]


def _inner_alternatives(query: Query) -> list[Query]:
    found = alternatives(query)
    return found if all(parted(one)[0] for one in found) else [query]


MOST_ALTERNATIVES = 12
"""Of one query: what has more, such as a word with all its synonyms, is as quick to judge whole."""
_NONE: frozenset[str] = frozenset()


def _nothing_else(_: Words) -> bool:
    return True


def _all(parts: tuple[Query, ...]) -> tuple[frozenset[str], Predicate]:
    found = [parted(part) for part in sorted(parts, key=_effort)]
    checks = [rest for _, rest in found if rest is not _nothing_else]
    return _NONE.union(*(required for required, _ in found)), _each(tuple(checks))


def _each(checks: tuple[Predicate, ...]) -> Predicate:
    if len(checks) < 2:
        return checks[0] if checks else _nothing_else

    def holds(words: Words) -> bool:
        for check in checks:  # noqa: SIM110 - twice as quick as all() over a generator
            if not check(words):
                return False
        return True

    return holds


def _any(parts: tuple[Query, ...]) -> tuple[frozenset[str], Predicate]:
    """Words that may stand anywhere are asked as one set, then the other parts one by one, the cheap ones first."""
    found = [parted(part) for part in sorted(parts, key=_effort)]
    always = found[0][0].intersection(*(required for required, _ in found))
    single = [required for required, rest in found if rest is _nothing_else and len(required) == 1]
    plain = _NONE.union(*single)
    others = tuple((r, rest) for r, rest in found if rest is not _nothing_else or len(r) != 1)

    def holds(words: Words) -> bool:
        stems = words.sets["stem"]
        if not plain.isdisjoint(stems):
            return True
        for required, rest in others:  # noqa: SIM110 - as above
            if required <= stems and rest(words):
                return True
        return False

    return always, holds


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
        case Sequence() | Window():
            return _words(query)
        case StartsWith():
            return _starts(query)
        case Close():
            return _close(query)
    raise TypeError(f"{type(query).__name__} is not resolved")


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


def _words(query: Sequence | Window) -> Predicate:
    """Words that are no stems of the text: they are asked first, as stems are asked by whoever asks for the rest."""
    kind, terms, rest = words_of(query), _terms(query), _places_hold(query)
    if len(query.fields) == 1:
        return rest
    return lambda words: terms <= words.sets[kind] and rest(words)


def _places_hold(query: Sequence | Window) -> Predicate:
    """Whether one field has the words, and has them where they should stand; all are somewhere in the article."""
    places, terms = _places(query), _terms(query)
    if isinstance(query, Sequence) and len(query.terms) == 1:
        return _nothing_else if _everywhere(query) else _one_holds(places, terms)
    stand = _stand(query)

    def holds(words: Words) -> bool:
        sets = words.sets
        for place in places:  # noqa: SIM110 - as above
            if terms <= sets[place] and stand(words.places[place]):
                return True
        return False

    return holds


def _one_holds(places: tuple[str, ...], terms: frozenset[str]) -> Predicate:
    if len(places) == 1:
        (place,) = places
        return lambda words: terms <= words.sets[place]
    return lambda words: any(terms <= words.sets[place] for place in places)


def _terms(query: Sequence | Window) -> frozenset[str]:
    parts = (query,) if isinstance(query, Sequence) else query.parts
    return frozenset(term for part in parts for term, _ in part.terms)


def _stand(query: Sequence | Window) -> Callable[[positions.Positions], bool]:
    """Two words, in a phrase or a window, are the most usual: their distance is all that is asked."""
    match query:
        case Sequence(terms=((one, _), (other, offset))):
            return _apart(one, other, offset, offset)
        case Window(parts=(Sequence(terms=((one, _),)), Sequence(terms=((other, _),)))):
            return _apart(one, other, *positions.reach(query))
        case Window():
            return lambda places: positions.holds(places, query)
        case _:
            return lambda places: bool(positions.starts(places, query))


def _apart(one: str, other: str, low: int, high: int) -> Callable[[positions.Positions], bool]:
    return lambda places: positions.apart(places.get(one, ()), places.get(other, ()), low, high)


def _everywhere(leaf: Leaf) -> bool:
    """Whether a leaf asks all fields that its set of words is of."""
    return leaf.fields in {DEFAULT_FIELDS, NAME_FIELDS}


def _places(leaf: Leaf) -> tuple[str, ...]:
    """The sets of words that `leaf` asks, a field each."""
    return tuple(f"{leaf.form}@{field}" for field in leaf.fields)


def _starts(query: StartsWith) -> Predicate:
    places = (words_of(query),) if _everywhere(query) else _places(query)
    beginning = f"\n{query.prefix}"
    return lambda words: any(beginning in words.lines[place] for place in places)


def _close(query: Close) -> Predicate:
    places = (words_of(query),) if _everywhere(query) else _places(query)
    term, limit = query.term, query.distance
    return lambda words: any(positions.any_close(term, words.sets[place], limit) for place in places)


def _effort(query: Query) -> int:
    """What is cheap to ask comes first."""
    match query:
        case Not(part) | Boost(part, _):
            return _effort(part)
        case And(parts) | Or(parts):
            return 1 + max(_effort(part) for part in parts)
        case Sequence(terms=(_,)) | StartsWith():
            return 1
        case Sequence() | Window():
            return 2
        case Close():
            return 3
    return 0
