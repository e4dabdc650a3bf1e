"""Scores of a clustering against labels, and TF-IDF with a threshold as what anybody would try first."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence

from workers.arabic.tokens import tokenize


def bcubed(labels: Mapping[str, Hashable], clusters: Mapping[str, Hashable]) -> tuple[float, float, float]:
    """B-cubed precision, recall and F1 (Bagga and Baldwin 1998) over the labelled items."""
    stories: defaultdict[Hashable, set[str]] = defaultdict(set)
    found: defaultdict[Hashable, set[str]] = defaultdict(set)
    for item, label in labels.items():
        stories[label].add(item)
        found[clusters[item]].add(item)
    precision = recall = 0.0
    for item, label in labels.items():
        both = len(stories[label] & found[clusters[item]])
        precision += both / len(found[clusters[item]]) / len(labels)
        recall += both / len(stories[label]) / len(labels)
    return precision, recall, f1(precision, recall)


def f1(precision: float, recall: float) -> float:
    """The harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def threshold_clusters(
    texts: Mapping[str, str], days: Mapping[str, int], thresholds: Sequence[float], *, gap: int
) -> dict[float, dict[str, str]]:
    """Plain TF-IDF: texts at most `gap` days apart whose cosine reaches the threshold are one cluster."""
    vectors = _vectors(texts)
    names = sorted(texts)
    pairs = [
        (one, other, sum(w * vectors[other].get(t, 0.0) for t, w in vectors[one].items()))
        for i, one in enumerate(names)
        for other in names[i + 1 :]
        if abs(days[one] - days[other]) <= gap
    ]
    return {least: _components(names, [(a, b) for a, b, score in pairs if score >= least]) for least in thresholds}


def _vectors(texts: Mapping[str, str]) -> dict[str, dict[str, float]]:
    counts = {name: Counter(t.key for t in tokenize(text)) for name, text in texts.items()}
    held = Counter(word for count in counts.values() for word in count)
    found = {}
    for name, count in counts.items():
        vector = {word: n * math.log(len(texts) / held[word]) for word, n in count.items()}
        length = math.sqrt(sum(w * w for w in vector.values())) or 1.0
        found[name] = {word: w / length for word, w in vector.items()}
    return found


def _components(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, str]:
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    for one, other in edges:
        parent[root(one)] = root(other)
    return {name: root(name) for name in names}
