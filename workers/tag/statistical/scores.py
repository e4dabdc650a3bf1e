"""Strict scores of names in tokens: span and label must both agree. As CoNLL counts, micro over all labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

Span = tuple[int, int, int, str]
"""Sentence, first token, last token (exclusive), label."""


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of 1; `low` and `high` bound the middle 95 % of F1 over sentences drawn again with replacement."""

    label: str
    precision: float
    recall: float
    f1: float
    low: float
    high: float
    wanted: int


def gold_spans(tags: Sequence[Sequence[str]]) -> set[Span]:
    """The spans of BIO tags; an I that continues nothing begins a name, as in the shared task's script."""
    found: list[Span] = []
    for sentence, row in enumerate(tags):
        for place, tag in enumerate(row):
            last = found[-1] if found else None
            if tag[0] == "I" and last and (last[0], last[2], last[3]) == (sentence, place, tag[2:]):
                found[-1] = (sentence, last[1], place + 1, tag[2:])
            elif tag != "O":
                found.append((sentence, place, place + 1, tag[2:]))
    return set(found)


def compare(gold: set[Span], found: set[Span], sentences: int, *, draws: int = 1000) -> list[Score]:
    """A row for each label of `gold`, then one for all."""
    labels = sorted({span[3] for span in gold})
    rows = [({s for s in gold if s[3] == x}, {s for s in found if s[3] == x}, x) for x in labels]
    return [_score(*row, sentences, draws) for row in (*rows, (gold, found, "all"))]


def _score(gold: set[Span], found: set[Span], label: str, sentences: int, draws: int) -> Score:
    counts = np.stack([_by_sentence(spans, sentences) for spans in (gold & found, found, gold)], axis=1)
    chosen = np.random.default_rng(1).integers(0, sentences, (draws, sentences))
    drawn = [_f1(counts[sample].sum(axis=0)) for sample in chosen]
    right, ours, wanted = (int(n) for n in counts.sum(axis=0))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Score(
        label, right / max(ours, 1), right / max(wanted, 1), _f1(counts.sum(axis=0)), float(low), float(high), wanted
    )


def _by_sentence(spans: Iterable[Span], sentences: int) -> np.ndarray:
    counts = Counter(span[0] for span in spans)
    return np.array([counts[number] for number in range(sentences)])


def _f1(counts: np.ndarray) -> float:
    right, ours, wanted = counts
    return float(2 * right / (ours + wanted)) if ours + wanted else 0.0
