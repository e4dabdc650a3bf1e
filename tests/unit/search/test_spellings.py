"""Other spellings of foreign names, found among the index's words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.indexes import NOW, analyzer, article
from workers.search.service import SearchService
from workers.search.spellings import Spellings
from workers.store.embedded import EmbeddedIndex
from workers.tag.catalogue import Catalogue

TEXTS = (
    "زار الوفد هوفنكامب",  # Hovenkamp, a name that no catalogue has
    "قال هوفينكامب إنه راض",
    "وصل كروسنغارد إلى المدينة",  # Krosengard
    "استقبلت المدينة كروسنجارد",
    "مباراة بهوفنكامب ومباراة أخرى لهوفينكامب",  # in, to Hovenkamp
    "اغتنم الفريق فرصته واغتنمها",  # seized, and seized it
    "دعا إلى اغتنام الفرصة لأن الاغتنام واجب",  # seizing
    *["أقيم الحفل في شتولنبورغ"] * 2,
    "عاد من شتولنبرغ",
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    made = EmbeddedIndex(tmp_path / "index.sqlite", analyzer(), clock=lambda: NOW)
    made.put([article(f"a{n}", title=f"خبر {n}", body=text) for n, text in enumerate(TEXTS)])
    yield made
    made.close()


@pytest.fixture
def service(index: EmbeddedIndex) -> SearchService:
    return SearchService(index, analyzer(), Catalogue.load(Path("config/entities")))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("هوفنكامب", {"a0", "a1", "a4"}),
        ("هوفينكامب", {"a0", "a1", "a4"}),
        ("بشتولنبورغ", {"a7", "a8", "a9"}),  # in Stollenburg
        ("كروسنجارد المدينة", {"a2", "a3"}),
        ('"استقبلت المدينة كروسنغارد"', {"a3"}),
        ("كروسنجارد قرب/3 المدينة", {"a2", "a3"}),
        ("فريق -هوفنكامب", {"a5"}),
        ("=هوفنكامب", {"a0"}),
    ],
)
def test_a_name_is_found_in_every_spelling_that_the_index_has(
    service: SearchService, query: str, expected: set[str]
) -> None:
    assert {hit.article.id for hit in service.search(service.request(query, now=NOW)).hits} == expected


def test_words_that_the_index_inflects_are_no_names(index: EmbeddedIndex) -> None:
    found = Spellings(index, analyzer()).of(["هوفنكامب", "اغتنم", "اغتنام", "في"])
    assert found == {"هوفنكامب": ("هوفينكامب", "بهوفنكامب", "لهوفينكامب"), "اغتنم": (), "اغتنام": (), "في": ()}


def test_what_was_looked_up_is_remembered_for_an_hour(index: EmbeddedIndex) -> None:
    now = [0.0]
    spellings = Spellings(index, analyzer(), clock=lambda: now[0])
    first = spellings.of(["هوفنكامب"])
    index.remove(["a1", "a4"])
    assert spellings.of(["هوفنكامب"]) == first
    now[0] = 3601.0
    assert spellings.of(["هوفنكامب"]) == {"هوفنكامب": ()}


def test_any_text_has_spellings_or_none(index: EmbeddedIndex, service: SearchService) -> None:
    """Signs without a letter, and more names than are asked about at once."""
    names = [f"زرقنشطب{letter}" for letter in "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"]
    found = Spellings(index, analyzer()).of(["\u0640", "_", "–", "", *names])
    assert set(found.values()) == {()}
    assert service.search(service.request('"\u0640 _ –" وفد', now=NOW)).total == 1
