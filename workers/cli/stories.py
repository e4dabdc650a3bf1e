"""`rasid stories`: events with all who reported them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from workers.cli.output import console, json_option, print_json
from workers.dedupe.card import Card, card, card_json, render_story
from workers.errors import Fault, UserError
from workers.search.dates import period

if TYPE_CHECKING:
    from workers.store.stories import StoryRow
    from workers.wiring import Parts


@click.command()
@click.argument("story", required=False)
@click.option("--since", default="last 1 days", show_default=True, help="With an article since then: 2023-01-29, أمس.")
@click.option("--entity", "entities", multiple=True, help="Only stories that name this entity (id or name).")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_option
def command(story: str | None, *, since: str, entities: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List the stories of late, most articles first; or show STORY with its articles in order of time.

    A story is one event: first report, who followed, the wire it came from, whom and what it is about.

    \b
    rasid stories --since 'last 3 days' --entity الناتو
    rasid stories s4dbecf903f52230b --json
    """
    from workers.settings import settings  # noqa: PLC0415 - so that --help stays quick
    from workers.wiring import Parts  # noqa: PLC0415

    parts = Parts(settings())
    if story:
        show_story(parts, story, as_json=as_json)
        return
    found = listed(parts, since, entities, limit)
    if as_json:
        print_json({"stories": [card_json(one) for one in found]})
    else:
        _print(parts, found)


def show_story(parts: Parts, story: str, *, as_json: bool) -> None:
    """Print one story by its id."""
    found = show(parts, story)
    print_json(card_json(found)) if as_json else _print(parts, [found])


def _print(parts: Parts, found: list[Card]) -> None:
    names = shown_names(parts)
    console().print("\n\n".join(render_story(one, names=names) for one in found) or "no story since then")


def show(parts: Parts, story: str) -> Card:
    """The story of an id; raises `UserError` where none is kept under it."""
    row = parts.duplicates.stories.story(story) if is_story(story) else None
    found = _card(parts, row) if row else None
    if found is None:
        raise UserError(Fault(story, "is no story of the window", "rasid stories lists them"))
    return found


def listed(parts: Parts, since: str, entities: tuple[str, ...], limit: int) -> list[Card]:
    """Stories with an article since then, most articles first, then the latest."""
    when = period(since, now=datetime.now(UTC), timezone=UTC)
    if when is None:
        raise UserError(Fault("--since", f"“{since}” is not a date", "write 2023-01-29, yesterday or 'last 7 days'"))
    find = parts.pipeline.tagger.catalogue.find
    wanted = {id_ for name in entities for id_ in [e.id for e in find(name)] or [name]}
    cards = (found for row in parts.duplicates.stories.recent(since=when[0]) if (found := _card(parts, row)))
    chosen = [one for one in cards if not wanted or wanted & set(_named(one))]
    return sorted(chosen, key=lambda one: (-len(one.articles), -one.until.timestamp()))[:limit]


def shown_names(parts: Parts) -> dict[str, str]:
    """Outlets and entities by the names that people know."""
    catalogue = parts.pipeline.tagger.catalogue
    return {**{o.id: o.name for o in parts.sources.outlets.values()}, **{e.id: e.name for e in catalogue}}


def _card(parts: Parts, row: StoryRow) -> Card | None:
    articles = [found for id_, _ in row.articles if (found := parts.index.get(id_))]
    return card(row.id, articles) if articles else None


def _named(found: Card) -> Iterator[str]:
    return (m.entity for a in found.articles for m in a.mentions if m.entity)


def is_story(text: str) -> bool:
    """Whether the text has the form of a story's id."""
    return len(text) == 17 and text.startswith("s") and all(c in "0123456789abcdef" for c in text[1:])
