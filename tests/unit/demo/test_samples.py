"""The samples say what the demo promises, and what they expect of themselves is true of them."""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from functools import cache

import pytest

from workers.arabic.fold import fold
from workers.demo.samples import Sample, outlets, samples, searches

ALL = {sample.id: sample for sample in samples()}
ARTICLES = [sample for sample in ALL.values() if sample.is_article]
STORY = 5
"""Words of a shingle, as reprints are recognised by."""


@cache
def shingles(sample: Sample) -> set[tuple[str, ...]]:
    words = "".join(c if c.isalnum() else " " for c in fold(" ".join(sample.paragraphs))).split()
    return {tuple(words[i : i + STORY]) for i in range(len(words) - STORY + 1)}


def shared(one: Sample, other: Sample) -> float:
    """Containment of the smaller text's shingles in the other."""
    a, b = shingles(one), shingles(other)
    return len(a & b) / min(len(a), len(b))


def text(sample: Sample) -> str:
    return "\n".join((sample.title, sample.subtitle, sample.caption, *sample.paragraphs))


def test_there_are_as_many_outlets_articles_and_reprints_as_the_demo_promises() -> None:
    assert len(outlets()) >= 7
    assert len({outlet.template for outlet in outlets()}) == len(outlets())
    assert len(ARTICLES) >= 62
    assert sum(1 for sample in ARTICLES if sample.reprint_of) >= 8
    assert len({sample.id for sample in samples()}) == sum(1 for _ in samples())


def test_every_kind_of_outcome_occurs() -> None:
    assert {s.expect for s in ALL.values()} == {"indexed", "duplicate", "not_article", "not_arabic", "gone", "refused"}


@pytest.mark.parametrize("sample", ARTICLES, ids=lambda sample: sample.id)
def test_an_article_has_the_length_of_news(sample: Sample) -> None:
    assert 150 <= sum(len(line.split()) for line in sample.paragraphs) <= 450
    assert sample.section
    assert sample.title not in sample.paragraphs


@pytest.mark.parametrize("sample", ARTICLES, ids=lambda sample: sample.id)
def test_expected_names_stand_in_the_text(sample: Sample) -> None:
    assert sample.mentions
    assert [name for name in sample.mentions if name not in text(sample)] == []


def test_reprints_name_an_original_that_is_older_and_of_another_outlet() -> None:
    for sample in ARTICLES:
        assert (sample.expect == "duplicate") == bool(sample.reprint_of), sample.id
        if sample.reprint_of:
            original = ALL[sample.reprint_of]
            assert original.published < sample.published, sample.id
            assert original.outlet != sample.outlet
            assert original.title != sample.title
            assert not original.reprint_of


def test_reprints_share_most_of_their_text_and_nothing_else_shares_much() -> None:
    for one, other in itertools.combinations(ARTICLES, 2):
        related = (one.reprint_of or one.id) == (other.reprint_of or other.id)
        measured = shared(one, other)
        assert (measured >= 0.55) if related else (measured < 0.1), (one.id, other.id, measured)


def test_reprints_are_edited() -> None:
    for sample in ARTICLES:
        if sample.reprint_of:
            assert set(ALL[sample.reprint_of].paragraphs) != set(sample.paragraphs), sample.id
            assert shared(ALL[sample.reprint_of], sample) < 1, sample.id


def test_no_paragraph_is_printed_twice_in_one_outlet() -> None:
    for outlet in outlets():
        lines = Counter(line for sample in outlet.samples for line in sample.paragraphs)
        assert [line for line, times in lines.items() if times > 1] == []


def test_the_same_names_are_spelled_in_different_ways() -> None:
    everything = "\n".join(text(sample) for sample in ARTICLES)
    for variants in (
        ("بيونج يانج", "بيونغ يانغ"),  # Pyongyang
        ("الأطلنطي", "الأطلسي", "الناتو"),  # Nato
        ("ترامب", "ترمب"),  # Trump
        ("غوتيريش", "جوتيريش"),  # Guterres
        ("أفريقيا", "إفريقيا"),  # Africa
        ("أنطونيو", "انطونيو"),
    ):
        assert [name for name in variants if name not in everything] == []


def test_boilerplate_of_every_kind_is_typed_among_paragraphs() -> None:
    lines = [line for sample in ARTICLES for line in sample.boilerplate]
    assert len(lines) >= 45
    for phrase in ("شاركها", "Exit mobile version", "ربما يعجبك أيضا", "نشرتنا", "المصدر", "تابعونا", "مواضيع ذات صلة"):
        assert any(phrase in line for line in lines), phrase


def test_credits_lead_and_trail_and_name_many_agencies() -> None:
    assert {"afp", "reuters", "dpa", "ap", "anadolu", "spa", "wam", "petra", "map"} <= {s.agency for s in ARTICLES}
    assert sum(1 for s in ARTICLES if s.dateline) >= 15
    assert sum(1 for s in ARTICLES if s.signature) >= 3
    for sample in ARTICLES:
        assert bool(sample.agency) == bool(sample.dateline or sample.signature), sample.id
        assert sample.place in sample.dateline, sample.id


def test_dates_lie_in_october_and_november_2026() -> None:
    assert {(s.published.year, s.published.month) for s in ALL.values()} == {(2026, 10), (2026, 11)}
    assert max(s.published for s in ALL.values()).day < 23


def test_the_text_holds_no_invisible_control() -> None:
    for sample in ALL.values():
        controls = {c for c in text(sample) if unicodedata.category(c) == "Cf"} - {"\u200c"}  # Persian uses ZWNJ
        assert controls == set(), sample.id


def test_searches_name_samples_that_hold_one_of_their_words() -> None:
    assert len(searches()) == 3
    for search in searches():
        assert search.why
        assert search.finds
        for name in search.finds:
            assert ALL[name].is_article
