"""config/entities/*.yaml → entities, with every fault named by file and line.

A file says its `kind`, optionally `country`, `traits`, and the `columns` of its lines; then `entities` (or `groups` of
them by country): one line an entity, its id and its columns parted by `|`, several names parted by `;`:

    joe-biden: جو بايدن; جوزيف بايدن; بايدن | Joe Biden | us

Where a file has no Latin name it is made of the id. A name that begins with `~` is a short form that counts only where
the full name stands in the same article (~كيم).
Which reading an ambiguous name has is said in ambiguous.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml

from workers.errors import Fault, UserError
from workers.model import Entity
from workers.settings import MAX_YAML_BYTES, read_yaml

KINDS = ("person", "organisation", "place", "event", "other")
COLUMNS = ("names", "latin", "country", "nisba", "wikidata", "note")
NOT_CATALOGUES = ("ambiguous.yaml", "wikidata.yaml", "words.yaml")
ARAB_STATES = frozenset(
    ["ae", "bh", "dj", "dz", "eg", "iq", "jo", "km", "kw", "lb", "ly", "ma", "mr", "om", "ps", "qa", "sa", "sd", "so"]
) | {"sy", "tn", "ye"}
"""Names of their people are written in Arabic, never transliterated: no spelling variants are generated for them."""

Yaml: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's safe loader where the wheel has it: a tenth of the start-up time. Faults are named by `read_yaml`."""
_ODD = re.compile(rb"(?:^|[\s\[{,])&\S|(?:[-?:] ){20}|\n {100}")
"""An anchor, without which there is no alias; and what nests deeply without brackets."""
_DEEPEST = 50
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


@dataclass(frozen=True, slots=True)
class Source:
    """An entity with what matching needs beyond `Entity`."""

    entity: Entity
    names: tuple[str, ...]
    shorts: tuple[str, ...]
    nisba: tuple[str, ...]
    foreign: bool
    file: str
    cued: bool = False
    """A name that counts only behind a word that says what it is (مدينة, "city")."""


def read_sources(folder: Path) -> list[Source]:
    """Every entity of the folder's catalogue files; raises `UserError` with every fault."""
    found: list[Source] = []
    faults: list[Fault] = []
    seen: dict[str, str] = {}
    for path in sorted(p for p in folder.glob("*.yaml") if p.name not in NOT_CATALOGUES):
        for source in _read_file(path, faults):
            if source.entity.id in seen:
                problem = f"id {source.entity.id} stands in {seen[source.entity.id]} too"
                faults.append(Fault(_place(path, source.entity.id), problem, "join the lines or rename one"))
            seen[source.entity.id] = path.name
            found.append(source)
    if faults:
        raise UserError(faults)
    return found


def read_wikidata(folder: Path) -> dict[str, str]:
    """Entity id → Wikidata id, of every part of wikidata.yaml (a part is one origin of the ids)."""
    path = folder / "wikidata.yaml"
    parts = load_yaml(path) if path.is_file() else {}
    return {str(key): str(number) for part in parts.values() for key, number in part.items()}


def is_native(country: str) -> bool:
    """Whether names from there are written in Arabic, not transliterated."""
    return country in ARAB_STATES


def load_yaml(path: Path) -> Any:
    """The value of a YAML file, quickly; raises `UserError` naming file and line.

    What may hurt the quick loader (size, anchors, and nesting, which ends the process) is left to `read_yaml`.
    """
    try:
        raw = path.read_bytes()
        if len(raw) <= MAX_YAML_BYTES and not _ODD.search(raw) and _depth(raw) < _DEEPEST:
            return yaml.load(raw, Loader=Yaml)  # noqa: S506 - a safe loader in both cases
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        pass  # told by the careful reader, with its line
    return read_yaml(path).value


def _depth(raw: bytes) -> int:
    """How deeply brackets nest, those in quoted text counted too."""
    brackets = raw.translate(None, _NO_BRACKETS)
    return max(accumulate(1 if bracket in b"[{" else -1 for bracket in brackets), default=0)


def _read_file(path: Path, faults: list[Fault]) -> Iterator[Source]:
    document = load_yaml(path)
    if not isinstance(document, dict) or document.get("kind") not in KINDS:
        faults.append(Fault(str(path), "must say its kind", f"one of {', '.join(KINDS)}"))
        return
    columns = tuple(document.get("columns", ("names", "latin", "country")))
    if unknown := set(columns) - set(COLUMNS):
        faults.append(Fault(str(path), f"unknown column {', '.join(sorted(unknown))}", f"known: {', '.join(COLUMNS)}"))
        return
    groups = {document.get("country", ""): document.get("entities") or {}, **(document.get("groups") or {})}
    for country, lines in groups.items():
        for key, line in lines.items():
            cells = dict(zip(columns, (cell.strip() for cell in str(line).split("|")), strict=False))
            cells["country"] = cells.get("country") or ("" if country == "other" else str(country))
            yield _entity(str(key), cells, document, path.name)


def _entity(key: str, cells: dict[str, str], document: dict[str, Any], file: str) -> Source:
    written = _listed(cells.get("names", ""))
    names = tuple(name for name in written if not name.startswith("~"))
    country = cells["country"]
    entity = Entity(
        id=key,
        kind=document["kind"],
        name=names[0] if names else "",
        latin=cells.get("latin") or key.replace("-", " ").title(),
        aliases=names[1:],
        wikidata=cells.get("wikidata", ""),
        country=country,
        note=cells.get("note", ""),
    )
    shorts = tuple(name[1:].strip() for name in written if name.startswith("~"))
    traits = document.get("traits", ())
    native = "native" in traits or (is_native(country) and "foreign" not in traits)
    return Source(entity, names, shorts, _listed(cells.get("nisba", "")), not native, file, "cued" in traits)


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _place(path: Path, key: str) -> str:
    document = read_yaml(path)
    return document.place(("entities", key))
