"""Trains the model of names: `python -m workers.tag.train DATA --work FOLDER`. Needs the extra `train`.

In order, each step's result kept in the work folder and taken from there when it is run again:
1. vectors: the vocabulary and word vectors, from the unlabelled articles and the training sentences;
2. teacher: a network trained on the labelled sentences alone;
3. silver: the teacher tags unlabelled articles;
4. student: the shipped network. It goes on from the teacher, on labelled and silver sentences together, then on the
   labelled alone.

Tried and left out: a feature that says what the teacher made of the word in unlabelled articles. It knows the words of
the training sentences too well, so that the network trusts it too much: trained from the start with it two networks
came to 74.4 and 74.7 on the development slice, one without it to 77.2.

The development slice (`workers.tag.train.corpus.slices`) is read only to print scores. About an hour of one core.
"""

from __future__ import annotations

import gzip
import json
import shutil
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

TEACHER = network.Sizes(hidden=96, words_dropped=0.4, states_dropped=0.4)
STUDENT = replace(TEACHER, rate=3e-3)
TEACHER_ROUNDS = 15
"""Epochs of the teacher; that of the shipped model was taken after the twelfth."""
STUDENT_ROUNDS, WITH_SILVER = 9, 4
"""Epochs of the student, and of them with silver sentences beside the labelled."""
EVERY = 4
"""Of the unlabelled articles each fourth becomes silver: 6,000 of 24,000; the student sees a quarter of them."""
TOGETHER = 20
"""Silver sentences that stay side by side, so that a sequence has one article's words."""
PARTS = 15
"""Silver sentences are split in so many parts; each epoch takes the next, as many tokens as are labelled."""


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--work", type=click.Path(file_okay=False, path_type=Path), required=True, help="Keeps each step's result."
)
@click.option("--seed", default=1, show_default=True)
def main(data: Path, work: Path, seed: int) -> None:
    """Train on the corpora in DATA and write config/models/names.npz."""
    work.mkdir(parents=True, exist_ok=True)
    training, development = corpus.slices(corpus.labelled(data / "ner" / "anercorp.train.txt"))
    click.echo(f"{len(training)} sentences to train on, {len(development)} kept for development")
    found = _vectors(work / "vectors.npz", data, training)
    known = lists.features(found.keys, config_dir() / "entities")
    teacher = work / "teacher.npz"
    if not teacher.exists():
        trial = Trial(found, known, TEACHER, TEACHER_ROUNDS, 0, seed)
        _train(teacher, trial, [training])
    sentences = list(_silver(work / "silver.jsonl.gz", teacher, data))
    blocks = [sentences[at : at + TOGETHER] for at in range(0, len(sentences), TOGETHER)]
    parts = [[s for block in blocks[at::PARTS] for s in block] for at in range(PARTS)]
    student = work / "student.npz"
    trial = Trial(found, known, STUDENT, STUDENT_ROUNDS, WITH_SILVER, seed, Model.load(teacher).weights)
    _train(student, trial, [training, *parts])
    out = config_dir() / FILE
    shutil.copyfile(student, out)
    click.echo(f"wrote {out}; rasid bench names shows its scores")


def _vectors(path: Path, data: Path, training: Sequence[Sentence]) -> Vectors:
    if not path.exists():
        sentences = [s for article in corpus.articles(data) for s in corpus.tokens(article)]
        found = vectors([*sentences, *(tokens for tokens, _ in training)])
        np.savez(path, keys=np.array(found.keys), counts=found.counts, vectors=found.vectors)
    with np.load(path) as file:
        return Vectors(file["keys"].tolist(), file["counts"], file["vectors"])


def _silver(path: Path, teacher: Path, data: Path) -> Iterator[Sentence]:
    """The sentences of some articles as the teacher tags them."""
    if not path.exists():
        model = Model.load(teacher)
        chosen = islice(corpus.articles(data), 0, None, EVERY)
        texts = (list(filter(None, corpus.tokens(text))) for text in chosen)
        with gzip.open(path, "wt", encoding="utf-8") as file:
            for article in silver.tagged(model, texts):
                file.writelines(json.dumps(sentence, ensure_ascii=False) + "\n" for sentence in article)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from (tuple(json.loads(line)) for line in file)


@dataclass(frozen=True, slots=True)
class Trial:
    """One network to train: its features, how, for how many epochs, how many of them with silver; from what weights."""

    vectors: Vectors
    lists: np.ndarray
    sizes: network.Sizes
    rounds: int
    silvered: int
    seed: int
    weights: Mapping[str, np.ndarray] | None = None


def _train(path: Path, trial: Trial, sources: Sequence[Sequence[Sentence]]) -> None:
    """Train on the first of `sources`, in the first epochs with one of the others too; writes the file each time."""
    columns = trial.vectors
    vocabulary = Vocabulary.of(columns.keys, columns.counts, columns.vectors, trial.lists)
    dataset = Dataset(vocabulary)
    gold, *parts = [dataset.add(sentences) for sentences in sources]
    turn = np.random.default_rng(trial.seed)

    def epoch(number: int) -> network.Examples:
        labelled = examples(gold, int(turn.integers(len(gold))))
        if number >= trial.silvered:
            return labelled
        return network.joined(labelled, examples(parts[number % len(parts)]))

    classes = (len(CLITICS), len(SHAPES))
    weights = network.start(trial.sizes, vocabulary.width, len(LETTERS), classes, len(TAGS), trial.seed)
    weights = dict(trial.weights or weights)
    trained = network.fit(weights, dataset.types(), epoch, trial.sizes, rounds=trial.rounds, seed=trial.seed)
    for number, weights in enumerate(trained, 1):
        click.echo(f"{path.name}: epoch {number} of {trial.rounds}")
        write(path, columns.keys, columns.counts, (columns.vectors, trial.lists), weights, TAGS)


if __name__ == "__main__":
    main()
