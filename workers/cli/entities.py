"""`rasid entities`: search, show and check the catalogue of names, and what a person adds to it."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from workers.cli.candidates import accept, candidates, merge, overlay_path, reject
from workers.errors import Fault, UserError
from workers.model import Entity, as_dict
from workers.settings import settings
from workers.tag.catalogue import Catalogue
from workers.tag.check import check as check_catalogue


@click.group()
def command() -> None:
    """The catalogue of names (config/entities, and entities.yaml in the data folder).

    \b
    Example:
      rasid entities candidates
    """


for _further in (candidates, accept, reject, merge):
    command.add_command(_further)


@command.command()
@click.argument("name")
@click.option("--limit", default=20, show_default=True, help="At most so many entities.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list.")
def search(name: str, limit: int, as_json: bool) -> None:
    """Entities whose name (Arabic or Latin) or id contains NAME; exact names first.

    \b
    Example:
      rasid entities search الأطلسي
    """
    found = _catalogue().search(name)[:limit]
    if as_json:
        click.echo(json.dumps([as_dict(entity) for entity in found], ensure_ascii=False))
        return
    for line in _lines(found):
        click.echo(line)


@command.command()
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="A JSON object.")
def show(id: str, as_json: bool) -> None:  # noqa: A002 - the argument's name in help
    """Everything that is known of the entity ID.

    \b
    Example:
      rasid entities show nato
    """
    catalogue = _catalogue()
    entity = catalogue.entity(id)
    if entity is None:
        near = ", ".join(e.id for e in catalogue.search(id)[:5])
        raise UserError(Fault(id, "is not in the catalogue", f"near: {near}" if near else "see rasid entities search"))
    if as_json:
        click.echo(json.dumps(as_dict(entity), ensure_ascii=False))
        return
    for key, value in as_dict(entity).items():
        if value:
            click.echo(f"{key:10} {'; '.join(value) if isinstance(value, list) else value}")


@command.command()
def check() -> None:
    """Read every catalogue file and name what is wrong: doubled names, names that the matcher does not reach.

    \b
    Example:
      rasid entities check
    """
    found = settings()
    size = check_catalogue(found.config_dir, found.tag, overlay_path(found))
    click.echo(f"{size.entities} entities, {size.names} names: no fault")


def _catalogue() -> Catalogue:
    config = settings()
    return Catalogue.load(config.config_dir / "entities", overlay_path(config))


def _lines(entities: Iterable[Entity]) -> Iterable[str]:
    for entity in entities:
        where = f" ({entity.country})" if entity.country else ""
        yield f"{entity.id}  {entity.kind}{where}  {entity.name}  {entity.latin}".rstrip()
