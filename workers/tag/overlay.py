"""An operator's own entities, beside the catalogue that ships: accepted names, further spellings, joined identities.

One YAML file in the data folder, written by `rasid entities accept` and `merge`, read with the catalogue:

    entities:
      some-id: {kind: person, names: [اسم, اسم آخر], latin: Some Name, country: eg, wikidata: Q1, note: …}
    aliases:
      nato: [حلف الناتو]
    merged:
      old-id: new-id
    rejected: [كلمة]

An id that was merged stays known: it names the entity that it went into.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from workers.errors import Fault, UserError
from workers.model import Entity
from workers.tag.sources import KINDS, Source, is_native, load_yaml

FILE = "entities.yaml"
"""Name of the file in the data folder."""
_HEAD = "# Entities accepted and joined by `rasid entities`; loaded with config/entities. May be edited by hand.\n"


@dataclass(frozen=True, slots=True)
class Overlay:
    """The file's content."""

    entities: Mapping[str, Entity] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)
    """Old id → the id that it went into; never a chain."""
    rejected: tuple[str, ...] = ()
    """Names that are not to be offered again."""

    @classmethod
    def load(cls, path: Path | None) -> Overlay:
        """Read the file, empty where there is none; raises `UserError` with every fault."""
        if path is None or not path.is_file():
            return cls()
        document = load_yaml(path) or {}
        faults = list(_faults(path, document))
        if faults:
            raise UserError(faults)
        return cls(
            {key: _entity(key, row) for key, row in (document.get("entities") or {}).items()},
            {key: tuple(map(str, names)) for key, names in (document.get("aliases") or {}).items()},
            dict(document.get("merged") or {}),
            tuple(map(str, document.get("rejected") or ())),
        )

    def save(self, path: Path) -> None:
        """Write the file; a reader sees the old one or the new one."""
        document = {
            "entities": {key: _row(entity) for key, entity in self.entities.items()},
            "aliases": {key: list(names) for key, names in self.aliases.items()},
            "merged": dict(self.merged),
            "rejected": list(self.rejected),
        }
        text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(_HEAD + text, "utf-8")
        os.replace(fresh, path)  # noqa: PTH105 - atomic, and said so

    def with_entity(self, entity: Entity) -> Overlay:
        """A further entity."""
        return replace(self, entities={**self.entities, entity.id: entity})

    def with_aliases(self, id: str, names: Iterable[str]) -> Overlay:  # noqa: A002 - the field's name
        """Further names of a known entity."""
        kept = tuple(dict.fromkeys((*self.aliases.get(id, ()), *names)))
        return replace(self, aliases={**self.aliases, id: kept})

    def with_merge(self, old: str, new: str) -> Overlay:
        """`old` from now on names `new`; what went into `old` before goes along."""
        moved = {key: new if target == old else target for key, target in self.merged.items() if key != new}
        return replace(self, merged={**moved, old: new})

    def without(self, name: str) -> Overlay:
        """`name` is not to be offered again."""
        return replace(self, rejected=tuple(dict.fromkeys((*self.rejected, name))))

    def applied(self, sources: Iterable[Source]) -> list[Source]:
        """The catalogue's entities with this on top; raises `UserError` where an id is not known."""
        found = {source.entity.id: source for source in sources}
        faults = [
            Fault(FILE, f"entities: {key} stands in the catalogue too", "add its names under aliases")
            for key in self.entities.keys() & found.keys()
        ]
        for key, entity in self.entities.items():
            names = (entity.name, *entity.aliases)
            found[key] = Source(entity, names, (), (), foreign=not is_native(entity.country), file=FILE)
        known = found.keys()
        faults += [Fault(FILE, f"aliases: {key} is not known", "") for key in self.aliases.keys() - known]
        faults += [
            Fault(FILE, f"merged: {key} is not known", "") for key in {*self.merged, *self.merged.values()} - known
        ]
        faults += [
            Fault(FILE, f"merged: {key} is merged itself", "") for key in self.merged.values() if key in self.merged
        ]
        if faults:
            raise UserError(faults)
        for key, more in self.aliases.items():
            found[key] = _joined(found[key], more)
        for old, new in self.merged.items():
            gone = found.pop(old)
            found[new] = _joined(found[new], gone.names, gone)
        return list(found.values())


def stamp(path: Path) -> tuple[int, int] | None:
    """What changes when the file does: time and size; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _joined(source: Source, names: Iterable[str], gone: Source | None = None) -> Source:
    """`source` with further names, and with the short forms and adjectives of the entity that went into it."""
    every = tuple(dict.fromkeys((*source.names, *names)))
    entity = replace(source.entity, aliases=every[1:])
    if gone is None:
        return replace(source, entity=entity, names=every)
    entity = replace(entity, wikidata=entity.wikidata or gone.entity.wikidata)
    shorts, nisba = dict.fromkeys((*source.shorts, *gone.shorts)), dict.fromkeys((*source.nisba, *gone.nisba))
    return replace(source, entity=entity, names=every, shorts=tuple(shorts), nisba=tuple(nisba))


def _faults(path: Path, document: Any) -> Iterator[Fault]:
    if not isinstance(document, dict):
        yield Fault(str(path), "is no mapping", "move it away; rasid entities accept writes a new one")
        return
    for part in document.keys() - {"entities", "aliases", "merged", "rejected"}:
        yield Fault(f"{path}: {part}", "is not known", "entities, aliases, merged, rejected")
    for part in ("entities", "aliases", "merged"):
        if not isinstance(document.get(part) or {}, dict):
            yield Fault(f"{path}: {part}", "is no mapping")
            return
    for key, row in (document.get("entities") or {}).items():
        if not isinstance(row, dict) or row.get("kind") not in KINDS or not row.get("names"):
            yield Fault(f"{path}: entities: {key}", "needs kind and names", f"kind: one of {', '.join(KINDS)}")
        elif unknown := row.keys() - {"kind", "names", "latin", "country", "wikidata", "note"}:
            yield Fault(f"{path}: entities: {key}", f"unknown key {', '.join(sorted(unknown))}")


def _entity(key: str, row: Mapping[str, Any]) -> Entity:
    name, *aliases = map(str, row["names"])
    return Entity(
        id=key,
        kind=row["kind"],
        name=name,
        latin=str(row.get("latin") or ""),
        aliases=tuple(aliases),
        wikidata=str(row.get("wikidata") or ""),
        country=str(row.get("country") or ""),
        note=str(row.get("note") or ""),
    )


def _row(entity: Entity) -> dict[str, Any]:
    row = {
        "kind": entity.kind,
        "names": [entity.name, *entity.aliases],
        "latin": entity.latin,
        "country": entity.country,
        "wikidata": entity.wikidata,
        "note": entity.note,
    }
    return {key: value for key, value in row.items() if value}
