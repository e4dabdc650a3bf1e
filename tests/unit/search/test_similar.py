"""What a mistyped word was meant to be."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.indexes import NOW, analyzer, article
from workers.cli.search import as_plain
from workers.errors import UserError
from workers.ports import NearWord
from workers.search.service import SearchService
from workers.search.similar import likeliest, slips, slips_allowed
from workers.store.embedded import EmbeddedIndex
from workers.tag.catalogue import Catalogue


def test_confused_letters_and_swaps_cost_less_than_other_slips() -> None:
    assert slips("مصر", "مسر") == 0.5  # two letters of one sound
    assert slips("ترماب", "ترامب") == 0.75  # neighbours swapped
    assert slips("فيسبزك", "فيسبوك") == 1
    assert slips("منتخبات", "انتخبات") > 1  # the first letter, which people see


def test_short_words_are_not_guessed() -> None:
    assert [slips_allowed(word) for word in ("قمة", "مصرف", "واشنطون")] == [0, 1, 2]


def test_the_nearer_word_wins_unless_the_other_is_far_commoner() -> None:
    assert likeliest("فيسبزك", [NearWord("فيسبوك", 50), NearWord("فايسبوك", 60)]) == "فيسبوك"
    assert likeliest("ترامب", [NearWord("ترامب", 400), NearWord("ترمب", 500)]) is None  # it is common itself
    assert likeliest("قطار", [NearWord("مطار", 2)]) is None  # too rare to be meant
    assert likeliest("قطار", []) is None


def test_a_word_half_a_slip_away_is_meant_however_common_another_one_is() -> None:
    """القرءان is القرآن "Quran" with its hamza on the line; القرار "decision" is a slip further, and far commoner."""
    assert likeliest("القرءان", [NearWord("القران", 6), NearWord("القرار", 190)]) == "القران"


def test_a_vowel_more_is_a_smaller_slip_than_another_letter() -> None:
    assert likeliest("اوبيك", [NearWord("اوبك", 23), NearWord("اوليك", 25)]) == "اوبك"  # OPEC, (Ivica) Olić


@pytest.fixture
def service(tmp_path: Path) -> SearchService:
    index = EmbeddedIndex(tmp_path / "index.sqlite", analyzer(), clock=lambda: NOW)
    bodies = [f"فاز الفريق بالبطولة رقم {n} في برشلونة." for n in range(12)] + ["انتخبت اللجنة رئيسها."]
    index.put([article(f"a{n}", title=f"خبر {n}", body=body) for n, body in enumerate(bodies)])
    return SearchService(index, analyzer(), Catalogue.load(Path("config/entities")))


def total(service: SearchService, query: str) -> tuple[int, dict[str, str]]:
    hits = service.search(service.request(query, now=NOW))
    return hits.total, dict(hits.meant)


def test_a_word_that_the_index_does_not_have_is_read_as_its_neighbour_and_that_is_said(service: SearchService) -> None:
    hits = service.search(service.request("برشولنة", now=NOW))
    assert (hits.total, hits.as_typed) == (12, 0)
    assert hits.meant == {"برشولنة": "برشلونة"}  # as the articles print it, not as the index folds it
    assert as_plain("برشولنة", hits)["notes"] == ["0 found as typed; read “برشولنة” also as “برشلونة”"]


def test_a_word_with_proclitics_that_the_index_has_not_seen_is_no_slip(service: SearchService) -> None:
    assert total(service, "وبرشلونة") == (12, {})


def test_a_query_that_finds_enough_is_left_alone(service: SearchService) -> None:
    assert total(service, "برشلونة") == (12, {})


def test_explain_says_what_each_leaf_finds(service: SearchService) -> None:
    explained = service.explain(service.request("برشلونة -البطولة", now=NOW))
    assert explained["index"] == "embedded"
    assert next(leaf["articles"] for leaf in explained["leaves"]) == 12


@pytest.mark.parametrize("options", [{"since": "قريبا"}, {"offset": 9999}])
def test_bad_options_are_named(service: SearchService, options: dict[str, object]) -> None:
    with pytest.raises(UserError, match="--"):
        service.request("برشلونة", now=datetime(2026, 1, 1, tzinfo=UTC), **options)  # type: ignore[arg-type]


def test_where_the_limits_leave_nothing_it_is_said_what_there_is_without_them(service: SearchService) -> None:
    hits = service.search(service.request("برشلونة", now=NOW, until="2020"))
    assert (hits.total, hits.notes) == (0, ("12 without the limits on dates, outlets and entities",))
    assert service.search(service.request("زرافة", now=NOW, until="2020")).notes == ()
