"""The networks in numpy: decoding against every path counted out, several as one, no sway of padding or company."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.tag.statistical import network

TAGS, HIDDEN, WIDE = 3, 4, 5


def _weights(seed: int) -> dict[str, network.Array]:
    draw = np.random.default_rng(seed)
    shapes = {
        "input": (2, WIDE + 2 + 3, 4 * HIDDEN),
        "recur": (2, HIDDEN, 4 * HIDDEN),
        "gates": (2, 4 * HIDDEN),
        "output": (2 * HIDDEN, TAGS),
        "output_bias": (TAGS,),
        "transitions": (TAGS, TAGS),
        "begin": (TAGS,),
        "end": (TAGS,),
    }
    shapes |= {"letters": (9, 2), "letters_conv": (6, 3), "letters_bias": (3,), "clitics": (4, 2), "shapes": (5, 3)}
    return {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def _scores(weights: network.Weights, features: network.Array, lengths: list[int]) -> network.Array:
    """Of one network on its own inputs (words, F), or of N on (N, words, F)."""
    inputs = features if features.ndim == 3 else features[None]
    gates = network.input_gates(weights, inputs)
    return network.tag_scores(weights, gates, np.arange(len(gates)), np.array(lengths))


def _path_score(weights: network.Weights, scores: network.Array, path: tuple[int, ...]) -> float:
    moves = sum(weights["transitions"][a, b] for a, b in pairwise(path))
    own = sum(scores[at, tag] for at, tag in enumerate(path))
    return float(own + moves + weights["begin"][path[0]] + weights["end"][path[-1]])


@given(seed=st.integers(0, 10_000), lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_best_path_and_probabilities_agree_with_every_path_counted_out(seed: int, lengths: list[int]) -> None:
    weights = network.joined([_weights(seed)])
    scores = np.random.default_rng(seed + 1).normal(size=(len(lengths), max(lengths), TAGS)).astype(np.float32)
    paths = network.best_tags(weights, scores, np.array(lengths))
    found = network.marginals(weights, scores, np.array(lengths))
    for row, length in enumerate(lengths):
        every = list(product(range(TAGS), repeat=length))
        worth = np.array([_path_score(weights, scores[row], path) for path in every])
        assert _path_score(weights, scores[row], tuple(paths[row, :length])) == pytest.approx(worth.max(), abs=1e-4)
        shares = np.exp(worth - worth.max())
        shares /= shares.sum()
        for at, tag in product(range(length), range(TAGS)):
            wanted = sum(share for share, path in zip(shares, every, strict=True) if path[at] == tag)
            assert found[row, at, tag] == pytest.approx(wanted, abs=1e-3)


def test_a_sequence_scores_the_same_alone_and_beside_longer_ones() -> None:
    weights = network.joined([_weights(3)])
    features = np.random.default_rng(4).normal(size=(11, WIDE)).astype(np.float32)
    together = _scores(weights, features, [2, 6, 3])
    for row, (start, length) in enumerate([(0, 2), (2, 6), (8, 3)]):
        alone = _scores(weights, features[start : start + length], [length])
        assert np.allclose(together[row, :length], alone[0], atol=1e-5)


@given(
    seed=st.integers(0, 10_000), count=st.integers(1, 4), lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4)
)
@settings(max_examples=40, deadline=None)
def test_networks_run_as_one_score_the_mean_of_what_each_scores_alone(
    seed: int, count: int, lengths: list[int]
) -> None:
    networks = [_weights(seed + number) for number in range(count)]
    together, single = network.joined(networks), [network.joined([weights]) for weights in networks]
    features = np.random.default_rng(seed).normal(size=(count, sum(lengths), WIDE)).astype(np.float32)
    alone = [_scores(weights, own, lengths) for weights, own in zip(single, features, strict=True)]
    assert np.allclose(_scores(together, features, lengths), np.mean(alone, axis=0), atol=1e-5)
    letters = np.random.default_rng(seed).integers(0, 9, (3, 14))
    for number, weights in enumerate(single):
        read = network.letter_features(together, letters)[number]
        assert np.allclose(read, network.letter_features(weights, letters)[0], atol=1e-5)
    for name in ("transitions", "begin", "end"):
        assert np.allclose(together[name], np.mean([weights[name] for weights in networks], axis=0), atol=1e-6)


def test_a_word_that_returns_is_read_as_if_it_were_another() -> None:
    weights = network.joined([_weights(8), _weights(9)])
    features = np.random.default_rng(10).normal(size=(2, 3, WIDE)).astype(np.float32)
    chosen = np.array([2, 0, 2, 1, 0])
    gates = network.input_gates(weights, features)
    found = network.tag_scores(weights, gates, chosen, np.array([3, 2]))
    assert np.allclose(found, _scores(weights, features[:, chosen], [3, 2]), atol=1e-6)


def test_both_sides_of_a_word_reach_its_scores() -> None:
    weights = network.joined([_weights(5)])
    features = np.random.default_rng(6).normal(size=(5, WIDE)).astype(np.float32)
    before = _scores(weights, features, [5])[0, 2]
    for place in (0, 4):
        changed = features.copy()
        changed[place] += 1
        assert not np.allclose(_scores(weights, changed, [5])[0, 2], before)


def test_numpy_scores_are_those_that_training_sees() -> None:
    """The two writings of the network, JAX's and numpy's, agree; needs the extra `train`."""
    pytest.importorskip("jax")
    from workers.tag.statistical.forms import CLITICS, LETTERS, SHAPES, letter_numbers
    from workers.tag.train import network as trained

    sizes = trained.Sizes(hidden=HIDDEN, letter=3, filters=4)
    weights = trained.start(sizes, WIDE, len(LETTERS), (len(CLITICS), len(SHAPES)), TAGS, seed=1)
    features = np.random.default_rng(2).normal(size=(4, WIDE)).astype(np.float32)
    letters = np.array([letter_numbers(word) for word in ("", "لبنان", "abc", "مدريد")])
    shapes, rows, clitics = np.array([0, 0, 1, 0]), np.array([[1, 2, 3, 0]]), np.array([[0, 0, 2, 0]])
    table = {"features": features, "letters": letters, "shapes": shapes}
    batch = {"rows": rows, "clitics": clitics, "mask": np.array([[1, 1, 1, 0]])}
    plain = network.joined([{name: np.asarray(column) for name, column in weights.items()}])
    inputs = np.concatenate([features, network.letter_features(plain, letters)[0]], axis=1)[None, rows[0, :3]]
    gates = network.input_gates(plain, inputs)
    network.add_kinds(plain, gates, clitics[0, :3], shapes[rows[0, :3]])
    ours = network.tag_scores(plain, gates, np.arange(3), np.array([3]))[0]
    assert np.allclose(ours, np.asarray(trained.scores(weights, table, batch, sizes))[0, :3], atol=1e-5)
