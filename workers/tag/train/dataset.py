"""Sentences as numbers: word types with their features once, sequences that point at them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workers.tag.statistical.forms import letter_numbers, read
from workers.tag.statistical.model import LONGEST, Vocabulary, packed
from workers.tag.train.corpus import TAGS, Sentence
from workers.tag.train.network import Examples, Types


class Dataset:
    """Collects word types over all sentences that training will see; then freezes them as tables."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._rows: dict[str, tuple[int, int]] = {}
        self._types: dict[tuple[str, int], int] = {("", 0): 0}

    def add(self, sentences: Sequence[Sentence]) -> list[np.ndarray]:
        """(tokens, 3) of each sentence: row of the type, class of proclitic, tag."""
        tags = {tag: number for number, tag in enumerate(TAGS)}
        return [
            np.array([(*self._row(token), tags[tag]) for token, tag in zip(*sentence, strict=True)], np.int32)
            for sentence in sentences
        ]

    def _row(self, token: str) -> tuple[int, int]:
        found = self._rows.get(token)
        if found is None:
            form = read(token, self._vocabulary.counts)
            number = self._types.setdefault((form.key, form.shape), len(self._types))
            found = self._rows[token] = (number, form.clitic)
        return found

    def types(self) -> Types:
        """The tables of all types that were added."""
        return Types(
            features=self._vocabulary.features([key for key, _ in self._types]),
            letters=np.array([letter_numbers(key) for key, _ in self._types], np.int32),
            shapes=np.array([shape for _, shape in self._types], np.int32),
        )


def examples(sentences: Sequence[np.ndarray], offset: int = 0) -> Examples:
    """Sentences in a row packed into sequences of `LONGEST`; the first `offset` go behind, to pack otherwise."""
    turned = [*sentences[offset:], *sentences[:offset]]
    groups = list(packed([range(len(sentence)) for sentence in turned]))  # type: ignore[misc]
    filled = np.zeros((3, len(groups), LONGEST), np.int32)
    mask = np.zeros((len(groups), LONGEST), np.int32)
    for number, group in enumerate(groups):
        rows = np.stack([turned[sentence][place] for sentence, place in group])
        filled[:, number, : len(group)] = rows.T
        mask[number, : len(group)] = 1
    return Examples(filled[0], filled[1], filled[2], mask)
