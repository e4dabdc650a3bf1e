"""Faults of the catalogue: names that two entities bear without a rule, rules that name nobody, names out of reach."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.errors import Fault, UserError
from workers.settings import TagSettings
from workers.tag.catalogue import Catalogue
from workers.tag.context import rules
from workers.tag.sources import read_wikidata
from workers.tag.tagger import Tagger
from workers.tag.text import Text, name_key


@dataclass(frozen=True, slots=True)
class Size:
    """How large a sound catalogue is."""

    entities: int
    names: int


def check(config_dir: Path, settings: TagSettings, overlay: Path | None = None) -> Size:
    """The catalogue's size; raises `UserError` with every fault of its files."""
    tagger = Tagger.load(config_dir, settings, overlay=overlay)
    catalogue = tagger.catalogue
    readings = dict(rules(catalogue.words["ambiguous"]))
    faults = [*_doubled(catalogue, set(map(name_key, readings))), *_rules(catalogue, readings), *_unreachable(tagger)]
    faults += _numbers(catalogue, read_wikidata(config_dir / "entities"))
    if faults:
        raise UserError(faults)
    return Size(len(catalogue), sum(len(source.names) for source in catalogue.sources()))


def _doubled(catalogue: Catalogue, ruled: set[str]) -> Iterator[Fault]:
    bearers: dict[str, set[str]] = {}
    for source in catalogue.sources():
        for name in source.names:
            bearers.setdefault(name_key(name), set()).add(source.entity.id)
    for name, ids in bearers.items():
        if len(ids) > 1 and name not in ruled:
            yield Fault(
                "config/entities", f"{name} names {', '.join(sorted(ids))}", "give it readings in ambiguous.yaml"
            )


def _rules(catalogue: Catalogue, readings: dict[str, list[dict[str, Any]]]) -> Iterator[Fault]:
    for name, rows in readings.items():
        for row in rows:
            entity = row.get("entity")
            if entity is not None and catalogue.entity(str(entity)) is None:
                yield Fault(
                    f"ambiguous.yaml: {name}", f"names the unknown entity {entity}", "see rasid entities search"
                )


def _numbers(catalogue: Catalogue, numbers: dict[str, str]) -> Iterator[Fault]:
    for id_, number in numbers.items():
        if catalogue.entity(id_) is None:
            yield Fault(f"wikidata.yaml: {id_}", "is not in the catalogue", "see rasid entities search")
        if not re.fullmatch("Q[1-9][0-9]*", number):
            yield Fault(f"wikidata.yaml: {id_}", f"{number} is no Wikidata id", "Q and digits")
    bearers = Counter(entity.wikidata for entity in catalogue if entity.wikidata)
    for number in [number for number, count in bearers.items() if count > 1]:
        yield Fault("wikidata.yaml", f"{number} is the id of several entities", "keep it where it is sure")


def _unreachable(tagger: Tagger) -> Iterator[Fault]:
    for source in tagger.catalogue.sources():
        if not source.names:
            yield Fault(source.file, f"{source.entity.id} has no name", "write its Arabic name first")
        for name in source.names:
            match = next(iter(tagger.lexicon.matches(Text(name))), None)
            if match is None or match.meaning.key != name_key(name):
                yield Fault(source.file, f"{source.entity.id}: {name} is not found by the matcher", "check its letters")
