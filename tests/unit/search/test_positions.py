"""Phrases and windows against their definition, tried out on every combination of places."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from workers.search.positions import any_close, close_pairs, edits, holds, starts
from workers.search.tree import Sequence, Window

texts = st.lists(st.sampled_from(["a", "b", "c", None]), max_size=14)


def sequence(*terms: str) -> Sequence:
    return Sequence(("body",), "stem", tuple((term, offset) for offset, term in enumerate(terms) if term != "·"))


parts = st.sampled_from([sequence("a"), sequence("b"), sequence("c"), sequence("a", "b"), sequence("b", "·", "c")])
windows = st.builds(
    Window,
    st.just(("body",)),
    st.just("stem"),
    st.lists(parts, min_size=2, max_size=3).map(tuple),
    st.integers(0, 6),
    st.booleans(),
)


def places(text: list[str | None]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for place, term in enumerate(text):
        if term is not None:
            found[term].append(place)
    return found


def by_definition(text: list[str | None], window: Window) -> bool:
    choices = [
        [p for p in range(len(text)) if all(p + o < len(text) and text[p + o] == t for t, o in part.terms)]
        for part in window.parts
    ]
    lengths = [part.length for part in window.parts]
    for chosen in product(*choices):
        ends = [start + length for start, length in zip(chosen, lengths, strict=True)]
        if window.ordered and any(end > start for end, start in pairwise_ends(ends, chosen)):
            continue
        if max(ends) - min(chosen) - sum(lengths) <= window.distance:
            return True
    return False


def pairwise_ends(ends: list[int], chosen: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(end, start) for (end, _), (_, start) in pairwise(zip(ends, chosen, strict=True))]


@given(texts, windows)
@settings(max_examples=600, deadline=None)
def test_a_window_holds_where_its_definition_says(text: list[str | None], window: Window) -> None:
    assert holds(places(text), window) == by_definition(text, window)


def test_a_phrase_jumps_over_stop_words_and_their_place_may_hold_any_word() -> None:
    words = {"رئيس": [0, 5], "وزراء": [2, 6]}
    assert starts(words, sequence("رئيس", "·", "وزراء")) == [0]
    assert starts(words, sequence("رئيس", "وزراء")) == [5]


@given(st.text("abcd", max_size=7), st.text("abcd", max_size=7), st.integers(0, 2))
@settings(max_examples=500, deadline=None)
def test_edits_are_optimal_string_alignment(left: str, right: str, limit: int) -> None:
    assert edits(left, right, limit) == (OSA.distance(left, right) <= limit)


SHORT = st.lists(st.text("abc", min_size=1, max_size=5), max_size=12)


@given(words=SHORT, terms=SHORT, limit=st.integers(1, 2))
def test_many_words_at_once_are_as_close_as_one_by_one(words: list[str], terms: list[str], limit: int) -> None:
    expected = [(w, n, OSA.distance(w, t)) for w in words for n, t in enumerate(terms) if edits(w, t, limit)]
    assert sorted(close_pairs(words, terms, limit)) == sorted(expected)
    for term in terms:
        assert any_close(term, words, limit) is any(edits(word, term, limit) for word in words)
