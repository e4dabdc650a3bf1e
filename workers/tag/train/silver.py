"""Unlabelled articles tagged by models: sentences to learn from, and what each word tends to be (the lexicon)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from workers.tag.statistical import network
from workers.tag.statistical.forms import read
from workers.tag.statistical.model import Model, packed
from workers.tag.train.corpus import Sentence

LEAST = 5
"""Times a word must be tagged before the lexicon says anything of it."""


def tagged(models: Sequence[Model], articles: Iterable[list[list[str]]]) -> Iterator[list[Sentence]]:
    """Each article's sentences with the tags that the models' mean scores give."""
    weights, tags = mean_crf(models), models[0].tags
    for sentences in articles:
        groups = list(packed(sentences))
        if not groups:
            continue
        tokens = [[sentences[s][t] for s, t in group] for group in groups]
        every = [model.scores(tokens) for model in models]
        paths = network.best_tags(weights, np.mean([scores for scores, _ in every], axis=0), every[0][1])
        found: list[list[str]] = [[] for _ in sentences]
        for group, path in zip(groups, paths, strict=True):
            for (sentence, _), tag in zip(group, path, strict=False):  # the path is padded
                found[sentence].append(tags[tag])
        yield list(zip(sentences, found, strict=True))


def mean_crf(models: Sequence[Model]) -> dict[str, network.Array]:
    """Transitions, beginnings and ends, averaged over the models."""
    return {
        name: np.mean([model.weights[name] for model in models], axis=0) for name in ("transitions", "begin", "end")
    }


def lexicon(sentences: Iterable[Sentence], keys: Sequence[str], counts: np.ndarray, tags: Sequence[str]) -> np.ndarray:
    """(keys, tags) as uint8: the share of a key's occurrences that carry each tag, of 255; zeros for rare keys."""
    known = dict(zip(keys, counts.tolist(), strict=True))
    place = {key: number for number, key in enumerate(keys)}
    number_of = {tag: number for number, tag in enumerate(tags)}
    forms: dict[str, str] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        seen.update(zip(*sentence, strict=True))
    found = np.zeros((len(keys), len(tags)), np.float64)
    for (token, tag), times in seen.items():
        key = forms.get(token) or forms.setdefault(token, read(token, known).key)
        if key in place:
            found[place[key], number_of[tag]] += times
    total = found.sum(axis=1, keepdims=True)
    shares = np.where(total >= LEAST, found / np.maximum(total, 1), 0)
    return np.round(shares * 255).astype(np.uint8)
