"""What an article is about, as a few weighted terms: by them reports of one event in different words are found.

Title and lead count, for they say what happened; names, numbers and rare words weigh most, by how rare their stems are
in Arabic news. The terms come from the text alone and from fixed counts, so that the same text always has the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import xxhash

from workers.arabic.frequency import rarity, stem
from workers.settings import DedupeSettings

COMMON = 1.5
"""Rarity of a stem in more than a fifth of all articles: it tells nothing."""
FULL = 255


def terms(
    title: Sequence[str], body: Sequence[str], settings: DedupeSettings, entities: Sequence[str] = ()
) -> tuple[tuple[int, int], ...]:
    """The weightiest terms of an article's words (exact forms) and of the entities that it is about, heaviest first:
    32-bit hash and weight 1..255 relative to the heaviest."""
    counts: Counter[str] = Counter()
    for key in title:
        counts[stem(key)] += settings.title_weight
    for key in body[: settings.lead_words]:
        counts[stem(key)] += 1
    weights = {s: math.log1p(n) * r for s, n in counts.items() if (r := rarity(s)) > COMMON}
    weights |= {f"={id_}": settings.entity_weight for id_ in entities}
    heaviest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[: settings.terms]
    if not heaviest:
        return ()
    unit = heaviest[0][1] / FULL
    return tuple((xxhash.xxh32_intdigest(s.encode()), max(1, round(w / unit))) for s, w in heaviest)


def cosine(one: Mapping[int, int], other: Mapping[int, int], lengths: float) -> float:
    """Likeness 0..1 of two term vectors; `lengths`: the product of theirs."""
    return sum(one[term] * other[term] for term in one.keys() & other.keys()) / lengths if lengths else 0.0


def length(vector: Mapping[int, int]) -> float:
    """The Euclidean length of a term vector."""
    return math.sqrt(sum(w * w for w in vector.values()))
