from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from workers.arabic.sentences import split


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split(text)]


def test_marks_and_line_ends_end_sentences() -> None:
    assert sentences("وصل الوفد. هل غادر؟ نعم!\n\nخبر آخر… ثم") == [
        "وصل الوفد.", "هل غادر؟", "نعم!", "خبر آخر…", "ثم",
    ]  # fmt: skip


def test_initials_titles_and_decimals_end_none() -> None:
    text = "قال د. سامي (أ. ف. ب.) إن النمو 3.5 في المئة."
    assert sentences(text) == [text]


def test_closing_quotes_belong_to_the_sentence() -> None:
    assert sentences("قال «انتهى الأمر.» ثم مضى.") == ["قال «انتهى الأمر.»", "ثم مضى."]


@given(st.text(alphabet="اب د.!؟\n «»1…"))
def test_spans_are_ordered_trimmed_and_lose_no_word(text: str) -> None:
    spans = split(text)
    assert all(text[a:b] == text[a:b].strip() != "" for a, b in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert "".join("".join(text[a:b] for a, b in spans).split()) == "".join(text.split())
