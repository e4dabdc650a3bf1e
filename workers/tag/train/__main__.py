"""Trains the model of names: `python -m workers.tag.train DATA --work FOLDER`. Needs the extra `train`.

In order, each step's result kept in the work folder and taken from there when it is run again:
1. vectors: the vocabulary and word vectors, from the unlabelled articles and the training sentences;
2. labelled: three networks, which differ by their seeds, trained on the labelled sentences alone;
3. silver: together they tag unlabelled articles; each goes on, on labelled sentences and its own part of the silver
   ones, then on the labelled alone. Four times, with other articles each; the last gives the shipped networks.

Tried and left out: a feature that says what the teacher made of the word in unlabelled articles. It knows the words of
the training sentences too well, so that the network trusts it too much: trained from the start with it two networks
came to 74.4 and 74.7 on the development slice, one without it to 77.2.

The development slice (`workers.tag.train.corpus.slices`) is not read. About three quarters of an hour of one core.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import click
import numpy as np

from workers.settings import config_dir
from workers.tag.statistical.forms import CLITICS, LETTERS, SHAPES
from workers.tag.statistical.model import Model, Vocabulary
from workers.tag.statistical.tagger import FILE
from workers.tag.train import corpus, lists, network, silver
from workers.tag.train.corpus import TAGS, Sentence
from workers.tag.train.dataset import Dataset, examples
from workers.tag.train.file import write
from workers.tag.train.vectors import Vectors, vectors

FIRST = network.Sizes(hidden=96, words_dropped=0.4, states_dropped=0.4)
"""With 0.5 and 0.5 dropped and 0.15 unknown, 15 epochs came to 71.3 on the development slice, with these to 75.3."""
FURTHER = replace(FIRST, rate=3e-3)
SEEDS = (1, 2, 3)
FIRST_ROUNDS = 15
FURTHER_ROUNDS, WITH_SILVER = 9, 4
"""Epochs of each time that a network goes on, and of them with silver sentences beside the labelled."""
TIMES = 4
"""On the development slice one line of networks came to 75.3 (labelled alone), 77.9, 78.6, 79.9, 79.9 as it went on."""
EVERY = 12
"""Of the unlabelled articles each twelfth becomes silver: 2,000 of 24,000; a network sees four fifths of them."""
TOGETHER = 20
"""Silver sentences that stay side by side, so that a sequence has one article's words."""
PARTS = 5
"""Silver sentences are split in so many parts; each epoch takes the next, as many tokens as are labelled."""


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--work", type=click.Path(file_okay=False, path_type=Path), required=True, help="Keeps each step's result."
)
def main(data: Path, work: Path) -> None:
    """Train on the corpora in DATA and write config/models/names.npz."""
    work.mkdir(parents=True, exist_ok=True)
    training, development = corpus.slices(corpus.labelled(data / "ner" / "anercorp.train.txt"))
    click.echo(f"{len(training)} sentences to train on, {len(development)} kept for development")
    found = _vectors(work / "vectors.npz", data, training)
    known = lists.features(found.keys, config_dir() / "entities")
    vocabulary = Vocabulary.of(found.keys, found.counts, found.vectors, known)
    trials = [Trial(vocabulary, FIRST, FIRST_ROUNDS, seed) for seed in SEEDS]
    networks = [_network(work / f"labelled-{trial.seed}.npz", trial, [training]) for trial in trials]
    for time in range(TIMES):
        silvered = list(_silver(work / f"silver-{time}.jsonl.gz", Model(vocabulary, networks, TAGS), data, time))
        seeds = [seed + len(SEEDS) * time for seed in SEEDS]
        trials = [Trial(vocabulary, FURTHER, FURTHER_ROUNDS, *start) for start in zip(seeds, networks, strict=True)]
        networks = [
            _network(work / f"silvered-{trial.seed}.npz", trial, [training, *_parts(silvered, trial.seed)])
            for trial in trials
        ]
    out = config_dir() / FILE
    write(out, found.keys, found.counts, (found.vectors, known), networks, TAGS)
    click.echo(f"wrote {out}; rasid bench names shows its scores")


def _vectors(path: Path, data: Path, training: Sequence[Sentence]) -> Vectors:
    if not path.exists():
        sentences = [s for article in corpus.articles(data) for s in corpus.tokens(article)]
        found = vectors([*sentences, *(tokens for tokens, _ in training)])
        np.savez(path, keys=np.array(found.keys), counts=found.counts, vectors=found.vectors)
    with np.load(path) as file:
        return Vectors(file["keys"].tolist(), file["counts"], file["vectors"])


def _silver(path: Path, tagger: Model, data: Path, time: int) -> Iterator[Sentence]:
    """The sentences of some articles as `tagger` tags them; each time of others."""
    if not path.exists():
        chosen = islice(corpus.articles(data), time * EVERY // TIMES, None, EVERY)
        texts = (list(filter(None, corpus.tokens(text))) for text in chosen)
        partial = path.with_suffix(".partial")
        with gzip.open(partial, "wt", encoding="utf-8") as file:
            for article in silver.tagged(tagger, texts):
                file.writelines(json.dumps(sentence, ensure_ascii=False) + "\n" for sentence in article)
        partial.rename(path)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from (tuple(json.loads(line)) for line in file)


def _parts(sentences: Sequence[Sentence], seed: int) -> list[list[Sentence]]:
    """The silver sentences of a network's first epochs; seeds in a row have different ones."""
    blocks = [sentences[at : at + TOGETHER] for at in range(0, len(sentences), TOGETHER)]
    turns = range(seed * WITH_SILVER, (seed + 1) * WITH_SILVER)
    return [[s for block in blocks[turn % PARTS :: PARTS] for s in block] for turn in turns]


@dataclass(frozen=True, slots=True)
class Trial:
    """One network to train: its features, how, for how many epochs, from what chance and what weights."""

    vocabulary: Vocabulary
    sizes: network.Sizes
    rounds: int
    seed: int
    weights: Mapping[str, np.ndarray] | None = None


def _network(path: Path, trial: Trial, sources: Sequence[Sequence[Sentence]]) -> Mapping[str, np.ndarray]:
    """The weights that `path` keeps; else trained on the first of `sources`, in each first epoch with one other too."""
    if not path.exists():
        dataset = Dataset(trial.vocabulary)
        gold, *parts = [dataset.add(sentences) for sentences in sources]
        turn = np.random.default_rng(trial.seed)

        def epoch(number: int) -> network.Examples:
            labelled = examples(gold, int(turn.integers(len(gold))))
            return network.joined(labelled, examples(parts[number])) if number < len(parts) else labelled

        classes = (len(CLITICS), len(SHAPES))
        weights = network.start(trial.sizes, trial.vocabulary.width, len(LETTERS), classes, len(TAGS), trial.seed)
        if trial.weights:
            weights = dict(trial.weights)
        trained = network.fit(weights, dataset.types(), epoch, trial.sizes, rounds=trial.rounds, seed=trial.seed)
        for number in range(1, trial.rounds + 1):
            weights = next(trained)
            click.echo(f"{path.name}: epoch {number} of {trial.rounds}")
        np.savez(path, **{name: np.asarray(column) for name, column in weights.items()})  # type: ignore[arg-type]
    with np.load(path) as file:
        return dict(file)


if __name__ == "__main__":
    main()
