"""How rare a word is in Arabic news: what it tells about the event that a text is about."""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files

from workers.arabic.analysis import light10

UNLISTED = 5
"""Articles assumed to hold a stem that the list (20 and more) does not name."""


@cache
def _counts() -> tuple[int, dict[str, int]]:
    lines = files("workers.arabic").joinpath("frequencies.txt").read_text("utf-8").splitlines()
    rows = [line.split(" ") for line in lines if not line.startswith("#")]
    found = {stem: int(count) for stem, count in rows}
    return found.pop("articles"), found


def rarity(stem: str) -> float:
    """Inverse document frequency of a light10 stem: 0 in every article, 8.3 for a word seen in none."""
    total, counts = _counts()
    return math.log(total / (1 + counts.get(stem, UNLISTED)))


def stem(key: str) -> str:
    """The stem that the counts are of, for a word's exact form."""
    return light10(key)


def known(stem: str) -> bool:
    """Whether a light10 stem stands in 20 of the 20,000 articles or more."""
    return stem in _counts()[1]
