"""From written words to index terms, and the marks that they leave in a text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from workers.arabic.analysis import Analyzer
from workers.errors import UserError
from workers.search.highlight import CLOSE, OPEN, highlight
from workers.search.parse import parse
from workers.search.resolve import resolve
from workers.search.tree import (
    DEFAULT_FIELDS,
    Close,
    Keyword,
    Nothing,
    Or,
    Query,
    Sequence,
    StartsWith,
    Window,
    walk,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer.load(Path("config"))


def found(text: str, analyzer: Analyzer) -> Query:
    return resolve(parse(text, now=NOW), analyzer)


def test_proclitics_and_spellings_resolve_to_one_term(analyzer: Analyzer) -> None:
    assert found("والصين", analyzer) == found("بالصين", analyzer) == found("الصّيــن", analyzer)
    assert found("=والصين", analyzer) != found("=الصين", analyzer)


def test_stop_words_say_nothing_but_keep_their_place(analyzer: Analyzer) -> None:
    assert found("في الصين", analyzer) == found("الصين", analyzer)
    phrase = found('"رئيس في الصين"', analyzer)
    assert isinstance(phrase, Sequence)
    assert [offset for _, offset in phrase.terms] == [0, 2]


def test_a_query_of_stop_words_alone_is_asked_as_printed(analyzer: Analyzer) -> None:
    assert found("من", analyzer) == Sequence(DEFAULT_FIELDS, "exact", (("من", 0),))
    assert found("«…»", analyzer) == Nothing()


def test_a_word_that_analysis_splits_is_a_phrase(analyzer: Analyzer) -> None:
    assert found("F-16", analyzer) == Sequence(DEFAULT_FIELDS, "stem", (("f", 0), ("16", 1)))


def test_a_sloppy_phrase_makes_room_for_its_own_stop_words(analyzer: Analyzer) -> None:
    window = found('"رئيس في الصين"~2', analyzer)
    assert isinstance(window, Window)
    assert window.distance == 3


def test_near_is_one_window_for_each_choice(analyzer: Analyzer) -> None:
    query = found("الصين NEAR/4 (روسيا OR اليابان)", analyzer)
    assert isinstance(query, Or)
    assert len(query.parts) == 2
    with pytest.raises(UserError, match="too many alternatives"):
        found(" NEAR/4 ".join(["(ا1 OR ا2 OR ا3 OR ا4 OR ا5 OR ا6 OR ا7)"] * 3), analyzer)


def test_prefixes_are_asked_of_printed_words_and_of_stems_and_fuzzy_words_of_printed_ones(analyzer: Analyzer) -> None:
    assert {type(node) for node in walk(found("روس*", analyzer))} == {Or, StartsWith}
    assert found("موسكوا~1", analyzer) == Close(DEFAULT_FIELDS, "exact", "موسكوا", 1)


def test_an_entity_is_an_id_or_a_name(analyzer: Analyzer) -> None:
    assert found("entity:nato", analyzer) == Keyword("entity", ("nato",))
    assert isinstance(found("entity:الناتو", analyzer), Or)


def test_a_resolved_tree_resolves_to_itself(analyzer: Analyzer) -> None:
    tree = found('(روسيا NEAR/2 الصين)^2 OR "حلف شمال"~2 -موس* ترمب~1', analyzer)
    assert resolve(tree, analyzer) == tree


def marks(text: str, query: str, analyzer: Analyzer) -> tuple[str, ...]:
    return highlight({"body": text}, found(query, analyzer), analyzer).get("body", ())


def test_highlights_mark_words_as_printed(analyzer: Analyzer) -> None:
    shown = marks("زار الوزير موسكو، ثم عاد من مُوسكو.", "بموسكو", analyzer)
    assert shown == (f"زار الوزير {OPEN}موسكو{CLOSE}، ثم عاد من {OPEN}مُوسكو{CLOSE}.",)


def test_a_phrase_marks_only_where_it_stands_and_a_refused_word_nothing(analyzer: Analyzer) -> None:
    text = "حلف شمال الأطلسي غير شمال البلاد"
    assert marks(text, '"حلف شمال" -البلاد', analyzer) == (
        f"{OPEN}حلف{CLOSE} {OPEN}شمال{CLOSE} الأطلسي غير شمال البلاد",
    )


def test_a_long_text_gives_fragments_around_the_marks(analyzer: Analyzer) -> None:
    text = "جملة بلا شيء فيها. " * 40 + "وصل إلى موسكو اليوم. " + "جملة أخرى هنا. " * 40
    (fragment,) = marks(text, "موسكو", analyzer)
    assert len(fragment) < 250
    assert f"{OPEN}موسكو{CLOSE}" in fragment
