"""What an article is about, as against what it only mentions: title, lede and frequency."""

from __future__ import annotations

from collections.abc import Iterable

from workers.model import Cleaned, Mention

TITLE, LEDE, BODY = 0.5, 0.25, 0.05
"""Weight of standing in the title, in the first paragraph, and of each mention up to MOST_MENTIONS."""
MOST_MENTIONS = 5
ABOUT = 0.4
"""In the title, or in the lede and three more times."""


def salience(mentions: Iterable[Mention], cleaned: Cleaned) -> dict[str, float]:
    """Entity id → 0..1, the most salient first."""
    lede = len(cleaned.paragraphs[0].text) if cleaned.paragraphs else 0
    counts: dict[str, int] = {}
    title: set[str] = set()
    first: set[str] = set()
    for mention in mentions:
        entity, field = mention.entity, mention.field
        if entity is None or field == "byline":
            continue
        counts[entity] = counts.get(entity, 0) + 1
        if field == "title":
            title.add(entity)
        elif field == "subtitle" or (field == "body" and mention.end <= lede):
            first.add(entity)
    found = {
        entity: round(TITLE * (entity in title) + LEDE * (entity in first) + BODY * min(count, MOST_MENTIONS), 3)
        for entity, count in counts.items()
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def about(mentions: Iterable[Mention], cleaned: Cleaned) -> tuple[str, ...]:
    """The entities that the article is about, the most salient first."""
    return tuple(entity for entity, score in salience(mentions, cleaned).items() if score >= ABOUT)
