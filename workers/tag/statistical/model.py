"""The model file and what it says of tokens: `Model.load(path).probabilities(sentences)`.

The file (npz) holds the vocabulary with word vectors as int8 and what lists say of a word, and the weights of one or
more networks as fp16; numbers are widened once at loading. Its card stands beside it. Needs numpy only.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from workers.errors import Fault, UserError
from workers.tag.statistical import network
from workers.tag.statistical.forms import Form, letter_numbers, read
from workers.tag.statistical.network import Array, Numbers, Weights

FORMAT = 2
"""Since 2 the weights have an axis of networks in front."""
VECTOR_RANGE = 4.0
"""Standard deviations that int8 spans: vectors are scaled to unit deviation in each dimension."""
LONGEST = 80
"""Tokens a sequence: sentences in a row are packed up to so many, longer ones are cut. Training uses the same."""
KEEP_WORDS = 8_000
"""Distinct printed words whose input to the gates is kept: 3 KB each and network, 74 MB at most with three."""


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

    def features(self, keys: Sequence[str]) -> Array:
        """(keys, F): vector, lists, whether it is known, how often it was seen; zeros for an unknown word."""
        numbers = np.array([self.numbers.get(key, -1) for key in keys])
        seen = np.log1p([self.counts.get(key, 0) for key in keys]) / 5
        vectors = self.vectors[numbers] * np.float32(VECTOR_RANGE / 127)
        known = (numbers >= 0)[:, None]
        row = np.concatenate([vectors, self.lists[numbers], known, seen[:, None]], axis=1, dtype=np.float32)
        return row * known


class Model:
    """Trained networks over one vocabulary. Thread-safe: all it changes after loading is a memo of words."""

    def __init__(self, vocabulary: Vocabulary, networks: Sequence[Weights], tags: Sequence[str]) -> None:
        self.vocabulary = vocabulary
        self.weights = network.joined(networks)
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
        count = len(columns["output_bias"])
        networks = [{name: column[number] for name, column in columns.items()} for number in range(count)]
        return cls(Vocabulary.of(keys, *tables), networks, about["tags"])

    def scores(self, sequences: Sequence[Sequence[str]]) -> tuple[Array, Numbers]:
        """(sequences, longest, tags) scores and the lengths. Sequences of tokens: none empty, `LONGEST` at most."""
        lengths = np.array([len(sequence) for sequence in sequences], np.int64)
        distinct: dict[str, int] = {}
        chosen = [distinct.setdefault(token, len(distinct)) for sequence in sequences for token in sequence]
        return network.tag_scores(self.weights, self._gates(distinct), np.array(chosen), lengths), lengths

    def read(self, token: str) -> Form:
        """A printed token's form."""
        known = self._words.get(token)
        return known[0] if known else read(token, self.vocabulary.counts)

    def _gates(self, tokens: Collection[str]) -> Array:
        """(tokens, 2N, 4H) of distinct tokens, through the memo."""
        known = self._words
        if len(known) > KEEP_WORDS:
            self._words = known = {}
        new = [token for token in tokens if token not in known]
        if new:
            forms = [read(token, self.vocabulary.counts) for token in new]
            known.update(zip(new, zip(forms, self._made(forms), strict=True), strict=True))
        return np.stack([known[token][1] for token in tokens])

    def _made(self, forms: Sequence[Form]) -> Array:
        weights = self.weights
        letters = network.letter_features(weights, np.array([letter_numbers(form.key) for form in forms]))
        words = self.vocabulary.features([form.key for form in forms])
        clitics = weights["clitics"][:, [form.clitic for form in forms]]
        shapes = weights["shapes"][:, [form.shape for form in forms]]
        shared = np.broadcast_to(words, (len(letters), *words.shape))
        return network.input_gates(weights, np.concatenate([shared, letters, clitics, shapes], axis=2))


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
