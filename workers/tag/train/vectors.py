"""The vocabulary and its vectors from unlabelled articles: words without proclitics, counted, then word2vec.

A word is cut where the rest explains it better than the whole: by the counts of both, less a price for each letter cut
(`workers.tag.statistical.forms.score`). What is always cut never becomes a key, so that reading needs the keys only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import log

import numpy as np
from gensim.models import Word2Vec

from workers.tag.statistical.forms import allowed, plain, score
from workers.tag.statistical.model import VECTOR_RANGE
from workers.tag.words import readings

KEYS = 48_000
"""Words in the file; 48,000 vectors of 64 bytes are 3 MB."""
WHOLE = 0.5
"""What a word that is not cut has ahead of its readings: a rest must be about four times as frequent."""
SEEN = 5
"""Times that a rest must occur by itself."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """Keys by falling count; vectors as int8 of `VECTOR_RANGE` standard deviations."""

    keys: list[str]
    counts: np.ndarray
    vectors: np.ndarray


def vectors(sentences: Iterable[list[str]], seed: int = 7) -> Vectors:
    """Learn from printed tokens. About five minutes of one core for seven million words."""
    folded: dict[str, str] = {}
    read = [[folded.setdefault(token, plain(token)) for token in sentence] for sentence in sentences]
    raw = Counter(word for sentence in read for word in sentence)
    base = {word: _base(word, raw) for word in raw}
    model = Word2Vec(
        [[base[word] for word in sentence] for sentence in read],
        vector_size=64, window=3, sg=1, negative=6, min_count=4, sample=3e-4, epochs=4, alpha=0.03,
        workers=1, seed=seed,
    )  # fmt: skip
    keys = model.wv.index_to_key[:KEYS]
    found = model.wv.vectors[:KEYS]
    scaled = (found - found.mean(axis=0)) / found.std(axis=0) * 127 / VECTOR_RANGE
    return Vectors(
        keys=keys,
        counts=np.array([model.wv.get_vecattr(key, "count") for key in keys], np.uint32),
        vectors=np.clip(np.round(scaled), -127, 127).astype(np.int8),
    )


def _base(word: str, raw: Counter[str]) -> str:
    best = (log(1 + raw[word]) + WHOLE, word)
    for cut, rest in readings(word):
        if cut and raw[rest] >= SEEN and allowed(word, cut, rest):
            best = max(best, (score(raw[rest], cut, rest), rest))
    return best[1]
