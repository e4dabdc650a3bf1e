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


def input_gates(weights: Mapping[str, Array], features: Array) -> Array:
    """(words, F) → (words, 2, 4H): what each word brings to the gates of both directions, whatever stands around it."""
    found: Array = (features @ weights["input"] + weights["gates"][:, None]).swapaxes(0, 1)
    return np.ascontiguousarray(found * _halved(found.shape[-1]))


def tag_scores(weights: Mapping[str, Array], gates: Array, lengths: Numbers) -> Array:
    """Gates (words, 2, 4H) of sequences in a row, their lengths → (sequences, longest, tags) scores, padded with 0."""
    batch, time = len(lengths), int(lengths.max())
    row = np.repeat(np.arange(batch), lengths)
    place = np.concatenate([np.arange(length) for length in lengths])
    turned = lengths[row] - 1 - place  # the backward direction reads each sequence from its end
    filled = np.zeros((time, 2, batch, gates.shape[-1]), np.float32)
    filled[place, 0, row] = gates[:, 0]
    filled[turned, 1, row] = gates[:, 1]
    states = _lstm(filled, weights["recur"] * _halved(gates.shape[-1]))
    seen = np.concatenate([states[place, 0, row], states[turned, 1, row]], axis=-1)
    scores: Array = np.zeros((batch, time, len(weights["output_bias"])), np.float32)
    scores[row, place] = seen @ weights["output"] + weights["output_bias"]
    return scores


def _halved(wide: int) -> Array:
    """Half for the three sigmoid gates: sigmoid(x) is (1 + tanh(x / 2)) / 2, so one tanh does for all four."""
    factors = np.full((4, wide // 4), 0.5, np.float32)
    factors[2] = 1
    return factors.reshape(wide)


def _lstm(gates: Array, recur: Array) -> Array:
    """(time, 2, batch, 4H) inputs to the gates, halved as above → (time, 2, batch, H) hidden states."""
    time, two, batch, wide = gates.shape
    size = int(wide) // 4
    hidden: Array = np.zeros((two, batch, size), np.float32)
    cell: Array = np.zeros_like(hidden)
    states: Array = np.empty((time, two, batch, size), np.float32)
    half = np.float32(0.5)
    for step in range(time):
        now = gates[step]
        now += hidden @ recur
        np.tanh(now, out=now)
        into, keep, new, out = (now[..., i * size : (i + 1) * size] for i in range(4))
        cell = half * ((keep + 1) * cell + (into + 1) * new)
        hidden = half * (out + 1) * np.tanh(cell)
        states[step] = hidden
    return states


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
    """The probability of each tag at each place of (sequences, time, tags) scores; the padding holds no meaning.

    Forward and backward go in one loop: the way back is the way forward over the turned sequence.
    """
    time = scores.shape[1]
    step = np.exp(weights["transitions"])
    local = np.exp(scores - scores.max(axis=2, keepdims=True))
    place = np.arange(time)
    turned = np.where(place < lengths[:, None], lengths[:, None] - 1 - place, place)[:, :, None]
    both = np.stack([local, np.take_along_axis(local, turned, axis=1)]).transpose(2, 0, 1, 3).copy()
    ways = np.stack([step, step.T])
    reached = np.empty_like(both)
    reached[0] = np.exp(np.stack([weights["begin"], weights["end"]]))[:, None]
    for at in range(1, time):
        state = reached[at - 1] * both[at - 1]
        state /= state.sum(axis=-1, keepdims=True)
        np.matmul(state, ways, out=reached[at])
    ahead, after = reached.transpose(1, 2, 0, 3)
    found: Array = ahead * local * np.take_along_axis(after, turned, axis=1)
    found /= found.sum(axis=2, keepdims=True)
    return found
