import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.arabic.fold import CONTEXT, SEARCH_TABLE, TABLE, complete, fold, fold_neighbours, search_form

ONE_SPELLING = [
    ("أوكرانيا", "اوكرانيا", "Ukraine, hamza left out"),
    ("آسيا", "أسيا", "Asia, madda"),
    ("مسؤول", "مسئول", "official, Egyptian seat of hamza"),
    ("شؤون", "شئون", "affairs"),
    ("شُؤُون", "شئُون", "affairs, vowelled"),
    ("شيء", "شئ", "thing"),
    ("المصري", "المصرى", "Egyptian, alef maqsura for ya"),
    ("قوة", "قوه", "force, ta marbuta without dots"),
    ("كوریا", "كوريا", "Korea, Persian ya"),
    ("کیم", "كيم", "Kim, Persian kaf and ya"),
    ("ﺍﻟﻨﺎﺗﻮ", "الناتو", "NATO in presentation forms"),
    ("ﻻجئ", "لاجئ", "refugee, ligature"),
    ("الصـــين", "الصين", "China, tatweel"),
    ("وُصِفَتْ", "وصفت", "was described, vowelled"),
    ("صين\u200f", "صين", "right-to-left mark at the end"),
    ("ا\u200cلصين", "الصين", "zero-width non-joiner"),
    ("٢٠٢٣", "2023", "Arabic-Indic digits"),
    ("۲۰۲۳", "2023", "Persian digits"),
    ("١٢٬٠٠٠", "12,000", "Arabic thousands separator"),
    ("12,000", "12000", "digit groups"),
    ("1,234,567", "1234567", "digit groups twice"),
    ("٣٫٥", "3.5", "Arabic decimal separator"),
    ("NATO", "nato", "case"),
    ("Müller", "muller", "accents"),
    ("İzmir", "izmir", "Turkish dotted capital"),
]


@pytest.mark.parametrize(("one", "other", "why"), ONE_SPELLING, ids=[row[2] for row in ONE_SPELLING])
def test_spellings_that_readers_take_as_one_have_one_form(one: str, other: str, why: str) -> None:
    assert search_form(one) == search_form(other), why


KEPT_APART = [
    ("على", "علي", "on / Ali"),
    ("إلى", "إلي", "to / to me"),
    ("وعلى", "وعلي", "and on / and Ali"),
    ("12,5", "125", "a decimal comma is no group"),
    ("2017,2018", "20172018", "two years"),
    ("صين", "سين", "other letters"),
]


@pytest.mark.parametrize(("one", "other", "why"), KEPT_APART, ids=[row[2] for row in KEPT_APART])
def test_words_that_differ_stay_apart(one: str, other: str, why: str) -> None:
    assert search_form(one) != search_form(other), why


def test_fold_works_letter_by_letter() -> None:
    assert fold("قُوَّةٌ ﷲ") == "قوه الله"
    assert fold("على") == fold("علي")


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_letters_that_are_written_into_a_table_as_themselves_change_nothing(text: str) -> None:
    plain = {code: folded for code, folded in TABLE.items() if chr(code) != folded}
    assert fold(text) == text.translate(TABLE).lower() == text.translate(plain).lower()
    assert text.translate(complete(SEARCH_TABLE)) == text.translate(SEARCH_TABLE)


@given(st.text(alphabet="ابئوءىيةأ.:د\u064f\u0640\u200f1,٬"))
def test_characters_and_neighbours_fold_to_what_no_rule_matches_again(text: str) -> None:
    once = CONTEXT.sub(fold_neighbours, text).translate(SEARCH_TABLE)
    assert once.translate(SEARCH_TABLE) == once
