"""Why a rule fires on an article or does not: its query taken apart, each part with what it found in print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workers.alert.highlight import spans
from workers.alert.matcher import Matcher
from workers.search.match import compile_query
from workers.search.tree import And, Boost, Exact, Not, Or, Phrase, Query, Word, children
from workers.search.words import Words


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a query. `holds` None: it has no searchable word and is left out. `found`: words as printed."""

    depth: int
    part: str
    holds: bool | None
    found: tuple[str, ...] = ()


def explain(query: Query, matcher: Matcher, words: Words) -> list[Step]:
    """The parts of `query` (as written, names expanded), parents first."""
    return list(_steps(query, matcher, words, 0))


def _steps(query: Query, matcher: Matcher, words: Words, depth: int) -> Iterator[Step]:
    if isinstance(query, And | Or | Not | Boost):
        name = {And: "AND", Or: "OR", Not: "NOT"}.get(type(query), "")
        if name:
            yield Step(depth, name, _holds(query, matcher, words))
        for child in children(query):
            yield from _steps(child, matcher, words, depth + bool(name))
        return
    holds = _holds(query, matcher, words)
    yield Step(depth, str(query), holds, _printed(query, matcher, words) if holds else ())


def _holds(query: Query, matcher: Matcher, words: Words) -> bool | None:
    if isinstance(query, Word | Phrase | Exact) and not matcher.is_searchable(query):
        return None
    return compile_query(matcher.resolved(query))(words)


def _printed(query: Query, matcher: Matcher, words: Words) -> tuple[str, ...]:
    marks = spans(matcher.resolved(query), words)
    found = (words.texts[field][0][start:end] for field, places in marks.items() for start, end in places)
    return tuple(dict.fromkeys(found))
