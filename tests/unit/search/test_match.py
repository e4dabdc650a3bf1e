"""The in-process evaluator: what a query finds does not depend on the order of its parts or on the filter before it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.alert.samples import analyzer, article, mention
from workers.alert.filter import Compiled, Filter
from workers.model import AlertRule, Credit
from workers.search.cover import cover, matches_everything, required
from workers.search.match import compile_query
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
    Word,
    walk,
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


@settings(max_examples=400, deadline=None)
@given(query=QUERIES, title=TEXTS, body=TEXTS, names=st.lists(TERMS, max_size=2))
def test_the_filter_loses_no_rule_that_holds(query: Query, title: str, body: str, names: list[str]) -> None:
    read = words(title, body, names)
    holds = compile_query(query)
    found = Compiled(AlertRule(id="r", query="x"), query, holds, cover(query), required(query))
    meets = holds(read)
    candidates = list(Filter([found]).candidates(read))
    assert not meets or candidates == [found]
    assert holds(read) is meets  # asked again with the words' tests remembered


@settings(max_examples=300, deadline=None)
@given(query=QUERIES, title=TEXTS, body=TEXTS)
def test_not_is_the_contrary_and_and_or_follow_de_morgan(query: Query, title: str, body: str) -> None:
    read = words(title, body, [])
    holds = compile_query(query)(read)
    assert compile_query(Not(query))(read) is not holds
    assert compile_query(And((query, query)))(read) is holds
    assert compile_query(Not(Or((Not(query), Not(query)))))(read) is holds


@settings(deadline=None)
@given(parts=st.lists(sequences(("body",), "stem"), min_size=2, max_size=3), body=TEXTS, room=st.integers(0, 3))
def test_a_window_without_order_does_not_mind_the_order_of_its_parts(
    parts: list[Sequence], body: str, room: int
) -> None:
    read = words("", body, [])
    one = compile_query(Window(("body",), "stem", tuple(parts), room))(read)
    assert compile_query(Window(("body",), "stem", tuple(reversed(parts)), room))(read) is one


def test_words_of_two_names_are_not_one_phrase() -> None:
    read = words("", "", ["اب", "ات"])
    assert not compile_query(Sequence(("person",), "stem", (("اب", 0), ("ات", 1))))(read)
    assert compile_query(Sequence(("person",), "stem", (("اب", 0),)))(read)


def test_a_node_that_is_not_resolved_is_a_defect() -> None:
    with pytest.raises(TypeError):
        compile_query(Word("موسكو"))


@settings(deadline=None)
@given(query=QUERIES)
def test_a_query_that_does_not_match_everything_finds_nothing_in_an_article_without_words(query: Query) -> None:
    bare = Words(article(title="", outlet="nobody", credit=Credit()), ANALYZER)
    asked = any(isinstance(node, Keyword) for node in walk(query))
    assert asked or compile_query(query)(bare) is matches_everything(query)
