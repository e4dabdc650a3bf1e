"""What a mistyped word was meant to be: the index's own words a slip or two away, the likeliest first.

Slips between letters that sound alike or stand for one another in hasty spelling cost half, and so does a letter typed
twice; a vowel more or less costs three quarters. A nearer word beats a
commoner one unless that is very much commoner: a slip costs as much as a factor of twenty in articles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from workers.arabic.querywords import CONFUSED
from workers.ports import NearWord

SLIP = math.log(20)
HALF = 0.5
SHORTEST = 4
"""Letters of a word that is worth a guess; of three letters nearly everything is near."""
TWO_SLIPS = 7
"""Letters from which two slips are believed."""


_LIGHT = {"ا": 0.75, "و": 0.75, "ي": 0.75, "ء": 0.25}
"""Long vowels, and the hamza that has no letter to sit on: what writers put in or leave out most."""


def slips_allowed(word: str) -> int:
    """How many edits away the word that was meant may be."""
    return 0 if len(word) < SHORTEST else 1 if len(word) < TWO_SLIPS else 2


def likeliest(word: str, found: Iterable[NearWord]) -> str | None:
    """The word that was meant, or None: it must stand in more articles than `word` does, three at least.

    One that only half a slip parts from `word` is the same word to many writers: it goes before all commoner ones.
    """
    known = {near.word: near.articles for near in found}
    own = known.get(word, 0)
    scored = []
    for near, articles in known.items():
        if near != word and articles >= max(3, 3 * own):
            apart = slips(word, near)
            scored.append((apart <= HALF, math.log(articles) - SLIP * apart, near))
    return max(scored)[2] if scored else None


def slips(one: str, other: str) -> float:
    """Optimal string alignment: confused letters cost half, the first letter, which people see, one and a half."""
    rows: list[list[float]] = [[float(j) for j in range(len(other) + 1)]]
    for i, a in enumerate(one, 1):
        row = [float(i)]
        for j, b in enumerate(other, 1):
            swap = 0.0 if a == b else _cost(a, b, CONFUSED) * (1.5 if i == j == 1 else 1)
            again = 0.5 if i > 1 and a == one[i - 2] else _LIGHT.get(a, 1.0)  # typed twice
            best = min(row[j - 1] + _LIGHT.get(b, 1.0), rows[i - 1][j] + again, rows[i - 1][j - 1] + swap)
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, rows[i - 2][j - 2] + 0.75)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def _cost(a: str, b: str, confused: Mapping[str, str]) -> float:
    return 0.5 if confused.get(a, a) == confused.get(b, b) else 1.0
