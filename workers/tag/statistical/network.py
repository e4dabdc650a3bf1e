"""The network in numpy: letters, word features → bidirectional LSTM → tag scores → Viterbi and marginals of a CRF.

Weights are a mapping of arrays; their names and shapes are those that `workers.tag.train.network` trains:
`letters` (alphabet, A), `letters_conv` (3A, C) and `letters_bias`, `clitics`, `shapes` (embeddings), `input` (2, F, 4H),
`recur` (2, H, 4H), `gates` (2, 4H), `output` (2H, tags), `output_bias`, `transitions` (tags, tags), `begin`, `end`.
The two directions stand side by side in the first axis; gates in the order input, forget, cell, output.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Numbers = NDArray[np.int64]


def letter_features(weights: Mapping[str, Array], letters: Numbers) -> Array:
    """(words, `MAX_LETTERS`) letter numbers → (words, C): for each filter of width 3, its strongest place in the word."""
    embedded = weights["letters"][letters]
    padded = np.pad(embedded, ((0, 0), (1, 1), (0, 0)))
    windows = np.concatenate([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]], axis=-1)
    found = windows @ weights["letters_conv"] + weights["letters_bias"]
    best: Array = np.maximum(found.max(axis=1), 0)
    return best


def tag_scores(weights: Mapping[str, Array], features: Array, lengths: Numbers) -> Array:
    """(batch, time, F) features, padded behind each row's length → (batch, time, tags) scores."""
    forward = features
    backward = _reversed(features, lengths)
    both = np.stack([forward, backward])  # (2, batch, time, F)
    batch, time = features.shape[:2]
    gates = both.reshape(2, batch * time, -1) @ weights["input"] + weights["gates"][:, None]
    states = _lstm(gates.reshape(2, batch, time, -1), weights["recur"])
    seen = np.concatenate([states[0], _reversed(states[1], lengths)], axis=-1)
    scores: Array = seen @ weights["output"] + weights["output_bias"]
    return scores


def _reversed(rows: Array, lengths: Numbers) -> Array:
    """Each row's first `length` places in reverse order; the padding stays behind."""
    places = np.arange(rows.shape[1])
    order = np.where(places < lengths[:, None], lengths[:, None] - 1 - places, places)
    found: Array = np.take_along_axis(rows, order[:, :, None], axis=1)
    return found


def _lstm(gates: Array, recur: Array) -> Array:
    """(2, batch, time, 4H) inputs to the gates → (2, batch, time, H) hidden states."""
    two, batch, time, wide = gates.shape
    size = wide // 4
    hidden = np.zeros((two, batch, size), np.float32)
    cell = np.zeros_like(hidden)
    states = np.empty((two, batch, time, size), np.float32)
    for step in range(time):
        now = gates[:, :, step] + hidden @ recur
        open_ = _sigmoid(now[..., : 2 * size])
        cell = open_[..., size:] * cell + open_[..., :size] * np.tanh(now[..., 2 * size : 3 * size])
        hidden = _sigmoid(now[..., 3 * size :]) * np.tanh(cell)
        states[:, :, step] = hidden
    return states


def _sigmoid(values: Array) -> Array:
    found: Array = np.tanh(values * np.float32(0.5)) * np.float32(0.5) + np.float32(0.5)
    return found


def best_tags(weights: Mapping[str, Array], scores: Array) -> list[int]:
    """Viterbi: the most probable tags of one sequence of (time, tags) scores."""
    step = weights["transitions"]
    best = scores[0] + weights["begin"]
    back = np.empty(scores.shape, np.int64)
    for at in range(1, len(scores)):
        ways = best[:, None] + step
        back[at] = ways.argmax(axis=0)
        best = ways.max(axis=0) + scores[at]
    path = [int((best + weights["end"]).argmax())]
    for at in range(len(scores) - 1, 0, -1):
        path.append(int(back[at, path[-1]]))
    return path[::-1]


def marginals(weights: Mapping[str, Array], scores: Array) -> Array:
    """The probability of each tag at each place of one sequence of (time, tags) scores."""
    time = len(scores)
    step = np.exp(weights["transitions"])
    ahead = np.empty_like(scores)
    after = np.empty_like(scores)
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    ahead[0] = shifted[0] * np.exp(weights["begin"])
    ahead[0] /= ahead[0].sum()
    for at in range(1, time):
        ahead[at] = (ahead[at - 1] @ step) * shifted[at]
        ahead[at] /= ahead[at].sum()
    after[-1] = np.exp(weights["end"])
    for at in range(time - 2, -1, -1):
        after[at] = step @ (shifted[at + 1] * after[at + 1])
        after[at] /= after[at].sum()
    found: Array = ahead * after
    found /= found.sum(axis=1, keepdims=True)
    return found
