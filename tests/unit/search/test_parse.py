"""The query language: what each spelling means, and what is said of a bad query."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from luqum.parser import parser as luqum_parser
from luqum.tree import AndOperation, Group, OrOperation, SearchField, UnknownOperation
from luqum.tree import Not as LuqumNot
from luqum.tree import Phrase as LuqumPhrase
from luqum.tree import Word as LuqumWord

from tests.unit.search.trees import trees
from workers.errors import UserError
from workers.search.parse import parse, side_by_side
from workers.search.tree import (
    And,
    Boost,
    Exact,
    Fuzzy,
    Keyword,
    MatchAll,
    Near,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Range,
    Word,
    any_of,
)

NOW = datetime(2023, 2, 1, 10, 30, tzinfo=UTC)
RUSSIA, CHINA, IRAN = Word("روسيا"), Word("الصين"), Word("إيران")


def read(text: str) -> Query:
    return parse(text, now=NOW)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("روسيا الصين", And((RUSSIA, CHINA))),
        ("روسيا و الصين", And((RUSSIA, CHINA))),  # and, standing alone
        ("روسيا والصين", And((RUSSIA, Word("والصين")))),  # and, as part of the word
        ("روسيا أو الصين", Or((RUSSIA, CHINA))),
        ("روسيا او الصين", Or((RUSSIA, CHINA))),  # without its hamza
        ("روسيا || الصين", Or((RUSSIA, CHINA))),
        ("روسيا OR الصين AND إيران", Or((RUSSIA, And((CHINA, IRAN))))),
        ("(روسيا OR الصين) إيران", And((Or((RUSSIA, CHINA)), IRAN))),
        ("روسيا ليس الصين", And((RUSSIA, Not(CHINA)))),
        ("روسيا -الصين", And((RUSSIA, Not(CHINA)))),
        ("!الصين", Not(CHINA)),
        ("+روسيا", RUSSIA),
        ("or", Word("or")),  # operators in capitals only
        ("«حلف شمال» “الناتو”", And((Phrase("حلف شمال"), Phrase("الناتو")))),
        ('"حلف شمال"~5', Phrase("حلف شمال", 5)),
        ("روسيا NEAR/3 الصين", Near((RUSSIA, CHINA), 3)),
        ("روسيا قرب/٣ الصين", Near((RUSSIA, CHINA), 3)),
        ("روسيا قبل/3 الصين", Near((RUSSIA, CHINA), 3, ordered=True)),
        ("روسيا NEAR/3 الصين OR إيران", Or((Near((RUSSIA, CHINA), 3), IRAN))),
        ("عنوان:روسيا", Word("روسيا", "title")),
        ("عنوان:(روسيا NEAR/2 الصين)", Near((Word("روسيا", "title"), Word("الصين", "title")), 2, field="title")),
        ("مصدر:bbc", Keyword("outlet", ("bbc",))),
        ("country:EG", Keyword("country", ("eg",))),
        ("outlet:*", Keyword("outlet", ())),
        ("مسلم*", Prefix("مسلم")),
        ("=بالصين", Exact("بالصين")),
        ('="قال الرئيس"', Exact("قال الرئيس")),
        ("ترمب~1", Fuzzy("ترمب", 1)),
        ("ترمب~", Fuzzy("ترمب", 1)),
        ("ستولتنبرغ~", Fuzzy("ستولتنبرغ", 2)),
        ("روسيا^2", Boost(RUSSIA, 2)),
        ("(روسيا الصين)^0.5", Boost(And((RUSSIA, CHINA)), 0.5)),
        ("*", MatchAll()),
        ("روسيا، الصين؛", And((RUSSIA, CHINA))),  # Arabic comma and semicolon
        ("هل روسيا؟", And((Word("هل"), RUSSIA))),
        ("قال: روسيا", And((Word("قال"), RUSSIA))),
        ("\u200fروس\u200eيا\u202c", RUSSIA),  # bidi controls
        ("\\AND \\-x", And((Word("AND"), Word("-x")))),
        ("إلى روسيا", And((Word("إلى"), RUSSIA))),
    ],
)
def test_spelling(text: str, tree: Query) -> None:
    assert read(text) == tree


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "no word"),
        ("روسيا OR", 9, "ends where a word"),
        ("OR روسيا", 1, "out of place"),
        ("(روسيا", 1, "never closed"),
        ("روسيا)", 6, "out of place"),
        ('روسيا "حلف', 7, "never closed"),
        ("عنوانن:روسيا", 1, "no field"),
        ("روسيا عنوان:", 12, "nothing stands after"),
        ("date:قريبا", 6, "not a date"),
        ("date:[2023 TO 2022]", 6, "ends before"),
        ("title:[a TO b]", 7, "not a date"),
        ("ترمب~3", 5, "1 or 2"),
        ('"a b"~99', 6, "at most 50"),
        ("a~ b^x", 5, "a boost"),
        ("a*b*", 1, "only at a word's end"),
        ("a NEAR b", 3, "distance"),
        ("a NEAR/99 b", 3, "more than 50"),
        ("a NEAR/2 b NEAR/3 c", 12, "one distance"),
        ("title:a NEAR/2 body:b", 1, "one field"),
        ("a NEAR/2 bcd*", 1, "NEAR joins words"),
        ("outlet:=x", 8, "always compared exactly"),
        ("(" * 30 + "a" + ")" * 30, 21, "nested"),
    ],
)
def test_a_bad_query_says_where_and_how_to_mend_it(text: str, column: int, says: str) -> None:
    with pytest.raises(UserError) as caught:
        read(text)
    fault = caught.value.faults[0]
    assert fault.place == f"query, column {column}"
    assert says in fault.problem
    assert fault.mend


def day(year: int, month: int, number: int, zone: str = "UTC") -> datetime:
    return datetime(year, month, number, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("date:2023", day(2023, 1, 1), day(2024, 1, 1)),
        ("date:2022-12", day(2022, 12, 1), day(2023, 1, 1)),
        ("date:٢٠٢٣-٠١-٢٩", day(2023, 1, 29), day(2023, 1, 30)),
        ("تاريخ:أمس", day(2023, 1, 31), day(2023, 2, 1)),
        ("date:today", day(2023, 2, 1), day(2023, 2, 2)),
        ('date:"last 7 days"', day(2023, 1, 25), None),
        ("منذ:أسبوع", day(2023, 1, 25), None),
        ("since:7d", day(2023, 1, 25), None),
        ('date:"آخر يومين"', day(2023, 1, 30), None),  # the dual: the last two days
        ('date:"this month"', day(2023, 2, 1), None),
        ("since:شهر", day(2023, 1, 1), None),
        ("date:>=2023-01", day(2023, 1, 1), None),
        ("date:>2023-01", day(2023, 2, 1), None),
        ("date:<2023-01", None, day(2023, 1, 1)),
        ("until:2023-01-05", None, day(2023, 1, 6)),
        ("date:[2023-01-01 TO 2023-01-05]", day(2023, 1, 1), day(2023, 1, 6)),
        ("date:[2023-01-01 إلى 2023-01-05}", day(2023, 1, 1), day(2023, 1, 5)),
        ("date:[* TO 2023]", None, day(2024, 1, 1)),
        ("date:[2023-01-01T10:00 TO *]", day(2023, 1, 1) + timedelta(hours=10), None),
    ],
)
def test_dates(text: str, low: datetime | None, high: datetime | None) -> None:
    assert read(text) == Range("date", low, high)


def test_days_begin_in_the_readers_zone() -> None:
    found = parse("date:أمس", now=datetime(2023, 2, 1, 22, 30, tzinfo=UTC), timezone=ZoneInfo("Asia/Riyadh"))
    assert found == Range("date", day(2023, 2, 1, "Asia/Riyadh"), day(2023, 2, 2, "Asia/Riyadh"))


def test_a_month_before_the_31st_is_the_last_day_of_a_shorter_month() -> None:
    found = parse("since:شهر", now=datetime(2023, 3, 31, 12, tzinfo=UTC))
    assert found == Range("date", day(2023, 2, 28), None)


@given(trees)
@settings(max_examples=300, deadline=None)
def test_the_canonical_spelling_reads_back(tree: Query) -> None:
    assert read(str(tree)) == tree


@given(st.text(max_size=60))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_query_or_a_fault_with_a_place(text: str) -> None:
    try:
        tree = read(text)
    except UserError as error:
        faults = error.faults
    else:
        faults = []
        assert read(str(tree)) == tree
    assert all(fault.place.startswith("query") for fault in faults)


# --- the grammar is luqum's for what both know --------------------------------------------------------------------

_WORDS = st.sampled_from(["روسيا", "الصين", "abc", '"حلف شمال"', "title:قمة"])
_QUERIES = st.recursive(
    _WORDS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" AND ", " OR "]), inner).map("".join),
        inner.map("({})".format),
        inner.map("NOT ({})".format),
    ),
    max_leaves=6,
)


def from_luqum(node: object, field: str | None = None) -> Query:
    match node:
        case AndOperation() | UnknownOperation():
            return side_by_side([from_luqum(child, field) for child in node.children])
        case OrOperation():
            return any_of([from_luqum(child, field) for child in node.children])
        case LuqumNot():
            return Not(from_luqum(node.a, field))
        case Group():
            return from_luqum(node.expr, field)
        case SearchField():
            return from_luqum(node.expr, node.name)
        case LuqumPhrase():
            return Phrase(node.value.strip('"'), 0, field)
        case LuqumWord():
            return Word(node.value, field)
    raise AssertionError(node)


@given(_QUERIES)
@settings(max_examples=200, deadline=None)
def test_luqum_reads_the_same(text: str) -> None:
    assert read(text) == from_luqum(luqum_parser.parse(text))
