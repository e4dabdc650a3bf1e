"""Spellings that the catalogue need not list: made from lists of words, or met by fewer letters within a name."""

from __future__ import annotations

import pytest

from tests.unit.tag.test_words import entities
from workers.tag import Tagger
from workers.tag.spellings import Spellings
from workers.tag.variants import near, near_within

LISTS = {
    "stems": [["أمريك", "أميرك"], ["فيدرال", "فدرال"]],
    "directions": [["شرق", "شرقي"]],
    "first_names": [["مايك", "مايكل"]],
    "joins": ["نيو"],
    "ambiguous": {"فورتشن": [{"entity": "fortune"}, {"entity": "fortune-fc"}]},
}
"""America, federal; east, eastern; Mike, Michael; New; Fortune the magazine and a club."""


@pytest.mark.parametrize(
    ("name", "person", "others"),
    [
        ("مايك بومبيو", True, ["مايكل بومبيو"]),
        ("آرون رامسي", True, ["آرون رامزي"]),
        ("تشيرو إيموبيلي", True, ["شيرو إيموبيلي"]),
        ("كيث فوستر", True, ["كيت فوستر", "كيث فوزتر"]),
        ("قمر باجوا", True, ["قمر باجوة"]),  # folded, ه and ة are one
        ("جيسوس", True, []),  # a lone name keeps its s: بأس is "harm"
        ("مايك", True, []),  # nobody by a first name alone
        ("شرق آسيا", False, ["شرقي آسيا"]),
        ("الجيش الأمريكي", False, ["الجيش الأميركي"]),
        ("الفيدرالي الأمريكي", False, ["الفدرالي الأمريكي", "الفيدرالي الأميركي", "الفدرالي الأميركي"]),
        ("توغو", False, ["توجو"]),  # g as Egyptian newsrooms write it
        ("غوام", False, ["جوام"]),
        ("غوا", False, []),  # جوا is "by air"
        ("غروزني", False, []),  # long enough to meet by its sounds
        ("البوندسليغا", False, ["البوندسليجا"]),  # behind the article nothing meets by its sounds
        ("شبه الجزيرة", False, []),
        ("تشيرنوبيل", False, ["شيرنوبيل"]),
        ("سنغافورة", False, ["سنغافورا"]),
        ("إيطاليا", False, []),  # إيطالية is "Italian"
        ("مدينة كيرتش", False, []),  # مدينة كيرش would be near مدينة جرش, Jerash
        ("فورتشن", False, []),  # its readings are decided by rules that another spelling would escape
        ("نيويورك", False, ["نيو يورك"]),
        ("نيو جيرسي", False, ["نيوجيرسي"]),
    ],
)
def test_spellings_are_made(name: str, *, person: bool, others: list[str]) -> None:
    assert list(Spellings(LISTS).of(name, person=person, foreign=True)) == others


def test_native_names_keep_their_first_names() -> None:
    assert list(Spellings(LISTS).of("مايك رامسي", person=True, foreign=False)) == []


def test_no_made_spelling_takes_another_entitys_name(tagger: Tagger) -> None:
    listed = {name: source.entity.id for source in tagger.catalogue.sources() for name in source.names}
    made = [(name, entry.entity) for name, entry in tagger.catalogue.lines() if entry.role == "name"]
    assert len({name for name, _ in made} - set(listed)) > 400
    shared = [(name, entity) for name, entity in made if name in listed and listed[name] != entity]
    assert all(len(tagger.catalogue.find(name)) > 1 for name, _ in shared), shared


def test_more_may_differ_behind_a_first_name_but_no_usual_word() -> None:
    assert not near("بنس", "بينس")
    assert near_within("بنس", "بينس")
    assert not near_within("ساب", "ثياب")  # clothes
    assert not near_within("2022", "2002")
    assert not near_within("روبرت", "روبرتو")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("قال في حوار لبي بي سي إن الأمر صعب", ["bbc"]),
        ("بثته شبكتا إن بي سي وبي بي سي", ["nbc", "bbc"]),
        ("حذر مايك بينس من الأمر", ["mike-pence"]),
        ("توقف الطريق في مونديال 2002", ["world-cup"]),
        ("انتقد مجلس الشيوخ الأميركي القرار", ["us-senate"]),
        ("زار ولي العهد المصنع", []),
        ("سجل غابريال جيزوس هدفين", ["gabriel-jesus"]),
        ("قال شيرو إيموبيلي إنه جاهز", ["ciro-immobile"]),
        ("أغلقت الجارديان مكتبها في نيو يورك", ["guardian", "new-york"]),
        ("عقد الجنرال قمر باجوه اجتماعا", ["qamar-bajwa"]),
        ("ألقى توما فريدمان محاضرة", ["thomas-friedman"]),
        ("فتح مكتب التحقيقات الفدرالي الأميركي تحقيقا", ["fbi"]),
        ("تأجلت محادثات أستانة أسبوعا", ["astana-process"]),
        ("فاز أتلتيكو بيلباو في مباراته", ["athletic-bilbao"]),
        ("افتتح المهرجان في مدينة جرش الأثرية", ["jerash"]),  # no Kerch, كيرتش
        ("شكر كل من ساندوني في محنته", []),  # "supported me", no Saint-Denis
        ("وصلوا فارين من القتال بينما لعب رافاييل فاران", ["raphael-varane"]),  # "fleeing", no فارين for Varane
    ],
)
def test_unlisted_spellings_are_linked(tagger: Tagger, text: str, found: list[str]) -> None:
    assert [entity for entity, _ in entities(tagger, text)] == found
