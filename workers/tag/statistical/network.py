"""The networks in numpy: letters, word features → bidirectional LSTM → tag scores → Viterbi and marginals of a CRF.

Several networks that differ by their training alone are run as one: `joined` stacks their weights, so that numpy is
called as often as for a single one, and the scores are the mean of theirs. A network is a mapping of arrays, whose
names and shapes are those that `workers.tag.train.network` trains: `letters` (alphabet, A), `letters_conv` (3A, C),
`letters_bias`, `clitics`, `shapes` (embeddings), `input` (2, F, 4H), `recur` (2, H, 4H), `gates` (2, 4H),
`output` (2H, tags), `output_bias`, `transitions` (tags, tags), `begin`, `end`. The two directions stand side by side in
the first axis; gates in the order input, forget, cell, output. Below N is how many networks are joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Numbers = NDArray[np.int64]
Weights = Mapping[str, Array]


def joined(networks: Sequence[Weights]) -> Weights:
    """The networks as one: an axis N in front, the directions of all in one row, what follows the states averaged.

    The mean of log-linear models is one such model: a single decoding of the mean scores serves all.
    """
    found = {name: np.stack([weights[name] for weights in networks]).astype(np.float32) for name in networks[0]}
    halved = _halved(found["gates"].shape[-1])
    found["input"] *= halved
    found["gates"] = (found["gates"] * halved)[:, :, None]
    found["recur"] = (found["recur"] * halved).reshape(-1, *found["recur"].shape[2:])
    found["letters_conv"] = found["letters_conv"][:, None]
    found["letters_bias"] = found["letters_bias"][:, None]
    found["output"] = np.concatenate(found["output"]) / np.float32(len(networks))
    return found | {name: found[name].mean(axis=0) for name in ("output_bias", "transitions", "begin", "end")}


def _halved(wide: int) -> Array:
    """Half for the three sigmoid gates: sigmoid(x) is (1 + tanh(x / 2)) / 2, so one tanh does for all four."""
    factors = np.full((4, wide // 4), 0.5, np.float32)
    factors[2] = 1
    return factors.reshape(wide)


def letter_features(weights: Weights, letters: Numbers) -> Array:
    """(words, `MAX_LETTERS`) letter numbers → (N, words, C): each filter, three letters wide, where it is strongest."""
    embedded = weights["letters"][:, letters]
    padded = np.pad(embedded, ((0, 0), (0, 0), (1, 1), (0, 0)))
    windows = np.concatenate([padded[:, :, :-2], padded[:, :, 1:-1], padded[:, :, 2:]], axis=-1)
    best: Array = np.maximum((windows @ weights["letters_conv"]).max(axis=2) + weights["letters_bias"], 0)
    return best


def input_gates(weights: Weights, features: Array) -> Array:
    """(N, words, F) → (words, 2N, 4H): what each word brings to the gates, whatever stands around it."""
    found = features[:, None] @ weights["input"] + weights["gates"]
    return np.ascontiguousarray(found.reshape(-1, *found.shape[2:]).swapaxes(0, 1))


def tag_scores(weights: Weights, gates: Array, chosen: Numbers, lengths: Numbers) -> Array:
    """(sequences, longest, tags) scores, padded with 0.

    `gates` (words, 2N, 4H) of distinct words, `chosen` the word of each token of the sequences in a row.
    """
    batch, time, ways = len(lengths), int(lengths.max()), np.arange(gates.shape[1])
    row = np.repeat(np.arange(batch), lengths)
    place = np.concatenate([np.arange(length) for length in lengths])
    turned = lengths[row] - 1 - place  # a backward direction reads each sequence from its end
    when = np.where(ways % 2, turned[:, None], place[:, None])
    words = np.zeros((time, len(ways), batch), np.int64)  # padding stands behind: what it reads reaches no token
    words[when, ways, row[:, None]] = chosen[:, None] * len(ways) + ways
    states = _lstm(gates.reshape(-1, gates.shape[-1]), words, weights["recur"])
    seen = states[when, ways, row[:, None]].reshape(len(row), -1)
    scores: Array = np.zeros((batch, time, len(weights["output_bias"])), np.float32)
    scores[row, place] = seen @ weights["output"] + weights["output_bias"]
    return scores


def _lstm(gates: Array, words: Numbers, recur: Array) -> Array:
    """Rows of halved `gates` (rows, 4H) at `words` (time, 2N, batch) → (time, 2N, batch, H) hidden states."""
    size = gates.shape[-1] // 4
    hidden: Array = np.zeros((*words.shape[1:], size), np.float32)
    cell: Array = np.zeros_like(hidden)
    states: Array = np.empty((*words.shape, size), np.float32)
    half = np.float32(0.5)
    for step, numbers in enumerate(words):
        now = hidden @ recur
        now += gates[numbers]
        np.tanh(now, out=now)
        into, keep, new, out = (now[..., i * size : (i + 1) * size] for i in range(4))
        cell = half * ((keep + 1) * cell + (into + 1) * new)
        hidden = half * (out + 1) * np.tanh(cell)
        states[step] = hidden
    return states


def best_tags(weights: Weights, scores: Array, lengths: Numbers) -> Numbers:
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


def marginals(weights: Weights, scores: Array, lengths: Numbers) -> Array:
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
