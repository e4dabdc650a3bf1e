"""The model file and what it says of tokens: `Model.load(path).probabilities(sentences)`.

The file (npz) holds the vocabulary with word vectors as int8 and what lists say of a word, and the weights of one or
more networks as fp16; numbers are widened once at loading. Its card stands beside it. Needs numpy only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from workers.arabic.memo import Memo
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
TOGETHER = 16
"""Sequences that one pass of the network takes: more would not stay in a processor's nearer memory."""
KEEP_KEYS = 3_500
"""Keys met lately whose input to the gates is kept, and as many met before them: 3 KB each and network. With three
networks, and with the keys of one pass, 74 MB at most."""
KEEP_FORMS = 30_000
"""Printed words whose form is kept; about 9 MB."""


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
        self._forms = Memo(lambda token: read(token, vocabulary.counts), KEEP_FORMS)
        self._kept: tuple[dict[str, Array], dict[str, Array]] = {}, {}
        """Of keys met lately, and of keys met before, what they bring to the gates."""

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
        """(sequences, longest, tags) scores, padded with 0, and the lengths. Sequences of tokens: none empty, `LONGEST`
        at most."""
        lengths = np.array(list(map(len, sequences)), np.int64)
        scores: Array = np.zeros((len(lengths), int(lengths.max()), len(self.tags)), np.float32)
        for at in range(0, len(sequences), TOGETHER):
            together, own = sequences[at : at + TOGETHER], lengths[at : at + TOGETHER]
            distinct: dict[str, int] = {}
            chosen = [distinct.setdefault(token, len(distinct)) for sequence in together for token in sequence]
            found = network.tag_scores(self.weights, self._gates(distinct), np.array(chosen), own)
            scores[at : at + TOGETHER, : found.shape[1]] = found
        return scores, lengths

    def read(self, token: str) -> Form:
        """A printed token's form."""
        return self._forms[token]

    def _gates(self, tokens: Iterable[str]) -> Array:
        """(tokens, 2N, 4H) of distinct tokens."""
        forms = [self._forms[token] for token in tokens]
        found = self._gates_of([form.key for form in forms])
        clitics, shapes = (np.array(column) for column in zip(*((f.clitic, f.shape) for f in forms), strict=True))
        network.add_kinds(self.weights, found, clitics, shapes)
        return found

    def _gates_of(self, keys: Sequence[str]) -> Array:
        """(keys, 2N, 4H), through the memo: a key that is met again outlives those that are not."""
        lately, before = self._kept
        if len(lately) > KEEP_KEYS:
            lately, before = self._kept = {}, lately
        new: list[str] = []
        for key in dict.fromkeys(keys):
            if key not in lately:
                old = before.get(key)
                if old is None:
                    new.append(key)
                else:
                    lately[key] = old.copy()  # it is a part of what was made together with it
        if new:
            lately.update(zip(new, self._made(new), strict=True))
        return np.stack([lately[key] for key in keys])

    def _made(self, keys: Sequence[str]) -> Array:
        letters = network.letter_features(self.weights, np.array([letter_numbers(key) for key in keys]))
        words = self.vocabulary.features(keys)
        shared = np.broadcast_to(words, (len(letters), *words.shape))
        return network.input_gates(self.weights, np.concatenate([shared, letters], axis=2))


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
