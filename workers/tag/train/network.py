"""The network of `workers.tag.statistical.network`, trained with JAX: CRF likelihood, Adam, dropout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Arrays = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Widths of the layers, and how it is trained. Chosen on the development slice."""

    letter: int = 24
    filters: int = 48
    clitic: int = 6
    shape: int = 6
    hidden: int = 128
    words_dropped: float = 0.5
    states_dropped: float = 0.5
    unknown: float = 0.1
    """Share of words that training shows by their letters alone."""
    rate: float = 4e-3
    batch: int = 16


@dataclass(frozen=True, slots=True)
class Examples:
    """Sequences of one length: (sequences, time) arrays, `rows` pointing into the table of word types."""

    rows: np.ndarray
    clitics: np.ndarray
    tags: np.ndarray
    mask: np.ndarray


def joined(one: Examples, other: Examples) -> Examples:
    """The sequences of both."""
    names = ("rows", "clitics", "tags", "mask")
    return Examples(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in names))


@dataclass(frozen=True, slots=True)
class Types:
    """What is known of each distinct word: (types, features) numbers, (types, letters), shapes."""

    features: np.ndarray
    letters: np.ndarray
    shapes: np.ndarray


def start(sizes: Sizes, features: int, alphabet: int, classes: tuple[int, int], tags: int, seed: int) -> Arrays:
    """Fresh weights. `classes`: how many proclitic classes and shapes there are."""
    keys = iter(jax.random.split(jax.random.PRNGKey(seed), 16))
    wide = features + sizes.filters + sizes.clitic + sizes.shape
    hidden = sizes.hidden

    def normal(*shape: int, scale: float) -> Any:
        return jax.random.normal(next(keys), shape) * scale

    gates = jnp.zeros((2, 4 * hidden)).at[:, hidden : 2 * hidden].set(1.0)
    return {
        "letters": normal(alphabet, sizes.letter, scale=0.5),
        "letters_conv": normal(3 * sizes.letter, sizes.filters, scale=(3 * sizes.letter) ** -0.5),
        "letters_bias": jnp.zeros(sizes.filters),
        "clitics": normal(classes[0], sizes.clitic, scale=0.5),
        "shapes": normal(classes[1], sizes.shape, scale=0.5),
        "input": normal(2, wide, 4 * hidden, scale=wide**-0.5),
        "recur": normal(2, hidden, 4 * hidden, scale=hidden**-0.5),
        "gates": gates,
        "output": normal(2 * hidden, tags, scale=(2 * hidden) ** -0.5),
        "output_bias": jnp.zeros(tags),
        "transitions": jnp.zeros((tags, tags)),
        "begin": jnp.zeros(tags),
        "end": jnp.zeros(tags),
    }


def scores(weights: Arrays, types: Mapping[str, Any], batch: Mapping[str, Any], sizes: Sizes, key: Any = None) -> Any:
    """(batch, time, tags). With a `key` words and states are dropped, as in training."""
    rows = batch["rows"]
    known = types["features"][rows]
    letters = _letters(weights, types["letters"][rows])
    if key is not None:
        one, two, three = jax.random.split(key, 3)
        seen = jax.random.bernoulli(three, 1 - sizes.unknown, rows.shape)[..., None]
        known = known * seen
    inputs = jnp.concatenate(
        [known, letters, weights["clitics"][batch["clitics"]], weights["shapes"][types["shapes"][rows]]], axis=-1
    )
    if key is not None:
        inputs = _dropped(inputs, sizes.words_dropped, one)
    mask = batch["mask"].astype(jnp.float32)
    ahead = _lstm(weights, 0, inputs, mask, reverse=False)
    after = _lstm(weights, 1, inputs, mask, reverse=True)
    states = jnp.concatenate([ahead, after], axis=-1)
    if key is not None:
        states = _dropped(states, sizes.states_dropped, two)
    return states @ weights["output"] + weights["output_bias"]


def _dropped(values: Any, share: float, key: Any) -> Any:
    """Dropout with one mask a sequence: the same units at every step."""
    shape = (values.shape[0], 1, values.shape[2])
    return values * jax.random.bernoulli(key, 1 - share, shape) / (1 - share)


def _letters(weights: Arrays, letters: Any) -> Any:
    embedded = weights["letters"][letters]
    padded = jnp.pad(embedded, ((0, 0), (0, 0), (1, 1), (0, 0)))
    windows = jnp.concatenate([padded[..., :-2, :], padded[..., 1:-1, :], padded[..., 2:, :]], axis=-1)
    return jax.nn.relu((windows @ weights["letters_conv"] + weights["letters_bias"]).max(axis=-2))


def _lstm(weights: Arrays, way: int, inputs: Any, mask: Any, *, reverse: bool) -> Any:
    gates = inputs @ weights["input"][way] + weights["gates"][way]
    recur = weights["recur"][way]
    size = recur.shape[0]

    def step(state: Any, at: Any) -> Any:
        hidden, cell = state
        gate, real = at
        now = gate + hidden @ recur
        into, keep, out = (jax.nn.sigmoid(now[:, i * size : (i + 1) * size]) for i in (0, 1, 3))
        cell = (keep * cell + into * jnp.tanh(now[:, 2 * size : 3 * size])) * real[:, None]
        hidden = out * jnp.tanh(cell) * real[:, None]
        return (hidden, cell), hidden

    zeros = jnp.zeros((inputs.shape[0], size))
    _, states = jax.lax.scan(step, (zeros, zeros), (gates.swapaxes(0, 1), mask.T), reverse=reverse)
    return states.swapaxes(0, 1)


def likelihood(weights: Arrays, found: Any, tags: Any, mask: Any) -> Any:
    """Log-likelihood of the tags, summed over the sequences. Padding stands behind and counts nothing."""
    step, real = weights["transitions"], mask.astype(jnp.float32)
    own = (jnp.take_along_axis(found, tags[..., None], axis=-1)[..., 0] * real).sum()
    moves = (step[tags[:, :-1], tags[:, 1:]] * real[:, 1:]).sum()
    last = jnp.take_along_axis(tags, real.sum(axis=1).astype(int)[:, None] - 1, axis=1)[:, 0]
    gold = own + moves + weights["begin"][tags[:, 0]].sum() + weights["end"][last].sum()

    def forward(state: Any, at: Any) -> Any:
        score, there = at
        new = jax.nn.logsumexp(state[:, :, None] + step, axis=1) + score
        return jnp.where(there[:, None] > 0, new, state), None

    first = found[:, 0] + weights["begin"]
    total, _ = jax.lax.scan(forward, first, (found[:, 1:].swapaxes(0, 1), real[:, 1:].T))
    return gold - jax.nn.logsumexp(total + weights["end"], axis=1).sum()


def fit(
    weights: Arrays,
    types: Types,
    epochs: Callable[[int], Examples],
    sizes: Sizes,
    *,
    rounds: int,
    seed: int,
) -> Iterator[Arrays]:
    """Train `rounds` epochs, the examples of each from `epochs(number)`; yields the averaged weights after each.

    The learning rate rises over the first half epoch and falls to nothing along a cosine; the weights that are
    yielded are a running average over about 200 steps, which reads steadier than any single step.
    """
    table = {"features": jnp.asarray(types.features), "letters": jnp.asarray(types.letters)}
    table["shapes"] = jnp.asarray(types.shapes)

    def loss(now: Arrays, batch: Mapping[str, Any], key: Any) -> Any:
        found = scores(now, table, batch, sizes, key)
        return -likelihood(now, found, batch["tags"], batch["mask"]) / batch["mask"].sum()

    def step(state: Any, batch: Mapping[str, Any], key: Any, rate: Any) -> Any:
        now, one, two, mean, count = state
        value, slope = jax.value_and_grad(loss)(now, batch, key)
        norm = jnp.sqrt(sum((g**2).sum() for g in jax.tree.leaves(slope)))
        slope = jax.tree.map(lambda g: g * jnp.minimum(1.0, 1.0 / norm), slope)
        one = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, one, slope)
        two = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, two, slope)
        count += 1
        early, late = 1 - 0.9**count, 1 - 0.999**count
        now = jax.tree.map(lambda w, m, v: w - rate * (m / early) / (jnp.sqrt(v / late) + 1e-8), now, one, two)
        keep = jnp.minimum(0.995, count / (count + 10.0))
        mean = jax.tree.map(lambda a, w: keep * a + (1 - keep) * w, mean, now)
        return (now, one, two, mean, count), value

    step_compiled = jax.jit(step)
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = (weights, zeros, zeros, weights, jnp.zeros(()))
    keys = jax.random.PRNGKey(seed + 1000)
    order = np.random.default_rng(seed)
    for number in range(rounds):
        examples = epochs(number)
        chosen = order.permutation(len(examples.rows))
        steps = len(chosen) // sizes.batch
        for at in range(steps):
            done = (number + at / steps) / rounds
            rate = sizes.rate * min(1.0, done * rounds / 0.5 + 0.02) * 0.5 * (1 + np.cos(np.pi * done))
            part = chosen[at * sizes.batch : (at + 1) * sizes.batch]
            batch = {name: getattr(examples, name)[part] for name in ("rows", "clitics", "tags", "mask")}
            keys, key = jax.random.split(keys)
            state, _ = step_compiled(state, batch, key, rate)
        yield state[3]
