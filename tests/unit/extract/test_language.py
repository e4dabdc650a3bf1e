"""Arabic headlines against those of the neighbours that write the same letters; our own sentences."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from workers.extract.language import detect

HEADLINES = {
    "fa": [
        "رئیس جمهور در نشست خبری امروز از آغاز طرح جدید خبر داد",
        "قیمت دلار در بازار آزاد افزایش یافت",
        "زلزله شدید در شمال کشور",
        "مجلس شوراى اسلامى اين طرح را تصويب كرد",
    ],
    "ur": ["پاکستان نے میچ جیت لیا", "کراچی میں شدید بارش، سڑکیں زیر آب", "ڈالر کی قیمت میں اضافہ"],
    "ckb": ["تیمی نیشتمانی یارییەکەی بردەوە", "نرخی نەوت لە بازاڕەکانی جیهان بەرزبووەوە"],
    "ps": ["ولسمشر نن د کابینې غونډه جوړه کړه", "په کابل کې درنه واوره شوې ده"],
    "ar": [
        "أسعار النفط ترتفع",
        "ميسي خارج برشلونة",
        "ایران تعلن عن مناورات جديدة في الخلیج",
        "چيلسي يتعاقد مع مدافع",
        "حزب العمال الكردستاني يعلن وقف إطلاق النار",
        "شركة Apple تكشف عن هاتف iPhone جديد",
    ],
}


@pytest.mark.parametrize(("language", "headline"), [(k, text) for k, texts in HEADLINES.items() for text in texts])
def test_short_headlines(language: str, headline: str) -> None:
    assert detect(headline) == language


def test_a_mixed_page_is_what_most_of_its_letters_are() -> None:
    arabic, english = "قال الوزير إن المشروع سيبدأ قريبا. ", "The minister said that the project starts soon. "
    assert detect(arabic * 3 + english) == "ar"
    assert detect(english * 3 + arabic) == "und-Latn"
    assert detect("2025-03-12") == ""


def test_titles_of_real_articles_are_arabic(data_folder: Path) -> None:
    with gzip.open(data_folder / "articles_text.jsonl.gz", "rt", encoding="utf-8") as file:
        titles = [json.loads(line)["title"] for line in file]
    told = [detect(title) for title in titles]
    assert sum(language not in ("ar", "") for language in told) == 0
    assert told.count("") <= 0.002 * len(titles)
