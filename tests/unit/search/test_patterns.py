"""Regular expressions in rules: Arabic boundaries, folding, refusals, and that no pattern or text takes long."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.alert.samples import analyzer, article, rule
from workers.alert.highlight import highlights
from workers.alert.matcher import Matcher
from workers.errors import UserError
from workers.search.parse import parse
from workers.search.patterns import compiled, rewritten, spans
from workers.search.tree import Pattern, Word

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def matches(pattern: str, text: str) -> bool:
    return next(spans(pattern, text), None) is not None


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"\bمصر\b", "في مصر اليوم", True),
        (r"\bمصر\b", "مصر", True),
        (r"\bمصر\b", "«مصر»", True),
        (r"\bمصر\b", "المصريون", False),
        (r"\bمصر\b", "مصرع", False),
        (r"مصر\b", "بمصر.", True),
        (r"\bمصر", "المصريون", False),
        (r"(?:\bمصر|الأردن\b)", "بالأردن", True),
        (r"مصر\b \bالعربية", "جمهورية مصر العربية", True),
        (r"قمة\s+\w+ية", "قِمّة عربيّة", True),
        (r"\bأوكرانيا\b", "اوكرانيـا", True),
        (r"\d{4}", "عام ٢٠٢٦", True),
        (r"\bf-?16s?\b", "طائرات F16", True),
        (r"[أ-ي]{3}ان\b", "لبنان", True),
        (r"\w+\W\w+", "كلمة", False),
        (r"\S+@\S+", "desk@marfa.example", True),
        (r"\bغزة\b", "#غزة_تحت_القصف", True),
        (r"غزة_تحت\b", "#غزة_تحت_القصف", True),
    ],
)
def test_what_a_pattern_means_in_arabic(pattern: str, text: str, found: bool) -> None:
    assert matches(pattern, text) is found


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("(", "missing"),
        ("a*", "everything"),
        ("(?=a)b", "look-around"),
        (r"(a)\1", "back-references"),
        ("x" * 513, "longer than 512"),
        ("(a{500}b{500}){9}", "1,000"),
        (r"(?:\w{500}|\d{400}x){2}", "no pattern"),
        (r".\b.", "cannot tell"),
        (r"a\Bb", "is not known"),
        (r"[\W]", "cannot stand inside"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused_with_the_mend(pattern: str, word: str) -> None:
    with pytest.raises(UserError, match=word):
        compiled(pattern)


def test_an_evil_pattern_takes_no_time_on_an_evil_text() -> None:
    assert not matches(r"(a+)+(a+)+(a+)+$", "a" * 20_000 + "!")
    assert not matches(r"(\w+\s?)+;$", "كلمة " * 10_000)


def test_spans_are_those_of_the_printed_text() -> None:
    text = "قالت أُوكرانيا إن"
    (span,) = spans(r"\bأوكرانيا\b", text)
    assert text[slice(*span)] == "أُوكرانيا"


def test_only_rules_read_patterns() -> None:
    assert parse("/مصر/", now=NOW) == Word("/مصر/")
    tree = parse(r"title:/\bمصر\b a\/b/", now=NOW, regexes=True)
    assert tree == Pattern(r"\bمصر\b a/b", "title")
    assert parse(str(tree), now=NOW, regexes=True) == tree
    with pytest.raises(UserError, match="never closed"):
        parse("/مصر", now=NOW, regexes=True)
    with pytest.raises(UserError, match="compared exactly"):
        parse("outlet:/marfa/", now=NOW, regexes=True)


def test_a_rule_with_a_pattern_beside_words_fires_and_marks_what_it_found() -> None:
    matcher = Matcher([rule(r"/\bقم[ةم] \w+/ ليس موسكو"), rule(r"title:/خبر/", id="r2")], analyzer())
    words = matcher.words(article("عقدت قمة عربية اليوم."))
    (found,) = matcher.meets(words)
    assert highlights(found.query, words)[0] == "\u0002قمة في\u0003 المدينة"
    assert matcher.meets(matcher.words(article("قمة عربية في موسكو"))) == []


def test_a_boundary_is_said_in_classes() -> None:
    assert rewritten(r"\bمصر\b").count(r"\p{L}\p{M}\p{N}") == 2
