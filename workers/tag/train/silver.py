"""Unlabelled articles tagged by a model: sentences to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workers.tag.statistical import network
from workers.tag.statistical.model import Model, packed
from workers.tag.train.corpus import Sentence


def tagged(model: Model, articles: Iterable[list[list[str]]]) -> Iterator[list[Sentence]]:
    """Each article's sentences with their most probable tags; articles without words are left out."""
    for sentences in articles:
        groups = list(packed(sentences))
        if not groups:
            continue
        scores, lengths = model.scores([[sentences[s][t] for s, t in group] for group in groups])
        found: list[list[str]] = [[] for _ in sentences]
        for group, path in zip(groups, network.best_tags(model.weights, scores, lengths), strict=True):
            for (sentence, _), tag in zip(group, path, strict=False):  # the path is padded
                found[sentence].append(model.tags[tag])
        yield list(zip(sentences, found, strict=True))
