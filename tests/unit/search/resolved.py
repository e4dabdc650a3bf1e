"""Resolved queries by chance, and articles to ask, over an alphabet so small that they often match."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.unit.alert.samples import analyzer, article, mention
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
    Query,
    Range,
    Sequence,
    StartsWith,
    Window,
)
from workers.search.words import Words

ANALYZER = analyzer()

LETTERS = ("ا", "ب", "ت", "ث")
TERMS = st.sampled_from([a + b for a in LETTERS for b in LETTERS])
FIELDS = st.sampled_from([DEFAULT_FIELDS, ("title",), ("body",), ("person",), NAME_FIELDS])


def sequences(fields: tuple[str, ...], form: str) -> st.SearchStrategy[Sequence]:
    gaps = st.lists(st.tuples(TERMS, st.integers(1, 2)), min_size=1, max_size=3)
    return gaps.map(lambda found: Sequence(fields, form, _offsets(found)))  # type: ignore[arg-type]


def _offsets(found: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    at, terms = 0, []
    for place, (term, gap) in enumerate(found):
        at += gap if place else 0
        terms.append((term, at))
    return tuple(terms)


@st.composite
def leaves(draw: st.DrawFn) -> Query:
    fields, form = draw(FIELDS), draw(st.sampled_from(["stem", "exact"]))
    kind = draw(st.integers(0, 6))
    if kind == 0:
        parts = tuple(draw(st.lists(sequences(fields, form), min_size=2, max_size=3)))
        return Window(fields, form, parts, draw(st.integers(0, 3)), draw(st.booleans()))
    if kind == 1:
        return StartsWith(fields, form, draw(st.sampled_from(LETTERS)))
    if kind == 2:
        return Close(fields, form, draw(TERMS), draw(st.integers(1, 2)))
    if kind == 3:
        return Keyword("outlet", draw(st.sampled_from([(), ("marfa",), ("other", "marfa"), ("other",)])))
    if kind == 4:
        return draw(st.sampled_from([MatchAll(), Nothing(), Range("date", None, None)]))
    return draw(sequences(fields, form))


QUERIES = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
        inner.map(Not),
        inner.map(lambda part: Boost(part, 2.0)),
    ),
    max_leaves=6,
)
TEXTS = st.lists(TERMS, max_size=12).map(" ".join)


def words(title: str, body: str, names: list[str]) -> Words:
    mentions = tuple(mention(name, name, kind="person") for name in names)
    return Words(article(body, title=title, mentions=mentions), ANALYZER)
