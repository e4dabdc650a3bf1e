from hypothesis import given
from hypothesis import strategies as st

from workers.arabic import bidi


def test_isolate_wraps_and_removes_controls_of_its_own() -> None:
    assert bidi.isolate("\u202bالصين\u202c") == "\u2068الصين\u2069"


def test_visual_order_of_mixed_lines_with_mirrored_brackets() -> None:
    assert bidi.visual("abc") == "abc"
    assert bidi.visual("قال (NATO)") == "(NATO) لاق"
    assert bidi.visual("سطر\nآخر") == "رطس\nرخآ"


def test_the_first_letter_with_a_direction_decides() -> None:
    assert bidi.is_rtl("«12» قال NATO")
    assert not bidi.is_rtl("NATO قال")
    assert not bidi.is_rtl("12 (،)")


@given(st.text(alphabet="اب ab1()،\u200f\u202e\u2067"))
def test_visual_keeps_the_letters(text: str) -> None:
    mirrored = str.maketrans("()", "((")
    seen = bidi.visual(text).translate(mirrored)
    assert sorted(seen) == sorted(bidi.strip_controls(text).translate(mirrored))
