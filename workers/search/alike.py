"""Articles like one that a reader has found: they share the words that tell what it is about.

Words weigh by how often they stand in the article (its title counts more) and how rare they are in Arabic news
(`workers.arabic.frequency`). The index is asked for articles with at least two of the heaviest; those are put in order
by the cosine of all their weights (Salton's vector space), so that both indexes give the same order.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import combinations

from workers.arabic import frequency
from workers.arabic.analysis import Analyzer
from workers.model import Article
from workers.ports import Hit
from workers.search.tree import DEFAULT_FIELDS, And, Query, Sequence, any_of

TELLING = 10
"""Words that the index is asked for; pairs of them make 45 questions."""
CANDIDATES = 100
"""Articles that are compared word for word."""
LEAST = 0.08
"""Cosine under which two articles have no more in common than their language."""
TITLE, LEDE = 3, 1
"""How many times more a word of the title and of the first paragraph counts."""

Weights = Mapping[str, float]


@cache
def _rarity(stem: str) -> float:
    return max(0.0, frequency.rarity(frequency.stem(stem)))


def weights(article: Article, analyzer: Analyzer) -> Weights:
    """Stem → weight; the squares add up to 1."""
    counts: Counter[str | None] = Counter(analyzer.stems(article.body))
    for text, times in ((article.title, TITLE), (article.paragraphs[0].text if article.paragraphs else "", LEDE)):
        for stem in analyzer.stems(text):
            counts[stem] += times
    found = {s: (1 + math.log(n)) * _rarity(s) for s, n in counts.items() if s is not None and not s.isdecimal()}
    length = math.sqrt(sum(weight * weight for weight in found.values())) or 1.0
    return {stem: weight / length for stem, weight in found.items()}


def question(known: Weights) -> Query:
    """What finds articles with two of the heaviest words, as a resolved tree."""
    heaviest = sorted(known, key=lambda stem: (-known[stem], stem))[:TELLING]
    words = [Sequence(DEFAULT_FIELDS, "stem", ((stem, 0),)) for stem in heaviest]
    pairs: list[Query] = [And(pair) for pair in combinations(words, 2)]
    return any_of(pairs or [*words])


def closest(article: Article, known: Weights, found: Iterable[Hit], analyzer: Analyzer) -> list[Hit]:
    """The hits by likeness, best first, with the cosine as score; without the article itself and what is unlike it."""
    scored = []
    for hit in found:
        theirs = weights(hit.article, analyzer)
        cosine = sum(weight * theirs.get(stem, 0.0) for stem, weight in known.items())
        if hit.article.id != article.id and cosine >= LEAST:
            scored.append(replace(hit, score=cosine))
    return sorted(scored, key=lambda hit: (-hit.score, hit.article.id))
