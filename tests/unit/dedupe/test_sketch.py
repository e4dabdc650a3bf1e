from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from workers.dedupe import fingerprint
from workers.dedupe.sketch import rate, sketch
from workers.model import Cleaned, Fingerprint, Paragraph, dump, load
from workers.settings import DedupeSettings

SETTINGS = DedupeSettings()
TEXT = (
    "أعلنت الحكومة اليوم الأربعاء إطلاق مشروع لتوسعة الميناء القديم على ثلاث مراحل.",
    "وقالت الوزارة إن المرحلة الأولى تنتهي في عام 2027 بكلفة 340 مليون دينار.",
)


def print_of(*paragraphs: str, title: str = "توسعة الميناء", settings: DedupeSettings = SETTINGS) -> Fingerprint:
    return fingerprint(Cleaned(title=title, paragraphs=tuple(Paragraph(p) for p in paragraphs)), settings)


def text_of(found: Fingerprint) -> Fingerprint:
    """What tells texts apart, without what tells events apart."""
    return replace(found, terms=())


def test_spelling_quotes_digits_marks_and_paragraph_breaks_do_not_matter() -> None:
    other = (
        "اعلنت الحكومه اليوم الاربعاء إطلاق «مشروع» لتوسعة الميـناء القديم — على ثلاث مراحل",
        "وقالت الوزارة",
        "إنّ المرحلة الأولى تنتهي في عام ٢٠٢٧، بكلفة ٣٤٠ مليون دينار!",
    )
    settings = DedupeSettings(flash_words=5)
    assert text_of(print_of(*TEXT, settings=settings)) == text_of(print_of(*other, title="آخر", settings=settings))


def test_the_title_of_a_report_does_not_matter_but_that_of_a_flash_does() -> None:
    long = (*TEXT, *(f"{p} {i}" for i, p in enumerate(TEXT)))
    assert text_of(print_of(*long)) == text_of(print_of(*long, title="عنوان آخر"))
    assert text_of(print_of(*TEXT)) != text_of(print_of(*TEXT, title="عنوان آخر"))


def test_a_text_with_too_few_words_cannot_be_recognised() -> None:
    assert text_of(print_of("التفاصيل بعد قليل", title="عاجل")) == Fingerprint(exact="")


def test_a_flash_whose_words_are_in_its_title_has_one() -> None:
    assert print_of(title="عاجل: رئيس الوزراء يعلن استقالة حكومته بعد جلسة طارئة في البرلمان").exact


def test_one_word_is_one_byte_and_long_texts_are_cut() -> None:
    words = " ".join(f"كلمة{i}" for i in range(3000))
    assert len(bytes.fromhex(print_of(words).words)) == SETTINGS.most_words


def test_a_fingerprint_survives_the_journey_as_json() -> None:
    found = print_of(*TEXT)
    assert load(Fingerprint, dump(found)) == found


@given(st.lists(st.text("ابتثج", min_size=1, max_size=4), min_size=140, max_size=300), st.integers(0, 100))
def test_the_sketch_of_a_part_is_part_of_the_sketch(words: list[str], start: int) -> None:
    """What lets a text be found inside a longer one."""
    part = words[start:]
    long, short = sketch(words, SETTINGS), sketch(part, SETTINGS)
    bound = (1 << 64) // SETTINGS.sample
    assert {h for h in short if h < bound} <= set(long)


def test_the_sample_has_the_size_that_is_asked_for() -> None:
    words = [str(i) for i in range(40_000)]
    assert 9_500 < len(sketch(words, DedupeSettings(sample=4))) < 10_500
    assert [rate(n, SETTINGS) for n in (40, 200, 400)] == [2, 4, 8]
