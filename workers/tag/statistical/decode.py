"""Scores → names: sentences packed into sequences, one decoding, one look back over the document, BIO spans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workers.tag.statistical import network
from workers.tag.statistical.model import Model, packed
from workers.tag.statistical.network import Array

TOGETHER = 64
"""Sequences that one pass of the network takes: bounds memory to about 10 MB."""


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


def names(model: Model, sentences: Sequence[Sequence[str]], weighing: Weighing) -> list[TokenSpan]:
    """The names of one document's sentences, in order."""
    groups = [group for group in packed(sentences) if group]
    tokens = [[sentences[s][t] for s, t in group] for group in groups]
    scored = [found for at in range(0, len(tokens), TOGETHER) for found in model.scores(tokens[at : at + TOGETHER])]
    if weighing.document:
        scored = _with_document(model, tokens, scored, weighing.document)
    spans: list[TokenSpan] = []
    for group, scores in zip(groups, scored, strict=True):
        scores[:, model.tags.index("O")] += weighing.outside
        path = network.best_tags(model.weights, scores)
        sure = network.marginals(model.weights, scores)
        spans += _spans([model.tags[tag] for tag in path], sure[np.arange(len(path)), path], group)
    return spans


def _with_document(model: Model, tokens: list[list[str]], scored: list[Array], share: float) -> list[Array]:
    """Words that the document repeats: each one's scores drawn towards the mean of all."""
    keys = [model.read(token).key for sequence in tokens for token in sequence]
    flat = np.concatenate(scored)
    places: dict[str, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        if len(key) > 2:
            places[key].append(place)
    drawn = flat.copy()
    for same in places.values():
        if len(same) > 1:
            drawn[same] += share * (flat[same].mean(axis=0) - flat[same])
    return np.split(drawn, np.cumsum([len(found) for found in scored])[:-1])


def _spans(tags: list[str], sure: Array, group: list[tuple[int, int]]) -> list[TokenSpan]:
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
