from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workers.dedupe.revisions import Change, compare, next_look
from workers.model import Article, Paragraph
from workers.settings import DedupeSettings

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETTINGS = DedupeSettings()
FIRST = "أعلنت الوزارة مقتل ثلاثة أشخاص في انهيار مبنى وسط المدينة."
SECOND = "وقال شاهد إن المبنى كان آيلاً للسقوط منذ سنوات."
THIRD = "وتتواصل أعمال البحث تحت الأنقاض حتى المساء."


def article(*paragraphs: str, title: str = "انهيار مبنى", revision: int = 1) -> Article:
    return Article(
        id="0" * 32,
        url="https://example.com/1",
        canonical_url="https://example.com/1",
        outlet="example",
        title=title,
        paragraphs=tuple(Paragraph(p) for p in paragraphs),
        first_seen_at=NOW,
        updated_at=NOW,
        revision=revision,
    )


def test_the_same_words_are_no_revision_whatever_their_marks_and_spelling() -> None:
    assert compare(article(FIRST, SECOND), article(FIRST.replace(".", "!").replace("أ", "ا"), SECOND)) is None


def test_an_edited_number_is_found_as_the_words_that_were_and_are() -> None:
    found = compare(article(FIRST, SECOND), article(FIRST.replace("ثلاثة", "خمسة"), SECOND, revision=2))
    assert found
    assert found.revision == 2
    (change,) = found.changes
    assert (change.kind, change.position, change.words) == ("changed", 0, (("ثلاثة", "خمسة"),))
    assert 0 < found.share < 0.1


def test_a_paragraph_that_is_gone_and_one_that_is_new_are_told_apart() -> None:
    found = compare(article(FIRST, SECOND), article(FIRST, THIRD))
    assert found
    assert found.changes == (
        Change(kind="removed", position=1, old=SECOND),
        Change(kind="added", position=1, new=THIRD),
    )


def test_a_paragraph_put_before_others_is_the_only_change() -> None:
    found = compare(article(FIRST, SECOND), article(THIRD, FIRST, SECOND))
    assert found
    assert found.changes == (Change(kind="added", position=0, new=THIRD),)


def test_a_new_headline_over_the_same_text_is_a_revision() -> None:
    found = compare(article(FIRST), article(FIRST, title="ارتفاع الحصيلة"))
    assert found
    assert found.title == ("انهيار مبنى", "ارتفاع الحصيلة")
    assert found.changes == ()


@given(
    st.lists(st.sampled_from([FIRST, SECOND, THIRD]), max_size=6),
    st.lists(st.sampled_from([FIRST, SECOND]), max_size=6),
)
def test_every_paragraph_that_is_not_in_the_old_text_is_named(old: list[str], new: list[str]) -> None:
    found = compare(article(*old), article(*new))
    named = {c.new for c in found.changes} if found else set()
    assert set(new) - set(old) <= named
    assert (found is None) == (old == new)


def test_looks_come_soon_after_publication_then_ever_more_seldom_then_end() -> None:
    looked, ages = NOW, []
    while (following := next_look(NOW, looked, SETTINGS)) is not None:
        ages.append((following - NOW) / timedelta(minutes=1))
        looked = following
    assert ages == [15, 45, 135, 405, 1215, 3645]


@given(st.integers(0, 10**6))
def test_the_next_look_is_always_later(age: int) -> None:
    looked = NOW + timedelta(seconds=age)
    following = next_look(NOW, looked, SETTINGS)
    assert following is None or following > looked
