"""Proclitics, spelling variants, and what matching must refuse."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from workers.arabic.fold import fold
from workers.model import Cleaned, Paragraph
from workers.tag import NameSpan, Printed, Tagger
from workers.tag.variants import alike
from workers.tag.words import offsets, readings


def entities(tagger: Tagger, text: str) -> list[tuple[str | None, str]]:
    return [(m.entity, m.surface) for m in tagger.tag(Cleaned(title="", paragraphs=(Paragraph(text),))).mentions]


def test_a_name_is_read_under_its_proclitics() -> None:
    assert (1, "الناتو") in readings("للناتو")
    assert (2, "الناتو") in readings("وللناتو")
    assert (1, "بكين") in readings("وبكين")


@given(st.text(alphabet="ابتكلموفيـًَّ\u200fأإآىةؤئ", max_size=12))
def test_offsets_have_one_place_for_each_folded_letter(printed: str) -> None:
    places = offsets(printed)
    assert len(places) == len(fold(printed))
    assert list(places) == sorted(places)
    assert all(fold(printed[place]) for place in places)


def test_transliterations_meet_and_look_alikes_do_not() -> None:
    assert alike(fold("ستولتنبرج"), fold("ستولتنبيرغ"))
    assert alike(fold("غوتيريش"), fold("جوتيريش"))
    assert not alike(fold("كلوني"), fold("كيليني"))
    assert not alike(fold("أوروبا"), fold("أعربا"))


def test_an_unlisted_spelling_is_linked(tagger: Tagger) -> None:
    assert entities(tagger, "التقى ستولتنبيرغ الوزراء") == [("jens-stoltenberg", "ستولتنبيرغ")]


def test_harakat_and_tatweel_stay_in_the_span(tagger: Tagger) -> None:
    assert entities(tagger, "سافر إلى الصـــين") == [("china", "الصـــين")]


def test_a_surname_counts_after_the_full_name_even_in_the_title(tagger: Tagger) -> None:
    tags = tagger.tag(Cleaned(title="أوستن يصل إلى سيول", paragraphs=(Paragraph("وصل لويد أوستن أمس."),)))
    assert [(m.entity, m.field) for m in tags.mentions] == [
        ("lloyd-austin", "title"),
        ("seoul", "title"),
        ("lloyd-austin", "body"),
    ]
    assert entities(tagger, "وصل أوستن أمس") == []


def test_a_longer_unknown_name_is_not_cut_into_a_known_one(tagger: Tagger) -> None:
    assert entities(tagger, "كتب محمد صلاح الدين المقال") == []
    assert entities(tagger, "فاز محمد صلاح بالجائزة") == [("mohamed-salah", "محمد صلاح")]


def test_an_adjective_relates_and_is_no_mention(tagger: Tagger) -> None:
    tags = tagger.tag(Cleaned(title="", paragraphs=(Paragraph("الصادرات الروسية إلى الأسواق"),)))
    assert tags.mentions == ()
    assert tags.related == ("russia",)


def test_a_town_counts_behind_a_word_that_says_so(tagger: Tagger) -> None:
    town = next(s for s in tagger.catalogue.sources() if s.cued and " " not in s.names[0])
    assert entities(tagger, f"قال {town.names[0]} كلاما") == []
    assert entities(tagger, f"قصف بلدة {town.names[0]} أمس") == [(town.entity.id, town.names[0])]


def test_a_line_break_parts_names(tagger: Tagger) -> None:
    assert entities(tagger, "الولايات\nالمتحدة") == []


class Finder:
    """A further tagger that takes one word for a name."""

    def spans_of_each(self, texts: Sequence[Printed]) -> list[list[NameSpan]]:
        starts = [(text.find("زعتور"), len(text)) for text, _ in texts]
        return [[NameSpan(0, end, "place", 0.9), NameSpan(at, at + 5, "person", 0.95)] for at, end in starts]


def test_the_further_tagger_adds_what_overlaps_nothing(tagger: Tagger) -> None:
    tagger._names = Finder()
    try:
        found = entities(tagger, "زار زعتور فرنسا")
    finally:
        tagger._names = None
    assert found == [(None, "زعتور"), ("france", "فرنسا")]
