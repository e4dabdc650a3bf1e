"""FTS5 finds the candidates of phrases over stop words and of windows; the matcher, which needs none, judges them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.integration.indexes import NOW, analyzer, article
from workers.ports import SearchRequest
from workers.search.match import compile_query
from workers.search.resolve import resolve
from workers.search.tree import Near, Phrase, Query, Word
from workers.search.words import Words
from workers.store.embedded import EmbeddedIndex

WORDS = ["موسكو", "من", "في", "على", "قمة", "إلى", "الوزير", "وزير", "لندن", "عن", "مع", "بيان", "كل", "باريس", "هذا"]
"""Names, nouns and, between them, stop words: Moscow from in on summit to minister London about with statement …"""


@pytest.fixture
def index(tmp_path: Path) -> EmbeddedIndex:
    chance = Random(3)
    made = EmbeddedIndex(tmp_path / "index.sqlite", analyzer(), clock=lambda: NOW)
    texts = [" ".join(chance.choices(WORDS, k=chance.randint(4, 14))) for _ in range(150)]
    made.put([article(f"a{n}", title="خبر", body=text) for n, text in enumerate(texts)])
    return made


def asked(chance: Random) -> Query:
    words = chance.choices(WORDS, k=chance.randint(2, 5))
    if chance.random() < 0.4:
        return Phrase(" ".join(words), chance.choice((0, 0, 1, 3)))
    parts = (Phrase(" ".join(words[:2])), *(Word(word) for word in words[2:])) if len(words) > 2 else map(Word, words)
    return Near(tuple(parts), chance.randint(0, 5), ordered=chance.random() < 0.5)


def test_no_candidate_is_left_out(index: EmbeddedIndex) -> None:
    found = {one.id: Words(one, analyzer()) for one in (index.get(f"a{n}") for n in range(150)) if one is not None}
    chance, filled = Random(5), 0
    for _ in range(400):
        query = resolve(asked(chance), analyzer())
        holds = compile_query(query)
        expected = {id_ for id_, words in found.items() if holds(words)}
        assert index.matching(query) == expected, query
        filled += bool(expected)
    assert filled > 150


def test_hits_are_counted_as_they_are_put_in_order(index: EmbeddedIndex) -> None:
    """On every page, past the last one, and where one of a story is shown."""
    everything = len(index.matching(Word("موسكو")))
    for offset, limit, shown in ((0, 5, 5), (everything - 2, 5, 2), (everything + 3, 5, 0), (0, 0, 0)):
        hits = index.search(SearchRequest(query=Word("موسكو"), offset=offset, limit=limit))
        assert (hits.total, len(hits.hits)) == (everything, shown)
    folded = index.search(SearchRequest(query=Word("موسكو"), fold_stories=True, limit=3))
    assert folded.total == everything
