"""Scores → names: sentences packed into sequences, one decoding, one look back over the document, BIO spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workers.tag.statistical import network
from workers.tag.statistical.model import Model, packed
from workers.tag.statistical.network import Array

Group = list[tuple[int, int]]
"""(sentence, token) of each token of a sequence."""
Document = Sequence[Sequence[str]]
"""Tokens of each sentence."""


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """A name in tokens of one sentence, `last` exclusive; `label` as in the corpus (PERS, LOC, ORG, MISC)."""

    sentence: int
    first: int
    last: int
    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Weighing:
    """How scores become tags. Both numbers were chosen on the development slice."""

    outside: float = 0.0
    """Added to the score of O: above 0 precision rises and recall falls."""
    document: float = 0.0
    """0 to 1: how far a word's scores move to the mean of the same word's in the document."""


def names(model: Model, documents: Sequence[Document], weighing: Weighing) -> list[list[TokenSpan]]:
    """The names of each document's sentences, in order. Read together, documents take less time; none sways another."""
    found: list[list[TokenSpan]] = [[] for _ in documents]
    groups = [(number, group) for number, document in enumerate(documents) for group in packed(document)]
    if not groups:
        return found
    tokens = [[documents[number][s][t] for s, t in group] for number, group in groups]
    scores, lengths = model.scores(tokens)
    if weighing.document:
        _with_documents(model, tokens, [number for number, _ in groups], scores, weighing.document)
    scores[:, :, model.tags.index("O")] += weighing.outside
    paths = network.best_tags(model.weights, scores, lengths)
    sure = np.take_along_axis(network.marginals(model.weights, scores, lengths), paths[:, :, None], axis=2)[:, :, 0]
    for (number, group), path, row in zip(groups, paths.tolist(), sure, strict=True):
        found[number] += bio_spans([model.tags[tag] for tag in path[: len(group)]], row[: len(group)], group)
    return found


def _with_documents(model: Model, tokens: list[list[str]], owners: Sequence[int], scores: Array, share: float) -> None:
    """Words that a document repeats: each one's scores are drawn, in place, towards the mean of all.

    `owners`: the document of each sequence of `tokens`.
    """
    numbers: dict[tuple[int, str], int] = {}
    keys = [
        (owner, model.read(token).key) for owner, sequence in zip(owners, tokens, strict=True) for token in sequence
    ]
    word = np.array([numbers.setdefault(key, len(numbers)) for key in keys])
    row = np.repeat(np.arange(len(tokens)), [len(sequence) for sequence in tokens])
    place = np.concatenate([np.arange(len(sequence)) for sequence in tokens])
    sums = np.zeros((len(numbers), scores.shape[-1]), np.float32)
    own = scores[row, place]
    np.add.at(sums, word, own)
    counts = np.bincount(word)
    drawn = (counts > 1) & np.array([len(key) > 2 for _, key in numbers])
    weight = (share * drawn)[word, None].astype(np.float32)
    scores[row, place] = own + weight * ((sums / counts[:, None])[word] - own)


def bio_spans(tags: list[str], sure: Array, group: Group) -> list[TokenSpan]:
    """BIO tags → spans; a name ends with its sentence, and its confidence is that of its least sure token."""
    found: list[TokenSpan] = []
    for tag, confidence, (sentence, place) in zip(tags, sure.tolist(), group, strict=True):
        label = tag[2:]
        last = found[-1] if found else None
        if tag == "O":
            continue
        if tag[0] == "I" and last and (last.sentence, last.last, last.label) == (sentence, place, label):
            found[-1] = TokenSpan(sentence, last.first, place + 1, label, min(last.confidence, confidence))
        else:
            found.append(TokenSpan(sentence, place, place + 1, label, confidence))
    return found
