"""Articles and rules that the tests of this room share; every sentence is ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from workers.arabic.analysis import Analyzer
from workers.model import AlertRule, Article, Credit, Mention, Paragraph

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

LEXICON = {
    "للناتو": "ناتو",
    "بموسكو": "موسكو",
    "وبموسكو": "موسكو",
    "لاوكرانيا": "اوكرانيا",
    "والصين": "صين",
    "الصين": "صين",
    "وزير": "وزير",
    "وزاره": "وزاره",
}
"""A few clitic cuts, as the real lexicon makes them."""


def analyzer() -> Analyzer:
    """An analyser whose lexicon the tests know."""
    return Analyzer(
        name="test", lexicon=LEXICON, stop_words=("في", "من", "على", "الى", "و"), variants={"ترمب": "ترامب"}
    )


def article(*paragraphs: str, **changes: Any) -> Article:
    """An article with these paragraphs."""
    base = Article(
        id="a1",
        url="https://marfa.example/1",
        canonical_url="https://marfa.example/1",
        outlet="marfa",
        country="eg",
        title="قمة في المدينة",
        paragraphs=tuple(Paragraph(text) for text in paragraphs),
        credit=Credit(agency="afp", text="أ ف ب"),
        published=NOW,
        first_seen_at=NOW,
        updated_at=NOW,
    )
    return replace(base, **changes)


def mention(surface: str, text: str, *, kind: str = "place", entity: str | None = None, field: str = "body") -> Mention:
    """The first place of `surface` in `text`."""
    start = text.index(surface)
    return Mention(entity=entity, kind=kind, surface=surface, field=field, start=start, end=start + len(surface))


def rule(query: str, **changes: Any) -> AlertRule:
    """A rule with this query."""
    return replace(AlertRule(id="r1", query=query, channels=("desk",)), **changes)
