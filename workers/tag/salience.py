"""What an article is about, as against what it only mentions: title, lede and frequency."""

from __future__ import annotations

from collections.abc import Iterable

from workers.model import Cleaned, Mention

TITLE, LEDE, BODY = 50, 25, 5
"""Hundredths for standing in the title, in the first paragraph, and for each mention up to MOST_MENTIONS."""
MOST_MENTIONS = 5
ABOUT = 40
"""In the title, or in the lede and three more times."""


def about(mentions: Iterable[Mention], cleaned: Cleaned) -> tuple[str, ...]:
    """The ids of the entities that the article is about, the most salient first."""
    lede = len(cleaned.paragraphs[0].text) if cleaned.paragraphs else 0
    counts: dict[str, int] = {}
    title: set[str] = set()
    first: set[str] = set()
    for entity, _, _, field, _, end, _ in mentions:
        if entity is None or field == "byline":
            continue
        counts[entity] = counts.get(entity, 0) + 1
        if field == "title":
            title.add(entity)
        elif field == "subtitle" or (field == "body" and end <= lede):
            first.add(entity)
    scores = {
        entity: TITLE * (entity in title) + LEDE * (entity in first) + BODY * min(count, MOST_MENTIONS)
        for entity, count in counts.items()
        if entity in title or entity in first
    }
    salient = [entity for entity, score in scores.items() if score >= ABOUT]
    return tuple(sorted(salient, key=scores.__getitem__, reverse=True))
