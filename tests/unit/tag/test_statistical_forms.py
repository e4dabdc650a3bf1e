"""Words as the statistical tagger reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.tag.statistical.forms import CLITICS, MAX_LETTERS, letter_numbers, plain, read, with_marks
from workers.tag.statistical.model import LONGEST, packed
from workers.tag.text import words

COUNTS = {"بكين": 900, "الناتو": 400, "بغداد": 800, "وزير": 5000, "زير": 6, "فرنسا": 2000, "رنسا": 3}
TEXTS = st.text(alphabet="وبلابكين نتغد 0٥.،()«»\n\u0651\u200f-", max_size=60)


@pytest.mark.parametrize(
    ("printed", "key", "clitic", "cut"),
    [
        ("بكين", "بكين", "", 0),
        ("وبكين", "بكين", "و", 1),
        ("لبغداد", "بغداد", "ل", 1),
        ("وببغداد", "بغداد", "وب", 2),
        ("للناتو", "الناتو", "ل", 1),
        ("وزير", "وزير", "", 0),
        ("فرنسا", "فرنسا", "", 0),
        ("كبغداد", "كبغداد", "", 0),  # ك is cut only before an article
        ("مجهول", "مجهول", "", 0),
    ],
)
def test_proclitics_are_cut_where_the_rest_is_known_and_the_whole_is_not(
    printed: str, key: str, clitic: str, cut: int
) -> None:
    form = read(printed, COUNTS)
    assert (form.key, CLITICS[form.clitic], form.cut) == (key, clitic, cut)


def test_digits_are_one_digit_and_marks_at_the_edges_fall() -> None:
    assert plain("٢٠٠٣") == plain("1999") == "0000"
    assert plain("أ)") == "ا"
    assert plain("«") == "«"


def test_kinds_of_token() -> None:
    shapes = [read(token, {}).shape for token in ("وزير", "CNN", "2003", "،", "«", "(", "؟")]
    assert len(set(shapes)) == len(shapes)


@given(TEXTS)
def test_words_and_marks_lie_in_order_and_leave_only_white_space_between(text: str) -> None:
    spans = with_marks(text, words(text)[1])
    ends = [0, *(end for _, end in spans)]
    assert all(start >= end for end, (start, _) in zip(ends, spans, strict=False))
    assert all(start < end for start, end in spans)
    assert set(words(text)[1]) <= set(spans)


@given(st.text(max_size=30))
def test_letters_always_fill_their_places(key: str) -> None:
    assert len(letter_numbers(key)) == MAX_LETTERS


@given(st.lists(st.integers(0, 3 * LONGEST), max_size=12))
def test_packing_keeps_every_token_once_and_in_order(lengths: list[int]) -> None:
    groups = list(packed(["ا" * length for length in lengths]))
    assert [place for group in groups for place in group] == [(s, t) for s, n in enumerate(lengths) for t in range(n)]
    assert all(0 < len(group) <= LONGEST for group in groups)
