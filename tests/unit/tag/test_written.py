"""A word is a name only as newsrooms write it, and a surname only that of whom the article names."""

from __future__ import annotations

import pytest

from tests.unit.tag.test_words import entities
from workers.tag import Tagger
from workers.tag.written import is_written, may_be_foreign


@pytest.mark.parametrize(
    ("word", "name", "cut", "same"),
    [
        ("اسبانيا", "إسبانيا", False, True),  # a dropped hamza
        ("أسبانيا", "إسبانيا", False, True),
        ("مالى", "مالي", False, True),  # Egyptian newsrooms write a final ى
        ("برشلونه", "برشلونة", False, True),
        ("مالية", "ماليه", False, False),  # financial, Malé
        ("ترأس", "تراس", False, False),  # he chaired, Truss
        ("جده", "جدة", False, False),  # his grandfather, Jeddah
        ("إبل", "أبل", False, False),  # camels, Apple
        ("ابين", "أبين", True, False),  # of بابين, a surname; Abyan
        ("لصدر", "الصدر", True, True),  # للصدر: the article's alef is not written after ل
    ],
)
def test_a_name_and_another_word(word: str, name: str, cut: bool, same: bool) -> None:
    assert is_written(word, [name], cut=cut) is same


def test_inflected_words_are_no_foreign_names() -> None:
    assert not may_be_foreign("إسرائيليو", "اسراييل")
    assert not may_be_foreign("مالكها", "مالقا")
    assert may_be_foreign("هيوستون", "هيوستن")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("أعلنت الشركة عن خسائر مالية", []),
        ("يتحدث السكان لغات شتى", []),
        ("سجل كلاوس هدفا", []),
        ("قال هارالد سوروس إن الأمر صعب. وأضاف سوروس شيئا", []),
        ("التقى كارلو ألبيرتو كابيلا المحققين، وقال كابيلا إنه بريء", []),
        ("هزم محمد صلاح مضيفه. وقال صلاح إنه سعيد", ["mohamed-salah", "mohamed-salah"]),
        ("زار فابيو دي ليما المدرب", []),
        ("قال العقيد تركي المالكي إن الصاروخ سقط، وأضاف المالكي", ["turki-al-maliki", "turki-al-maliki"]),
        ("سجل توماس مولر الهدف، وأهدر مولر ركلة", ["thomas-mueller", "thomas-mueller"]),
        ("قالت العربية.نت إن الخبر صحيح", ["al-arabiya"]),
        ("أعلنت الحكومة السعودية ميزانيتها", []),  # the adjective, not the state
        ("أعلنت الأربعاء السعودية ميزانيتها", ["saudi-arabia"]),
        ("ضم النادي لاعبا إسبانيا جديدا", []),  # a Spanish player
        ("واجهتها إسبانيا أمس", ["spain"]),
        ("التقى سفيرا بريطانيا وأستراليا", ["united-kingdom", "australia"]),  # two ambassadors
        ("زار #دونالد_ترامب الصين", ["donald-trump", "china"]),  # a hashtag's words
        ("التقى غافين ويليامسون ضيفه، لكن ويليامسون ينقصه المال", ["gavin-williamson", "gavin-williamson"]),  # "lacks"
        ("صلاح يتمرن. خاض محمد صلاح نجم ليفربول حصة", ["mohamed-salah", "mohamed-salah", "liverpool"]),  # "trains"
        ("يركز اللاعب على ناديه أرسنال", ["arsenal"]),  # "his club", no Nadia
        ("اشترى البنك الأوراق المالية الأمريكية", []),  # securities, no ministry
        ("قالت أليسون كوكس إن الأمر سهل", []),  # somebody else's first name
        ("التقى خالد بن زيد آل ثاني الوفد", []),  # of a house that many belong to
        ("التقى كيم جونغ أون الرئيس، وأهدى كيم ضيفه ساعة", ["kim-jong-un", "kim-jong-un"]),
        ("التقى كيم جونغ أون الرئيس، وقال كيم هيون بوم شيئا", ["kim-jong-un"]),
        ("انتقد محمود عباس القرار، وغادر عباس القاعة", ["mahmoud-abbas", "mahmoud-abbas"]),
        ("انتقد محمود عباس القرار، وغادر عباس جاسم القاعة", ["mahmoud-abbas"]),
        ("هاجم ابن نتنياهو الصحيفة", ["benjamin-netanyahu"]),  # whose son
    ],
)
def test_what_is_linked(tagger: Tagger, text: str, found: list[str]) -> None:
    assert [entity for entity, _ in entities(tagger, text)] == found
