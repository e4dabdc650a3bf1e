"""Whether a series grows: Theil and Sen's slope with its distribution-free interval (Sen, JASA 63, 1968). Pure.

Samples of one process hang together from second to second, which would make any interval too narrow: they are taken
together to medians of blocks first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import NormalDist, median

CONFIDENCE = 0.99
BLOCKS = 24
"""Medians that a series is reduced to, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """Units an hour; `least` and `most` hold the true slope with `CONFIDENCE`."""

    level: float
    """Median of the series."""
    slope: float
    least: float
    most: float
    hours: float
    """Length of the series."""

    def grows(self, allowed: float) -> bool:
        """Whether the series grew by more than `allowed` units from its start to its end, at `CONFIDENCE`."""
        return self.least * self.hours > allowed


def slope_of(samples: Sequence[tuple[float, float]]) -> Slope | None:
    """The slope of (seconds, value) samples in order of time; None for fewer than 8 samples."""
    if len(samples) < 8:
        return None
    points = blocks(samples, min(BLOCKS, len(samples)))
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) * 3600 for a, b in combinations(points, 2))
    least, most = _interval(slopes, len(points))
    seconds = samples[-1][0] - samples[0][0]
    level = median(value for _, value in samples)
    return Slope(level=level, slope=median(slopes), least=least, most=most, hours=seconds / 3600)


def blocks(samples: Sequence[tuple[float, float]], number: int) -> list[tuple[float, float]]:
    """`number` medians of neighbouring samples, in order."""
    edges = [round(i * len(samples) / number) for i in range(number + 1)]
    parts = [samples[a:b] for a, b in pairwise(edges)]
    return [(median(t for t, _ in part), median(v for _, v in part)) for part in parts]


def _interval(slopes: Sequence[float], points: int) -> tuple[float, float]:
    """Sen's interval: so many of the sorted slopes are cut off at both ends, by the variance of Kendall's S."""
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    c = z * (points * (points - 1) * (2 * points + 5) / 18) ** 0.5
    cut = int((len(slopes) - c) / 2)
    return (slopes[cut], slopes[-1 - cut]) if cut >= 0 else (float("-inf"), float("inf"))
