"""The model file and what it says of tokens: `Model.load(path).probabilities(sentences)`.

The file (npz) holds the vocabulary with word vectors as int8, lists' and self-tagging features, and the network's
weights as fp16; numbers are widened once at loading. Its card stands beside it. Needs numpy only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workers.errors import Fault, UserError
from workers.tag.statistical import network
from workers.tag.statistical.forms import Form, letter_numbers, read
from workers.tag.statistical.network import Array

FORMAT = 1
VECTOR_RANGE = 4.0
"""Standard deviations that int8 spans: vectors are scaled to unit deviation in each dimension."""
LONGEST = 80
"""Tokens a sequence: sentences in a row are packed up to so many, longer ones are cut. Training uses the same."""
KEEP_WORDS = 30_000
"""Distinct printed words whose features are kept: 30 MB at most."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Known keys, how often each was seen, and their features (keys, F): vectors, lists, self-tagging."""

    numbers: Mapping[str, int]
    counts: Mapping[str, int]
    vectors: np.ndarray
    lists: np.ndarray
    lexicon: np.ndarray

    @classmethod
    def of(cls, keys: Sequence[str], counts: np.ndarray, *tables: np.ndarray) -> Vocabulary:
        """From columns as the file holds them; `tables`: vectors int8, lists uint8, lexicon uint8."""
        return cls({k: i for i, k in enumerate(keys)}, dict(zip(keys, counts.tolist(), strict=True)), *tables)

    @property
    def width(self) -> int:
        """Features a word."""
        return self.vectors.shape[1] + self.lists.shape[1] + self.lexicon.shape[1] + 2

    def features(self, key: str) -> Array:
        """(F,): zeros for an unknown word."""
        row = np.zeros(self.width, np.float32)
        number = self.numbers.get(key)
        if number is not None:
            vector = self.vectors[number] * np.float32(VECTOR_RANGE / 127)
            lexicon = self.lexicon[number] * np.float32(2 / 255)
            known = (1.0, np.log1p(self.counts[key]) / 5)
            row[:] = np.concatenate([vector, self.lists[number], lexicon, known])
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
            tables = [columns.pop(name) for name in ("counts", "vectors", "lists", "lexicon")]
        except (OSError, ValueError, KeyError) as error:
            raise UserError(Fault(str(path), f"is no model of names: {error}", "rasid train names")) from None
        weights = {name: column.astype(np.float32) for name, column in columns.items()}
        return cls(Vocabulary.of(keys, *tables), weights, about["tags"])

    def scores(self, sentences: Sequence[Sequence[str]]) -> list[Array]:
        """(time, tags) scores of each sequence of tokens, at most `LONGEST` long."""
        lengths = np.array([len(sentence) for sentence in sentences], np.int64)
        if not len(lengths) or not lengths.max():
            return [np.zeros((0, len(self.tags)), np.float32) for _ in sentences]
        rows = [self._features(token) for sentence in sentences for token in sentence]
        features = np.zeros((len(sentences), int(lengths.max()), rows[0].size), np.float32)
        features[np.arange(features.shape[1]) < lengths[:, None]] = rows
        found = network.tag_scores(self.weights, features, lengths)
        return [rows[:length] for rows, length in zip(found, lengths, strict=True)]

    def read(self, token: str) -> Form:
        """A printed token's form."""
        self._features(token)
        return self._words[token][0]

    def _features(self, token: str) -> Array:
        known = self._words.get(token)
        if known is None:
            if len(self._words) >= KEEP_WORDS:
                self._words.clear()
            form = read(token, self.vocabulary.counts)
            known = self._words[token] = (form, self._made(form))
        return known[1]

    def _made(self, form: Form) -> Array:
        letters = network.letter_features(self.weights, np.array([letter_numbers(form.key)]))[0]
        clitic, shape = self.weights["clitics"][form.clitic], self.weights["shapes"][form.shape]
        return np.concatenate([self.vocabulary.features(form.key), letters, clitic, shape])


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
