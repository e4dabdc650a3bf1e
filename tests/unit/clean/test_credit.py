"""Wire credits in the forms in which agencies sign, and sentences that only speak of agencies."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.clean.credit import load

AGENCIES = load(Path(__file__).parents[3] / "config" / "agencies.yaml")
TEXT = "أعلن رئيس البلدية افتتاح الحديقة العامة أمام الزوار بعد عام من العمل."


@pytest.mark.parametrize(
    ("line", "agency", "place"),
    [
        ("بروكسل (أ ف ب) – ", "afp", "بروكسل"),
        ("باريس - (أ.ف.ب) - ", "afp", "باريس"),
        ("القاهرة - رويترز: ", "reuters", "القاهرة"),
        ("لندن (رويترز) - ", "reuters", "لندن"),
        ("(رويترز) - ", "reuters", ""),
        ("رويترز - ", "reuters", ""),
        ("الرياض – واس: ", "spa", "الرياض"),
        ("عمان 5 أيار (بترا)- ", "petra", "عمان"),
        ("أبوظبي في 4 مارس / وام / ", "wam", "أبوظبي"),
        ("دمشق-سانا ", "", ""),
        ("الدوحة - قنا: ", "qna", "الدوحة"),
        ("بكين 2 يناير 2023 (شينخوا) -- ", "xinhua", "بكين"),
        ("واشنطن ـ د ب أ ـ ", "dpa", "واشنطن"),
        ("أنقرة/الأناضول - ", "anadolu", "أنقرة"),
        ("Paris (AFP) - ", "afp", "Paris"),
        ("غزة - وكالة الأنباء الفلسطينية - ", "wafa", "غزة"),
    ],
)
def test_dateline(line: str, agency: str, place: str) -> None:
    found = AGENCIES.dateline(line + TEXT)
    if not agency:
        assert found is None  # a dash without a space after the agency ends nothing
        return
    assert found is not None
    assert (found.credit.agency, found.credit.place) == (agency, place)
    assert (line + TEXT)[found.end :] == TEXT
    assert found.credit.text in line


@pytest.mark.parametrize(
    "text",
    [
        "قال مسؤول لوكالة رويترز إن المفاوضات مستمرة - على الأقل حتى الغد.",
        "رويترز تنشر تقريرا عن أسعار القمح في الأسواق العالمية.",
        "نقلت وكالة الأنباء الألمانية عن الوزير قوله إن الحدود ستبقى مفتوحة.",
        "دمشق، سوريا (CNN) -- أكدت جهات معارضة أن الطريق أغلق.",
        "وام - اسم قرية صغيرة في الجبل".removeprefix("وام - "),
        "الفرنسية سارة تفوز باللقب: بطلة جديدة في التنس.".removeprefix("الفرنسية "),
    ],
)
def test_sentence_about_an_agency_is_no_dateline(text: str) -> None:
    assert AGENCIES.dateline(text) is None


@pytest.mark.parametrize(
    ("line", "agency"),
    [
        ("(أ ف ب)", "afp"),
        ("المصدر: رويترز", "reuters"),
        ("المصدر : وكالة الأناضول", "anadolu"),
        ("رويترز / أ ف ب", "reuters"),
        ("وكالات - سبوتنيك", "sputnik"),
        ("نقلا عن وكالة تاس", "tass"),
        ("Reuters", "reuters"),
    ],
)
def test_credit_line(line: str, agency: str) -> None:
    found = AGENCIES.credit_line(line)
    assert found is not None
    assert found.credit.agency == agency


@pytest.mark.parametrize("line", ["رويترز تعتذر", "المصدر قال إن رويترز أخطأت", "صحيفة الرأي"])
def test_no_credit_line(line: str) -> None:
    assert AGENCIES.credit_line(line) is None


def test_credit_after_the_last_sentence() -> None:
    found = AGENCIES.after_sentence(TEXT + " (د.ب.أ)")
    assert found is not None
    assert found.credit.agency == "dpa"
    assert AGENCIES.after_sentence("وقال ذلك لوكالة الأنباء (رويترز).") is None
