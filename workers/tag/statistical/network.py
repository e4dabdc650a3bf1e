"""The network in numpy: letters, word features → bidirectional LSTM → tag scores → Viterbi and marginals of a CRF.

Weights are a mapping of arrays; their names and shapes are those that `workers.tag.train.network` trains:
`letters` (alphabet, A), `letters_conv` (3A, C), `letters_bias`, `clitics`, `shapes` (embeddings), `input` (2, F, 4H),
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
    """(words, `MAX_LETTERS`) letter numbers → (words, C): each filter, three letters wide, at its strongest place."""
    embedded = weights["letters"][letters]
    padded = np.pad(embedded, ((0, 0), (1, 1), (0, 0)))
    windows = np.concatenate([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]], axis=-1)
    found = windows @ weights["letters_conv"] + weights["letters_bias"]
    best: Array = np.maximum(found.max(axis=1), 0)
    return best


def tag_scores(weights: Mapping[str, Array], features: Array, lengths: Numbers) -> Array:
    """Features (words, F) of sequences in a row, their lengths → (sequences, longest, tags) scores, padded behind."""
    gates = features @ weights["input"] + weights["gates"][:, None]  # (2, words, 4H)
    places = np.arange(int(lengths.max()))
    real = places < lengths[:, None]
    filled = np.zeros((2, *real.shape, gates.shape[-1]), np.float32)
    filled[:, real] = gates
    turned = np.where(real, lengths[:, None] - 1 - places, places)  # the padding stays behind
    rows = np.arange(len(lengths))[:, None]
    filled[1] = filled[1][rows, turned]
    states = _lstm(filled, weights["recur"])
    seen = np.concatenate([states[0], states[1][rows, turned]], axis=-1)
    scores: Array = seen @ weights["output"] + weights["output_bias"]
    return scores


def _lstm(gates: Array, recur: Array) -> Array:
    """(2, batch, time, 4H) inputs to the gates → (2, batch, time, H) hidden states."""
    two, batch, time, wide = gates.shape
    size = int(wide) // 4
    hidden: Array = np.zeros((two, batch, size), np.float32)
    cell: Array = np.zeros_like(hidden)
    states: Array = np.empty((two, batch, time, size), np.float32)
    for step in range(time):
        now: Array = gates[:, :, step] + hidden @ recur
        open_ = _sigmoid(now[..., : 2 * size])
        cell = open_[..., size:] * cell + open_[..., :size] * np.tanh(now[..., 2 * size : 3 * size])
        hidden = _sigmoid(now[..., 3 * size :]) * np.tanh(cell)
        states[:, :, step] = hidden
    return states


def _sigmoid(values: Array) -> Array:
    found: Array = np.tanh(values * np.float32(0.5)) * np.float32(0.5) + np.float32(0.5)
    return found


def best_tags(weights: Mapping[str, Array], scores: Array, lengths: Numbers) -> Numbers:
    """Viterbi: the most probable tags, (sequences, time), of (sequences, time, tags) scores; 0 in the padding."""
    step = weights["transitions"]
    batch, time, tags = scores.shape
    best = scores[:, 0] + weights["begin"]
    back = np.tile(np.arange(tags), (time, batch, 1))
    for at in range(1, time):
        ways = best[:, :, None] + step
        real = (lengths > at)[:, None]
        back[at] = np.where(real, ways.argmax(axis=1), back[at])
        best = np.where(real, ways.max(axis=1) + scores[:, at], best)
    path = np.zeros((batch, time), np.int64)
    path[:, -1] = (best + weights["end"]).argmax(axis=1)
    for at in range(time - 1, 0, -1):
        path[:, at - 1] = back[at, np.arange(batch), path[:, at]]
    path[np.arange(time) >= lengths[:, None]] = 0
    return path


def marginals(weights: Mapping[str, Array], scores: Array, lengths: Numbers) -> Array:
    """The probability of each tag at each place of (sequences, time, tags) scores; the padding holds no meaning."""
    time = scores.shape[1]
    step = np.exp(weights["transitions"])
    local = np.exp(scores - scores.max(axis=2, keepdims=True))
    ahead, after = np.empty_like(local), np.empty_like(local)
    ahead[:, 0] = local[:, 0] * np.exp(weights["begin"])
    for at in range(1, time):
        ahead[:, at] = (ahead[:, at - 1] @ step) * local[:, at]
        ahead[:, at] /= ahead[:, at].sum(axis=1, keepdims=True)
    last = np.exp(weights["end"])
    after[:, -1] = last
    for at in range(time - 2, -1, -1):
        back = (local[:, at + 1] * after[:, at + 1]) @ step.T
        after[:, at] = np.where((lengths > at + 1)[:, None], back / back.sum(axis=1, keepdims=True), last)
    found: Array = ahead * after
    found /= found.sum(axis=2, keepdims=True)
    return found
