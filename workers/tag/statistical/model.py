"""The model file and what it says of tokens: `Model.load(path).probabilities(sentences)`.

The file (npz) holds the vocabulary with word vectors as int8 and what lists say of a word, and the network's weights
as fp16; numbers are widened once at loading. Its card stands beside it. Needs numpy only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from workers.errors import Fault, UserError
from workers.tag.statistical import network
from workers.tag.statistical.forms import Form, letter_numbers, read
from workers.tag.statistical.network import Array, Numbers

FORMAT = 1
VECTOR_RANGE = 4.0
"""Standard deviations that int8 spans: vectors are scaled to unit deviation in each dimension."""
LONGEST = 80
"""Tokens a sequence: sentences in a row are packed up to so many, longer ones are cut. Training uses the same."""
KEEP_WORDS = 16_000
"""Distinct printed words whose input to the gates is kept: 3 KB each, 50 MB at most."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Known keys, how often each was seen, and their features (keys, F): vectors and lists."""

    numbers: Mapping[str, int]
    counts: Mapping[str, int]
    vectors: np.ndarray
    lists: np.ndarray

    @classmethod
    def of(cls, keys: Sequence[str], counts: np.ndarray, *tables: np.ndarray) -> Vocabulary:
        """From columns as the file holds them; `tables`: vectors int8, lists uint8."""
        return cls({k: i for i, k in enumerate(keys)}, dict(zip(keys, counts.tolist(), strict=True)), *tables)

    @property
    def width(self) -> int:
        """Features a word."""
        return int(self.vectors.shape[1] + self.lists.shape[1]) + 2

    def features(self, key: str) -> Array:
        """(F,): zeros for an unknown word."""
        row = np.zeros(self.width, np.float32)
        number = self.numbers.get(key)
        if number is not None:
            vector = self.vectors[number] * np.float32(VECTOR_RANGE / 127)
            known = (1.0, np.log1p(self.counts[key]) / 5)
            row[:] = np.concatenate([vector, self.lists[number], known])
        return row


class Model:
    """A trained network with its vocabulary. Thread-safe: all it changes after loading is a memo of words."""

    def __init__(self, vocabulary: Vocabulary, weights: Mapping[str, Array], tags: Sequence[str]) -> None:
        self.vocabulary = vocabulary
        self.weights = weights
        self.tags = tuple(tags)
        self._words: dict[str, tuple[Form, Array]] = {}

    @classmethod
    def load(cls, path: Path) -> Model:
        """Read a model file; raises `UserError`."""
        try:
            with np.load(path, allow_pickle=False) as file:
                columns = {name: file[name] for name in file.files}
            about = json.loads(columns.pop("about").tobytes())
            if about["format"] != FORMAT:
                raise UserError(Fault(str(path), f"has format {about['format']}, this version reads {FORMAT}"))
            keys = columns.pop("keys").tobytes().decode("utf-8").split("\n")
            tables = [columns.pop(name) for name in ("counts", "vectors", "lists")]
        except (OSError, EOFError, BadZipFile, ValueError, KeyError) as error:
            raise UserError(
                Fault(str(path), f"is no model of names: {error}", "python -m workers.tag.train makes one")
            ) from None
        weights = {name: column.astype(np.float32) for name, column in columns.items()}
        return cls(Vocabulary.of(keys, *tables), weights, about["tags"])

    def scores(self, sequences: Sequence[Sequence[str]]) -> tuple[Array, Numbers]:
        """(sequences, longest, tags) scores and the lengths. Sequences of tokens: none empty, `LONGEST` at most."""
        lengths = np.array([len(sequence) for sequence in sequences], np.int64)
        gates = self._gates([token for sequence in sequences for token in sequence])
        return network.tag_scores(self.weights, gates, lengths), lengths

    def read(self, token: str) -> Form:
        """A printed token's form."""
        known = self._words.get(token)
        return known[0] if known else read(token, self.vocabulary.counts)

    def _gates(self, tokens: Sequence[str]) -> Array:
        """(tokens, 2, 4H), through the memo."""
        known = self._words
        if len(known) > KEEP_WORDS:
            self._words = known = {}
        new = [token for token in dict.fromkeys(tokens) if token not in known]
        if new:
            forms = [read(token, self.vocabulary.counts) for token in new]
            known.update(zip(new, zip(forms, self._made(forms), strict=True), strict=True))
        return np.array([known[token][1] for token in tokens])

    def _made(self, forms: Sequence[Form]) -> Array:
        weights = self.weights
        letters = network.letter_features(weights, np.array([letter_numbers(form.key) for form in forms]))
        words = np.stack([self.vocabulary.features(form.key) for form in forms])
        clitics = weights["clitics"][[form.clitic for form in forms]]
        shapes = weights["shapes"][[form.shape for form in forms]]
        return network.input_gates(weights, np.concatenate([words, letters, clitics, shapes], axis=1))


def packed(sentences: Sequence[Sequence[str]]) -> Iterator[list[tuple[int, int]]]:
    """Groups of (sentence, token) that make one sequence: whole sentences up to `LONGEST` tokens, longer ones cut."""
    group: list[tuple[int, int]] = []
    for number, sentence in enumerate(sentences):
        for at in range(0, len(sentence), LONGEST):
            piece = [(number, place) for place in range(at, min(at + LONGEST, len(sentence)))]
            if len(group) + len(piece) > LONGEST:
                yield group
                group = []
            group += piece
    if group:
        yield group
