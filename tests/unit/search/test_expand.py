"""Name variants over a small catalogue of our own and over the shipped one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.indexes import analyzer
from workers.search.expand import expand_query
from workers.search.parse import parse
from workers.search.resolve import resolve
from workers.search.tree import And, Keyword, Near, Nothing, Or, Phrase, Query, Word, walk
from workers.tag.catalogue import Catalogue


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(Path("config/entities"))


def expanded(text: str, catalogue: Catalogue) -> Query:
    return expand_query(parse(text, now=datetime(2026, 1, 1, tzinfo=UTC)), catalogue)


def spellings(query: Query) -> set[str]:
    return {node.text for node in walk(query) if isinstance(node, Word | Phrase)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("بيونج يانج", "بيونغ يانغ"),  # Pyongyang, words side by side
        ('"بيونج يانج"', "بيونغ يانغ"),
        ("ستولتنبرج", "ستولتنبرغ"),  # Stoltenberg in an unlisted transliteration
        ("ستولتنبرغ", "ستولتنبرج"),
        ("الأطلنطي", "الأطلسي"),  # Atlantic: one word of a longer name
        ("الأطلسي", "الأطلنطي"),
        ("الناتو", "حلف شمال الأطلنطي"),
        ("وللناتو", "حلف شمال الأطلسي"),  # with proclitics
        ('"زعيم بيونج يانج"', "زعيم بيونغ يانغ"),  # a name inside a phrase
        ('"حلف شمال الأطلنطي"', "حلف شمال الأطلسي"),
        ("نيو يورك", "نيويورك"),  # New York in two words
        ('"نيو يورك"', "نيويورك"),
    ],
)
def test_one_spelling_asks_for_the_other(one: str, other: str, catalogue: Catalogue) -> None:
    assert other in spellings(expanded(one, catalogue))


def test_a_name_asks_for_its_entity_too_but_not_inside_a_field(catalogue: Catalogue) -> None:
    assert Keyword("entity", ("nato",)) in [*walk(expanded("الناتو", catalogue))]
    assert not any(isinstance(node, Keyword) for node in walk(expanded("title:الناتو", catalogue)))


def test_a_name_in_quotes_means_these_words_and_no_other_name(catalogue: Catalogue) -> None:
    assert "الناتو" in spellings(expanded("حلف شمال الأطلنطي", catalogue))
    quoted = expanded('"حلف شمال الأطلنطي"', catalogue)
    assert "الناتو" not in spellings(quoted)
    assert not any(isinstance(node, Keyword) for node in walk(quoted))


def test_the_words_around_a_name_stay(catalogue: Catalogue) -> None:
    tree = expanded("قمة بيونج يانج اليوم", catalogue)
    assert isinstance(tree, And)
    assert tree.parts[0] == Word("قمة")
    assert isinstance(tree.parts[1], Or)
    assert tree.parts[2] == Word("اليوم")


def test_a_window_stays_one_of_words(catalogue: Catalogue) -> None:
    tree = expanded("الناتو NEAR/3 قمة", catalogue)
    assert isinstance(tree, Near)
    assert not any(isinstance(node, Keyword) for node in walk(tree))
    assert "حلف شمال الأطلسي" in spellings(tree)


@pytest.mark.parametrize("text", ["قمة", "=الناتو", "الناتو~1", "النا*", "outlet:x"])
def test_other_words_stay_as_they_are(text: str, catalogue: Catalogue) -> None:
    assert expanded(text, catalogue) == parse(text, now=datetime(2026, 1, 1, tzinfo=UTC))


def test_a_word_is_not_taken_for_a_name_that_only_resembles_it(catalogue: Catalogue) -> None:
    assert "بوتان" not in spellings(expanded("بوتين", catalogue))  # Putin is not Bhutan


@pytest.mark.parametrize("text", ['"الناتو داعش الحوثيين"~6', "الناتو NEAR/5 داعش NEAR/5 (الحوثيين OR روسيا OR وفد)"])
def test_spellings_are_never_too_many_for_a_window(text: str, catalogue: Catalogue) -> None:
    """Each of these names has a dozen; what was written is kept whole."""
    tree = expanded(text, catalogue)
    assert resolve(tree, analyzer()) != Nothing()
    words = {word for word in ("الناتو", "داعش", "الحوثيين", "روسيا", "وفد") if word in text}
    assert words <= spellings(tree)
