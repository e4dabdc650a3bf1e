"""Trees by chance, for Hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from workers.search.tree import (
    TEXT_FIELDS,
    Boost,
    Exact,
    Fuzzy,
    Keyword,
    MatchAll,
    Near,
    Not,
    Phrase,
    Prefix,
    Query,
    Range,
    Word,
    all_of,
    any_of,
)

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويأإآةىئؤءabcXYZ0123٤٥"
words = st.text(LETTERS, min_size=1, max_size=8)
odd_words = st.one_of(
    words,
    st.sampled_from(["AND", "OR", "NOT", "و", "أو", "ليس", "TO", "NEAR", "NEAR/5", "قرب/3", "a:b", "-x", "U.S", "*"]),
)
phrases = st.lists(words, min_size=1, max_size=4).map(" ".join)
fields = st.sampled_from([None, *TEXT_FIELDS[:5]])
moments = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def _near(field: str | None) -> st.SearchStrategy[Query]:
    part = st.one_of(
        st.builds(Word, words, st.just(field)),
        st.builds(Phrase, phrases, st.just(0), st.just(field)),
        st.lists(st.builds(Word, words, st.just(field)), min_size=2, max_size=3, unique=True).map(any_of),
    )
    parts = st.lists(part, min_size=2, max_size=3).map(tuple)
    return st.builds(Near, parts, st.integers(0, 50), st.booleans(), st.just(field))


leaves: st.SearchStrategy[Query] = st.one_of(
    st.builds(Word, odd_words, fields),
    st.builds(Exact, phrases, fields),
    st.builds(Phrase, phrases, st.integers(0, 50), fields),
    st.builds(Prefix, st.text(LETTERS, min_size=2, max_size=6), fields),
    st.builds(Fuzzy, words, st.integers(1, 2), fields),
    fields.flatmap(_near),
    st.builds(Keyword, st.sampled_from(["outlet", "entity", "agency"]), st.tuples(phrases)),
    st.builds(lambda low, days: Range("date", low, days), moments, st.none()),
    st.just(MatchAll()),
)
trees: st.SearchStrategy[Query] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(all_of),
        st.lists(inner, min_size=2, max_size=3).map(any_of),
        inner.map(Not),
        inner.filter(lambda q: not isinstance(q, Boost)).map(lambda q: Boost(q, 2.5)),
    ),
    max_leaves=8,
)
