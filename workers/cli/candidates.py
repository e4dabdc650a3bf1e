"""`rasid entities candidates / accept / reject / merge`: names of the flow that become entities by a person's word."""

from __future__ import annotations

import re
from pathlib import Path

import click

from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.model import Entity, as_dict
from workers.settings import Settings, settings
from workers.store import open_redis
from workers.store.candidates import Candidate, RedisCandidates
from workers.tag import Catalogue, Tagger
from workers.tag.overlay import FILE, Overlay
from workers.tag.sources import KINDS

_ALIAS_FROM = 2
"""Articles from which a further spelling of an accepted name becomes an alias: rarer ones may be slips of the pen."""
_TAKEN_UP = "Workers take it up with the next article; search and alert rules when they start again."


@click.command()
@click.option("--limit", default=30, show_default=True, help="Names.")
@click.option("--least", default=2, show_default=True, help="Articles that a name must stand in.")
@json_option
def candidates(*, limit: int, least: int, as_json: bool) -> None:
    """Names that articles hold and the catalogue does not, by number of articles, with spellings and outlets.

    \b
    Example:
      rasid entities candidates --least 3
    """
    config = settings()
    tagger, own = _tagger(config), Overlay.load(overlay_path(config))
    ruled = {tagger.cluster(name) for name in own.rejected}
    found = [
        candidate
        for candidate in _store(config).top(limit + len(ruled), least=least)
        if candidate.cluster not in ruled and not tagger.catalogue.find(candidate.name)
    ][:limit]
    if as_json:
        print_json([{**as_dict(candidate), "name": candidate.name} for candidate in found])
        return
    out = console()
    for candidate in found:
        others = "; ".join(f"{spelling} {count}" for spelling, count in candidate.spellings[1:4])
        where = ", ".join(candidate.outlets[:4])
        out.print(
            f"{candidate.articles:>5}  {candidate.kind:<12} {candidate.name}" + (f" ({others})" if others else "")
        )
        out.print(f"{'':>5}  {where}; rasid show {' '.join(candidate.examples[:2])}")
    if not found:
        out.print("no candidate: names are gathered while articles are made")


@click.command()
@click.argument("name")
@click.option("--as", "known", default="", help="NAME is another name of this entity.")
@click.option("--id", "id_", default="", help="Of the new entity; by default made of the Latin name.")
@click.option("--kind", type=click.Choice(KINDS), help="By default what the candidate was found as.")
@click.option("--latin", default="", help="Its name in Latin letters.")
@click.option("--country", default="", help="ISO 3166-1 alpha-2, lower case.")
@click.option("--wikidata", default="", help="Its Wikidata id (Q and digits).")
@click.option("--alias", "aliases", multiple=True, help="A further name; may be repeated.")
@click.option("--note", default="")
def accept(
    name: str,
    known: str,
    id_: str,
    kind: str | None,
    latin: str,
    country: str,
    wikidata: str,
    aliases: tuple[str, ...],
    note: str,
) -> None:
    """Make NAME an entity of your own, or with --as a further name of one that is known.

    Spellings that were gathered with it become aliases. Your entities stand in the data folder (entities.yaml).

    \b
    Examples:
      rasid entities accept "سيباستيان كورتس" --latin "Sebastian Kurz" --country at
      rasid entities accept "حلف الناتو" --as nato
    """
    config = settings()
    tagger, store = _tagger(config), _store(config)
    cluster = tagger.cluster(name)
    gathered = store.get(cluster)
    names = _names(name, aliases, gathered)
    own = Overlay.load(overlay_path(config))
    taken = {n: e.id for n in names for e in tagger.catalogue.find(n) if e.id != tagger.catalogue.resolve(known)}
    if taken:
        faults = [Fault(n, f"is a name of {id_} already", f"--as {id_}, or another name") for n, id_ in taken.items()]
        raise UserError(faults)
    if known:
        id_ = _known(tagger, known).id
        changed = own.with_aliases(id_, names)
    else:
        entity = _new_entity(tagger, names, id_, kind or (gathered.kind if gathered else None), latin)
        id_ = entity.id
        entity = Entity(
            id=id_, kind=entity.kind, name=entity.name, latin=latin, aliases=entity.aliases,
            wikidata=_wikidata(wikidata), country=country, note=note,
        )  # fmt: skip
        changed = own.with_entity(entity)
    _save(config, changed)
    store.forget([cluster])
    click.echo(f"{id_}: {'; '.join(names)}. {_TAKEN_UP}")


@click.command()
@click.argument("name")
def reject(name: str) -> None:
    """Do not offer NAME again: it is no name, or nobody that matters.

    \b
    Example:
      rasid entities reject "سعيد حظ"
    """
    config = settings()
    _save(config, Overlay.load(overlay_path(config)).without(name))
    _store(config).forget([_tagger(config).cluster(name)])
    click.echo(f"{name}: will not be offered again")


@click.command()
@click.argument("old")
@click.argument("new")
def merge(old: str, new: str) -> None:
    """Join the entity OLD into NEW: its names go along, and its id goes on to name NEW.

    Articles keep the id that they were indexed with; searching for NEW finds both. `rasid reprocess --stage tag`
    gives them the new one.

    \b
    Example:
      rasid entities merge sebastian-kurz-2 sebastian-kurz
    """
    config = settings()
    tagger = _tagger(config)
    gone, kept = _known(tagger, old), _known(tagger, new)
    if gone.id == kept.id:
        raise UserError(Fault(old, f"is {kept.id} already"))
    if gone.kind != kept.kind:
        raise UserError(Fault(old, f"is a {gone.kind}, {kept.id} a {kept.kind}", "only one kind can be one entity"))
    _save(config, Overlay.load(overlay_path(config)).with_merge(gone.id, kept.id))
    click.echo(f"{gone.id} is {kept.id} from now on. {_TAKEN_UP}")


def overlay_path(config: Settings) -> Path:
    """Where the operator's own entities stand."""
    return config.data / FILE


def _store(config: Settings) -> RedisCandidates:
    return RedisCandidates(open_redis(config), config.redis.prefix)


def _tagger(config: Settings) -> Tagger:
    return Tagger.load(config.config_dir, config.tag, overlay=overlay_path(config))


def _save(config: Settings, changed: Overlay) -> None:
    """Write the overlay if the catalogue can be loaded with it; else say what is wrong and keep the old one."""
    path = overlay_path(config)
    trial = path.with_suffix(".trial")
    changed.save(trial)
    try:
        Catalogue.load(config.config_dir / "entities", trial)
    finally:
        trial.unlink()
    changed.save(path)


def _names(name: str, aliases: tuple[str, ...], gathered: Candidate | None) -> list[str]:
    further = [spelling for spelling, count in gathered.spellings if count >= _ALIAS_FROM] if gathered else []
    return list(dict.fromkeys((name, *aliases, *further)))


def _known(tagger: Tagger, id_: str) -> Entity:
    entity = tagger.catalogue.entity(id_)
    if entity is None:
        near = ", ".join(e.id for e in tagger.catalogue.search(id_)[:5])
        raise UserError(Fault(id_, "is not in the catalogue", f"near: {near}" if near else "see rasid entities search"))
    return entity


def _new_entity(tagger: Tagger, names: list[str], id_: str, kind: str | None, latin: str) -> Entity:
    id_ = id_ or re.sub(r"[^a-z0-9]+", "-", latin.lower()).strip("-")
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", id_):
        raise UserError(Fault("--id", "is missing, or not letters a-z, digits and -", "--latin or --id"))
    if tagger.catalogue.entity(id_) is not None:
        raise UserError(Fault(id_, "is in the catalogue already", f"--as {id_}, or another --id"))
    if kind is None:
        raise UserError(Fault("--kind", "is missing: the name was not gathered", f"one of {', '.join(KINDS)}"))
    return Entity(id=id_, kind=kind, name=names[0], aliases=tuple(names[1:]))


def _wikidata(value: str) -> str:
    if value and not re.fullmatch(r"Q[1-9][0-9]*", value):
        raise UserError(Fault("--wikidata", f"{value} is no Wikidata id", "Q and digits"))
    return value
