"""The filter finds what judging each rule finds, in any order of articles, whatever it forgets."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.search.resolved import QUERIES, TERMS, TEXTS, words
from workers.alert import filter as room
from workers.alert.filter import Compiled, Filter
from workers.model import AlertRule
from workers.search.match import compile_query
from workers.search.positions import close_pairs
from workers.search.tree import DEFAULT_FIELDS, And, Close, Query, Sequence, StartsWith

ARTICLES = st.tuples(TEXTS, TEXTS, st.lists(TERMS, max_size=2))


def compiled(query: Query, name: str = "r") -> Compiled:
    return Compiled.of(AlertRule(id=name, query="x"), query)


@pytest.mark.parametrize("most", [6, 200_000])
@settings(max_examples=300, deadline=None)
@given(queries=st.lists(QUERIES, min_size=1, max_size=5), articles=st.lists(ARTICLES, min_size=1, max_size=4))
def test_the_filter_loses_no_rule_that_holds(
    most: int, queries: list[Query], articles: list[tuple[str, str, list[str]]]
) -> None:
    rules = [compiled(query, f"r{number}") for number, query in enumerate(queries)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room._Vocabulary, "MOST", most)
        found = Filter(rules)
        for title, body, names in articles:
            read = words(title, body, names)
            expected = [rule for rule in rules if compile_query(rule.query)(words(title, body, names))]
            assert found.meets(read) == expected
            assert [rule for rule in rules if rule.holds(read)] == expected


@pytest.mark.parametrize(
    "query", [Close(DEFAULT_FIELDS, "exact", "كتاب", 1), StartsWith(DEFAULT_FIELDS, "exact", "كتا")]
)
def test_words_are_forgotten_and_learned_again(query: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room._Vocabulary, "MOST", 20)
    found = Filter([compiled(query)])
    for number in range(0, 400, 8):
        others = " ".join(f"كلمة{n}" for n in range(number, number + 8))
        assert len(found.meets(words("", f"{others} كتاب", []))) == 1
        assert found.meets(words("", others, [])) == []
        (known,) = found._words.values()
        assert len(known._learned.known) <= 20
        assert len(known._learned.fire) <= 20


def test_a_thread_that_comes_while_words_are_learned_finds_what_they_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Filter([compiled(Close(DEFAULT_FIELDS, "exact", "كتاب", 1))])
    met: list[int] = []
    other = Thread(target=lambda: met.append(len(found.meets(words("", "كتب", [])))))

    def slow(*asked: Any) -> Any:
        if not other.ident:
            other.start()
            other.join(timeout=0.3)  # it waits for this one, or has learned by itself
        return close_pairs(*asked)

    monkeypatch.setattr(room, "close_pairs", slow)
    assert len(found.meets(words("", "كتب", []))) == 1
    other.join(timeout=10)
    assert met == [1]


def test_a_name_does_not_stand_for_the_same_word_in_the_text() -> None:
    name = Sequence(("person",), "stem", (("اب", 0),))
    text = Sequence(DEFAULT_FIELDS, "stem", (("اب", 0),))
    found = Filter([compiled(And((name, text)))])
    assert found.meets(words("", "ات", ["اب"])) == []
    assert found.meets(words("", "اب", [])) == []
    assert len(found.meets(words("", "اب ات", ["اب"]))) == 1
