"""A story as a person sees it: its articles put together, and as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from workers.model import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One story."""

    id: str
    headline: str
    """Id of the article that stands for it: the fullest of those that are nobody's reprint."""
    title: str
    first: str
    """Id of the first report."""
    first_outlet: str
    since: datetime
    until: datetime
    outlets: tuple[tuple[str, datetime], ...]
    """Each outlet with the time of its first print, in order of time."""
    wire: str
    """Entity id of the agency most articles credit; empty if none does."""
    entities: tuple[str, ...]
    """The entities that most of its articles name, at most ten."""
    articles: tuple[Article, ...]
    """In order of time."""

    @property
    def texts(self) -> int:
        """How many of the articles are not reprints of another."""
        return sum(a.kinship.duplicate_of is None for a in self.articles)


def card(story: str, articles: Sequence[Article]) -> Card:
    """Put a story together from its articles (one at least, any order)."""
    ordered = sorted(articles, key=lambda a: (printed(a), a.id))
    own = [a for a in ordered if a.kinship.duplicate_of is None] or ordered
    headline = max(own, key=lambda a: len(a.body))
    outlets: dict[str, datetime] = {}
    for article in ordered:
        outlets.setdefault(article.outlet, printed(article))
    wires = Counter(a.credit.agency for a in ordered if a.credit.agency)
    named = Counter(entity for a in ordered for entity in {m.entity for m in a.mentions if m.entity})
    return Card(
        id=story,
        headline=headline.id,
        title=headline.title,
        first=ordered[0].id,
        first_outlet=ordered[0].outlet,
        since=printed(ordered[0]),
        until=printed(ordered[-1]),
        outlets=tuple(outlets.items()),
        wire=wires.most_common(1)[0][0] if wires else "",
        entities=tuple(entity for entity, _ in sorted(named.items(), key=lambda item: (-item[1], item[0]))[:10]),
        articles=tuple(ordered),
    )


def printed(article: Article) -> datetime:
    """When an article appeared: what it says, but never later than it was seen."""
    return min(article.published, article.first_seen_at) if article.published else article.first_seen_at


def card_json(found: Card) -> dict[str, object]:
    """For programs; articles by id, outlet, url, title, time and kinship."""
    return {
        "id": found.id,
        "title": found.title,
        "headline": found.headline,
        "first": {"article": found.first, "outlet": found.first_outlet},
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "outlets": [{"outlet": outlet, "at": at.isoformat()} for outlet, at in found.outlets],
        "wire": found.wire or None,
        "entities": list(found.entities),
        "articles": [
            {
                "id": a.id,
                "outlet": a.outlet,
                "url": a.url,
                "title": a.title,
                "at": printed(a).isoformat(),
                "duplicate_of": a.kinship.duplicate_of,
                "similarity": a.kinship.similarity,
                "relation": a.kinship.relation,
            }
            for a in found.articles
        ],
    }


def render_story(found: Card, *, names: Mapping[str, str] | None = None) -> str:
    """Lines for a terminal. `names`: outlet and entity ids as they are to be shown."""

    def shown(id_: str) -> str:
        return (names or {}).get(id_, id_)

    lines = [
        found.title,
        f"  {found.id}: {len(found.articles)} articles, {found.texts} texts, {len(found.outlets)} outlets,"
        f" {found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC",
        f"  first: {shown(found.first_outlet)}" + (f"; wire: {shown(found.wire)}" if found.wire else ""),
    ]
    if found.entities:
        lines.append("  about: " + ", ".join(shown(entity) for entity in found.entities))
    for article in found.articles:
        kin = article.kinship
        note = f" [{kin.relation} {kin.similarity:.0%} of {kin.duplicate_of[:8]}]" if kin.duplicate_of else ""
        mark = "*" if article.id == found.headline else " "
        lines.append(f" {mark}{printed(article):%m-%d %H:%M}  {shown(article.outlet)}: {article.title}{note}")
    return "\n".join(lines)
