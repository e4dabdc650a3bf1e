"""Strict scores and the spans that tags make."""

from __future__ import annotations

import numpy as np
import pytest

from workers.tag.statistical.decode import TokenSpan, bio_spans
from workers.tag.statistical.scores import compare, gold_spans
from workers.tag.train.corpus import slices


def test_an_inside_tag_that_continues_nothing_begins_a_name() -> None:
    tags = [["B-LOC", "I-LOC", "I-PERS", "O", "I-ORG"], ["I-ORG"]]
    assert gold_spans(tags) == {(0, 0, 2, "LOC"), (0, 2, 3, "PERS"), (0, 4, 5, "ORG"), (1, 0, 1, "ORG")}


def test_a_name_is_as_sure_as_its_least_sure_word_and_ends_with_its_sentence() -> None:
    tags = ["B-PERS", "I-PERS", "B-PERS", "I-PERS"]
    sure = np.array([0.9, 0.6, 0.8, 0.7], np.float32)
    found = bio_spans(tags, sure, [(0, 4), (0, 5), (0, 6), (1, 0)])
    assert [(s.sentence, s.first, s.last) for s in found] == [(0, 4, 6), (0, 6, 7), (1, 0, 1)]
    assert found[0].confidence == pytest.approx(0.6)
    assert isinstance(found[0], TokenSpan)


def test_span_and_label_must_both_agree() -> None:
    gold = {(0, 0, 2, "LOC"), (0, 3, 4, "PERS"), (1, 0, 1, "ORG"), (1, 5, 6, "ORG")}
    found = {(0, 0, 2, "LOC"), (0, 3, 5, "PERS"), (1, 0, 1, "LOC")}
    rows = {row.label: row for row in compare(gold, found, 2, draws=50)}
    assert (rows["all"].precision, rows["all"].recall) == (pytest.approx(1 / 3), pytest.approx(1 / 4))
    assert rows["LOC"].precision == 0.5
    assert rows["PERS"].f1 == 0
    assert rows["all"].low <= rows["all"].f1 <= rows["all"].high
    assert rows["all"].wanted == 4


def test_the_development_slice_is_fixed_and_apart() -> None:
    sentences = [([str(number)], ["O"]) for number in range(250)]
    training, development = slices(sentences)
    numbers = [int(tokens[0]) for tokens, _ in development]
    assert numbers == [*range(90, 100), *range(190, 200)]
    assert len(training) + len(development) == 250
    assert not {tokens[0] for tokens, _ in training} & {tokens[0] for tokens, _ in development}
