"""What an outlet changed, as an alert shows it."""

from __future__ import annotations

from workers.alert.changes import CLOSE, OPEN, _edit


def test_a_sign_of_several_words_is_marked_once() -> None:
    edit = _edit("text", "قال النبي ﷺ كلمة", "قال النبي صل الله عل وسلم كلمة")
    assert edit["old"] == f"قال النبي {OPEN}ﷺ{CLOSE} كلمة"
    assert edit["new"] == f"قال النبي {OPEN}صل{CLOSE} الله {OPEN}عل{CLOSE} وسلم كلمة"
