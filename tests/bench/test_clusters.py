"""The bench's own measures, on cases that can be counted by hand."""

from __future__ import annotations

import random

import pytest

from tests.bench.reprints import Source, reprint
from workers.bench.clusters import bcubed, threshold_clusters

SOURCE = Source("1", "عنوان", tuple(f"جملة رقم {i} من نص طويل مكتوب للتجربة فقط" for i in range(12)))


def test_bcubed_of_two_stories_in_one_cluster() -> None:
    labels = {"a": 1, "b": 1, "c": 2}
    assert bcubed(labels, dict.fromkeys(labels, 0)) == (pytest.approx(5 / 9), 1.0, pytest.approx(5 / 7))
    assert bcubed(labels, {item: item for item in labels}) == (1.0, pytest.approx(2 / 3), pytest.approx(0.8))
    assert bcubed(labels, labels) == pytest.approx((1.0, 1.0, 1.0))


def test_tfidf_joins_texts_that_share_rare_words_within_the_days() -> None:
    texts = {
        "a": "زلزال سومطرة اليوم",
        "b": "زلزال سومطرة أمس",
        "e": "نشرة الطقس",
        "f": "أسعار الذهب",
        "c": "معرض الكتاب اليوم",
        "d": "زلزال سومطرة",
    }
    found = threshold_clusters(texts, {"a": 1, "b": 2, "c": 1, "d": 30, "e": 1, "f": 1}, [0.3], gap=4)[0.3]
    assert found["a"] == found["b"]
    assert len(set(found.values())) == 5


def test_the_share_of_edited_words_is_what_was_asked_for_and_chance_is_an_argument() -> None:
    one, two = (reprint(SOURCE, 0.2, [SOURCE], random.Random(5)) for _ in range(2))
    assert one == two
    assert reprint(SOURCE, 0.0, [SOURCE], random.Random(6)).body != one.body
