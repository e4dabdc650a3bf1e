"""One thing in one word or two, in Arabic or Latin letters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.indexes import NOW, analyzer, article
from workers.arabic.letters import abbreviations, read_out
from workers.search.service import SearchService
from workers.search.tree import And, Word
from workers.search.writings import written_otherwise
from workers.store.embedded import EmbeddedIndex
from workers.tag.catalogue import Catalogue

TEXTS = {
    "servant-1": "التقى عبد الله بالوفد",  # Abd Allah
    "servant-2": "التقى عبدالله بالوفد",
    "servant-3": "قال عبد الكريم والحمد لله",
    "father-1": "أبو رشيد في المدينة",  # Abu Rashid
    "father-2": "أبورشيد في المدينة",
    "faith-1": "كتب نور الدين",  # Nur al-Din
    "faith-2": "كتب نورالدين",
    "type-1": "صواريخ إس-400 الروسية",
    "type-2": "صواريخ إس400 الروسية",
    "type-3": "صواريخ S-400 الروسية",
    "type-4": "بعد 400 يوم",
    "letters-1": "قالت كي زد كيو في بيان",  # K Z Q, letter by letter
    "letters-2": "قالت KZQ في بيان",
    "letters-3": "زد على ذلك كي يفهم",  # add to that, so that
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchService]:
    index = EmbeddedIndex(tmp_path_factory.mktemp("writings") / "index.sqlite", analyzer(), clock=lambda: NOW)
    index.put([article(id_, title="خبر", body=text) for id_, text in TEXTS.items()])
    yield SearchService(index, analyzer(), Catalogue.load(Path("config/entities")))
    index.close()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("عبد الله", {"servant-1", "servant-2"}),
        ("عبدالله", {"servant-1", "servant-2"}),
        ('"التقى عبدالله"', {"servant-1", "servant-2"}),
        ('"التقى عبد الله"', {"servant-1", "servant-2"}),
        ("أبو رشيد", {"father-1", "father-2"}),
        ("أبورشيد", {"father-1", "father-2"}),
        ("نور الدين", {"faith-1", "faith-2"}),
        ("نورالدين", {"faith-1", "faith-2"}),
        ("إس-400", {"type-1", "type-2", "type-3"}),
        ("إس 400", {"type-1", "type-2", "type-3"}),
        ("S-400", {"type-1", "type-2", "type-3"}),
        ("إس400", {"type-1", "type-2", "type-3"}),
        ("كي زد كيو", {"letters-1", "letters-2"}),
        ('"كي زد كيو"', {"letters-1", "letters-2"}),
        ("KZQ", {"letters-1", "letters-2"}),
        ("بيان KZQ", {"letters-1", "letters-2"}),
    ],
)
def test_each_way_of_writing_finds_the_others(service: SearchService, query: str, expected: set[str]) -> None:
    assert {hit.article.id for hit in service.search(service.request(query, now=NOW)).hits} == expected


def test_ordinary_words_stay_as_they_are() -> None:
    for words in (("وزير", "الخارجية"), ("عبد", "السلطان"[2:]), ("عام", "2018"), ("أو", "في")):
        query = And(tuple(Word(word) for word in words))
        assert written_otherwise(query) == query
    for text in ("NATO", "Nato", "kzq"):  # read as words, or no abbreviation
        assert written_otherwise(Word(text)) == Word(text)


def test_letters_are_read_both_ways() -> None:
    assert "BBC" in abbreviations(["بي", "بي", "سي"])
    assert abbreviations(["إن", "أو"]) == []  # that, or: words
    assert abbreviations(["بي", "خبر"]) == []
    assert read_out("CNN") == ["سي إن إن"]
    assert read_out("É") == read_out("") == []
