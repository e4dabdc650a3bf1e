"""The in-process evaluator: what a query finds does not depend on the order of its parts."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.alert.samples import article
from tests.unit.search.resolved import ANALYZER, QUERIES, TEXTS, sequences, words
from workers.model import Credit
from workers.search.cover import matches_everything
from workers.search.match import alternatives, compile_query
from workers.search.tree import (
    DEFAULT_FIELDS,
    And,
    Keyword,
    Not,
    Or,
    Query,
    Sequence,
    Window,
    Word,
    walk,
)
from workers.search.words import Words


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


def test_the_same_word_twice_is_not_the_word_once() -> None:
    word = Sequence(DEFAULT_FIELDS, "stem", (("اب", 0),))
    twice = compile_query(Window(DEFAULT_FIELDS, "stem", (word, word), 2, ordered=True))
    assert not twice(words("", "اب ات", []))
    assert twice(words("", "اب ات اب", []))
    assert not twice(words("", "اب ات ات ات اب", []))


@settings(max_examples=300, deadline=None)
@given(query=QUERIES, title=TEXTS, body=TEXTS)
def test_a_query_holds_where_one_of_its_alternatives_does(query: Query, title: str, body: str) -> None:
    read = words(title, body, [])
    assert any(compile_query(one)(read) for one in alternatives(query)) is compile_query(query)(read)


def test_a_query_with_very_many_alternatives_stays_whole() -> None:
    letters = [Sequence(DEFAULT_FIELDS, "stem", ((letter, 0),)) for letter in "abcdefghij"]
    query = And(tuple(Or((one, other)) for one, other in permutations(letters, 2)))
    assert alternatives(query) == [query]
    assert alternatives(And((letters[0], Or((letters[1], letters[2]))))) == [And((letters[0], x)) for x in letters[1:3]]


def test_a_node_that_is_not_resolved_is_a_defect() -> None:
    with pytest.raises(TypeError):
        compile_query(Word("موسكو"))


@settings(deadline=None)
@given(query=QUERIES)
def test_a_query_that_does_not_match_everything_finds_nothing_in_an_article_without_words(query: Query) -> None:
    bare = Words(article(title="", outlet="nobody", credit=Credit()), ANALYZER)
    asked = any(isinstance(node, Keyword) for node in walk(query))
    assert asked or compile_query(query)(bare) is matches_everything(query)
