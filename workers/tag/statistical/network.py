"""The networks in numpy: letters, word features → bidirectional LSTM → tag scores → Viterbi and marginals of a CRF.

Several networks that differ by their training alone are run as one: `joined` stacks their weights, so that numpy is
called as often as for a single one, and the scores are the mean of theirs. A network is a mapping of arrays, whose
names and shapes are those that `workers.tag.train.network` trains: `letters` (alphabet, A), `letters_conv` (3A, C),
`letters_bias`, `clitics`, `shapes` (embeddings), `input` (2, F, 4H), `recur` (2, H, 4H), `gates` (2, 4H),
`output` (2H, tags), `output_bias`, `transitions` (tags, tags), `begin`, `end`. The last rows of `input` are those of
clitics and shapes. The two directions stand side by side in the first axis; gates in the order input, forget, cell,
output. Below N is how many networks are joined.
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

    The mean of log-linear models is one such model: a single decoding of the mean scores serves all. What needs no word
    is worked out here: `letters` becomes what a letter brings to each filter in each of its three places (alphabet, 3,
    N, C), and `kinds` (clitics, shapes, 2N, 4H) what these bring to the gates beyond a word without either, whose share
    is in `gates` (2N, 4H).
    """
    found = {name: np.stack([weights[name] for weights in networks]).astype(np.float32) for name in networks[0]}
    for name in ("input", "recur", "gates"):
        found[name] = _ordered(found[name])
    letters = found["letters"]
    filters = found.pop("letters_conv").reshape(len(networks), 3, letters.shape[-1], -1)
    found["letters"] = np.einsum("nla,nkac->lknc", letters, filters, order="C")
    kinds = _kinds(found)
    found["gates"] = found["gates"].reshape(kinds.shape[2:]) + kinds[0, 0]
    found["kinds"] = kinds - kinds[0, 0]
    recur = found["recur"]
    found["recur"] = recur.reshape(-1, *recur.shape[2:]) / np.float32(2)  # `_lstm` doubles its states
    found["output"] = np.concatenate(found["output"]) / np.float32(2 * len(networks))
    return found | {name: found[name].mean(axis=0) for name in ("output_bias", "transitions", "begin", "end")}


def _ordered(gates: Array) -> Array:
    """(…, 4H) gates with the cell's last, and half of the three sigmoid ones: sigmoid(x) is (1 + tanh(x / 2)) / 2, so
    one tanh does for all four."""
    into, keep, new, out = np.split(gates, 4, axis=-1)
    return np.concatenate([into / 2, keep / 2, out / 2, new], axis=-1, dtype=np.float32)


def _kinds(weights: dict[str, Array]) -> Array:
    """(clitics, shapes, 2N, 4H): what classes of proclitics and shapes bring; their rows of `input` are taken off."""
    clitics, shapes = weights.pop("clitics"), weights.pop("shapes")
    rest = weights["input"].shape[2] - clitics.shape[-1] - shapes.shape[-1]
    weights["input"], *own = np.split(weights["input"], [rest, rest + clitics.shape[-1]], axis=2)
    one, other = (
        np.einsum("nke,nweh->knwh", table, rows).reshape(table.shape[1], -1, rows.shape[-1])
        for table, rows in zip((clitics, shapes), own, strict=True)
    )
    found: Array = one[:, None] + other
    return found


def letter_features(weights: Weights, letters: Numbers) -> Array:
    """(words, `MAX_LETTERS`) letter numbers → (N, words, C): each filter, three letters wide, where it is strongest."""
    brought = weights["letters"].take(letters, axis=0)
    heard = brought[:, :, 1]
    heard[:, 1:] += brought[:, :-1, 0]
    heard[:, :-1] += brought[:, 1:, 2]
    best: Array = np.maximum(heard.max(axis=1) + weights["letters_bias"], 0)
    return best.swapaxes(0, 1)


def input_gates(weights: Weights, features: Array) -> Array:
    """(N, words, F) → (words, 2N, 4H): what each word brings to the gates, whatever stands around it.

    As a word of letters without proclitics; what it is otherwise `add_kinds` adds.
    """
    found = features[:, None] @ weights["input"]
    return found.reshape(-1, *found.shape[2:]).swapaxes(0, 1) + weights["gates"]


def add_kinds(weights: Weights, gates: Array, clitics: Numbers, shapes: Numbers) -> None:
    """Add, in place, to the (words, 2N, 4H) `gates` what each word's class of proclitics and shape bring."""
    special = (clitics | shapes).nonzero()[0]
    gates[special] += weights["kinds"][clitics[special], shapes[special]]


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
    """`_ordered` rows of `gates` (rows, 4H) at `words` (time, 2N, batch) → (time, 2N, batch, H) hidden states, doubled.

    In place throughout: on so few numbers a step's time goes to calls and fresh memory.
    """
    time, *shape = words.shape
    size = gates.shape[-1] // 4
    states: Array = np.zeros((time + 1, *shape, size), np.float32)  # begins with the state before the first word
    cell: Array = np.zeros((*shape, size), np.float32)
    now: Array = np.empty((*shape, 4 * size), np.float32)
    brought, squashed = np.empty_like(now), np.empty_like(cell)
    doors, new = now[..., : 3 * size], now[..., 3 * size :]
    into, keep, out = (doors[..., i * size : (i + 1) * size] for i in range(3))
    half = np.float32(0.5)
    for step, numbers in enumerate(words):
        np.matmul(states[step], recur, out=now)
        gates.take(numbers, axis=0, out=brought, mode="clip")  # without "clip" numpy copies once more
        now += brought
        np.tanh(now, out=now)
        doors += 1
        cell *= keep
        into *= new
        cell += into
        cell *= half
        np.tanh(cell, out=squashed)
        np.multiply(out, squashed, out=states[step + 1])
    return states[1:]


def best_tags(weights: Weights, scores: Array, lengths: Numbers) -> Numbers:
    """Viterbi: the most probable tags, (sequences, time), of (sequences, time, tags) scores; 0 in the padding."""
    step = np.ascontiguousarray(weights["transitions"].T)
    batch, time, tags = scores.shape
    best = np.empty((time, batch, tags), np.float32)
    back = np.empty((time, batch, tags), np.int64)
    best[0] = scores[:, 0] + weights["begin"]
    for at in range(1, time):
        ways = best[at - 1, :, None] + step
        ways.argmax(axis=2, out=back[at])
        np.add(ways.max(axis=2), scores[:, at], out=best[at])
    rows, last = np.arange(batch), lengths - 1
    tag = (best[last, rows] + weights["end"]).argmax(axis=1)
    path = np.zeros((batch, time), np.int64)
    path[rows, last] = tag
    for at in range(time - 1, 0, -1):  # a shorter sequence waits until its own end is reached
        tag = np.where(at <= last, back[at, rows, tag], tag)
        path[:, at - 1] = np.where(at <= last, tag, path[:, at - 1])
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
