import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.arabic import tokens
from workers.arabic.tokens import Token, is_common, tokenize, tokenize_any
from workers.bench.oddities import ALPHABET

COMMON = "ابلئوءىيةأ\u0620\u063b\u06d2 عندعx Z19٣۵.:'’,;،٬٫_-\"#«»؟\n\u064b\u0651\u0640\u200f\u200c\u200b\u00ad\u2069"


def keys(text: str) -> list[str]:
    return [token.key for token in tokenize(text)]


def test_full_stop_and_colon_between_arabic_letters_part_words() -> None:
    assert keys("د.محمد قال:إن U.S. a:b 3.5") == ["د", "محمد", "قال", "ان", "u.s", "a:b", "3.5"]


def test_hashtags_open_and_hyphens_part() -> None:
    assert keys("#غزة_تحت_القصف F-16") == ["غزه", "تحت", "القصف", "f", "16"]


def test_quotes_around_names_leave_the_name() -> None:
    assert keys("لـ\u201dالناتو\u201c و«الصين»") == ["ل", "الناتو", "و", "الصين"]


def test_single_letters_are_words() -> None:
    assert keys("(أ ف ب)") == ["ا", "ف", "ب"]


def test_other_scripts() -> None:
    assert keys('צה"ל 東京 ไทย 👧🏽 ™') == ['צה"ל', "東", "京", "ไทย", "👧🏽", "™"]


def test_one_character_may_be_several_words() -> None:
    found = tokenize("قال \ufdfa كذا")
    assert [t.key for t in found] == ["قال", "صلي", "الله", "عليه", "وسلم", "كذا"]
    assert {(t.start, t.end) for t in found[1:5]} == {(4, 5)}


def test_marks_belong_to_the_word_and_bidi_controls_do_not() -> None:
    text = "\u2068الصينُ\u2069، وُصِفَ\u200f."
    assert [t.surface for t in tokenize(text)] == ["الصينُ", "وُصِفَ"]


def test_words_over_the_limit_are_cut_where_the_server_cuts_them() -> None:
    assert [len(key) for key in keys("ا" * 600)] == [255, 255, 90]
    assert [len(key) for key in keys("👩 " * 3 + "अ" * 300)] == [1, 1, 1, 255, 45]


@given(st.text(alphabet=COMMON, max_size=40))
def test_the_quick_way_and_the_full_grammar_agree(text: str) -> None:
    if is_common(text):
        assert tokenize(text) == list(tokenize_any(text))


@given(st.lists(st.text(alphabet=[*ALPHABET, *COMMON], max_size=8), max_size=8).map(" ".join))
def test_pieces_that_the_quick_way_does_not_know_are_cut_by_themselves(text: str) -> None:
    assert tokenize(text) == list(tokenize_any(text))


def test_a_full_stop_joins_before_letters_that_folding_does_not_know() -> None:
    assert keys("ا.\u0620 ا.ب ا.b") == ["ا.\u0620", "ا", "ب", "ا.b"]


def test_only_the_piece_with_a_strange_sign_goes_the_full_way(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def full(text: str) -> Iterator[Token]:
        given.append(text)
        return tokenize_any(text)

    monkeypatch.setattr(tokens, "tokenize_any", full)
    assert [t.surface for t in tokenize("قال 👩 إن، שלום! 12,000 كتاب")] == [
        "قال",
        "👩",
        "إن",
        "שלום",
        "12,000",
        "كتاب",
    ]
    assert given == ["👩", "שלום!"]


@given(st.text(alphabet=[*ALPHABET, *COMMON], max_size=40))
def test_offsets_select_the_surface_in_the_text_as_printed(text: str) -> None:
    found = tokenize(text)
    assert all(text[t.start : t.end] == t.surface and t.key for t in found)
    assert all(a.start <= b.start and a.end <= b.end for a, b in pairwise(found))


def test_no_pattern_hangs_in_older_patch_releases_of_python() -> None:
    """Python 3.11.2 (Debian 12) never comes back from a possessive group, `(?:…)*+`, that has matched once."""
    sources = Path(tokens.__file__).parents[1].rglob("*.py")
    possessive = re.compile(r"^[^#]*\)(?:[*+?]|\{\d[\d,]*\})\+(?=[\"'(|)\[])", re.MULTILINE)
    assert possessive.search('A = "(?:ab)*+"')
    assert {
        source.name: found[0] for source in sources if (found := possessive.search(source.read_text("utf-8")))
    } == {}
