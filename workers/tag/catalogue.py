"""The catalogue: who and what Rasid knows by name. Read once from config/entities, then never changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from workers.arabic.fold import fold
from workers.model import Entity
from workers.tag.context import rules
from workers.tag.inflect import feminine, forms
from workers.tag.overlay import Overlay
from workers.tag.sources import Source, load_yaml, read_sources, read_wikidata
from workers.tag.spellings import Spellings
from workers.tag.text import name_key
from workers.tag.trie import Entry

STATES = "states.yaml"
"""The file whose entities have ministries."""


USUAL = 2.0
"""Nats by which the usual reading of a name leads (.88 of two): المغرب is Morocco, unless all says sunset."""


class Catalogue:
    """Entities by id and by name. Look-ups by name fold both sides."""

    def __init__(
        self, sources: Iterable[Source], words_of: dict[str, Any], merged: Mapping[str, str] | None = None
    ) -> None:
        self._sources = {source.entity.id: source for source in sources}
        self._merged = dict(merged or {})
        self.words = words_of
        """words.yaml: given names, titles, refused cuts; `common`: common_words.txt; `ambiguous`: ambiguous.yaml."""

    @classmethod
    def load(cls, folder: Path, overlay: Path | None = None) -> Catalogue:
        """Read every file of `folder` (config/entities) and the operator's own; raises `UserError` with every fault."""
        own = Overlay.load(overlay)
        numbers = read_wikidata(folder)
        sources = [_numbered(source, numbers) for source in read_sources(folder)]
        words_of = {**load_yaml(folder / "words.yaml"), "common": _lines(folder / "common_words.txt")}
        path = folder / "ambiguous.yaml"
        words_of["ambiguous"] = (load_yaml(path) if path.is_file() else None) or {}
        words_of["doubtful"] = _doubtful(words_of["ambiguous"])
        return cls(own.applied([*sources, *_offices(sources, words_of.get("offices", {}))]), words_of, own.merged)

    def __len__(self) -> int:
        return len(self._sources)

    def __iter__(self) -> Iterator[Entity]:
        return (source.entity for source in self._sources.values())

    def sources(self) -> Iterable[Source]:
        """The entities with their short forms, inflections and files."""
        return self._sources.values()

    def entity(self, id: str) -> Entity | None:  # noqa: A002 - the field's name
        """The entity of that id; of a merged id the one that it went into."""
        source = self._sources.get(self.resolve(id))
        return source.entity if source else None

    def names(self, id: str) -> tuple[str, ...]:  # noqa: A002
        """Every name of an entity that counts alone, the main one first; empty for an unknown id."""
        source = self._sources.get(self.resolve(id))
        return source.names if source else ()

    def resolve(self, id: str) -> str:  # noqa: A002
        """The id that a merged id went into; any other as it is."""
        return self._merged.get(id, id)

    def ids(self, id: str) -> tuple[str, ...]:  # noqa: A002
        """The ids under which an entity may stand in articles: its own, and those that were merged into it."""
        own = self.resolve(id)
        return (own, *(old for old, new in self._merged.items() if new == own))

    def find(self, name: str) -> list[Entity]:
        """Entities that bear `name` (Arabic or Latin), spelling variants folded."""
        ids = self._by_name.get(name_key(name), ())
        return [self._sources[i].entity for i in ids]

    def search(self, part: str) -> list[Entity]:
        """Entities one of whose names, or whose id, contains `part`; those that bear it whole come first."""
        wanted = name_key(part)
        whole = self.find(part)
        ids = {e.id for e in whole}
        found = {i for key, known in self._by_name.items() if wanted in key for i in known}
        found |= {i for i in self._sources if part.lower() in i}
        return whole + [self._sources[i].entity for i in self._sources if i in found - ids]

    def variant_groups(self) -> Iterable[tuple[str, ...]]:
        """The names of each entity that has several: what search takes for one another."""
        return (source.names for source in self._sources.values() if len(source.names) > 1)

    def lines(self) -> Iterator[tuple[str, Entry]]:
        """Every name with what it stands for: what the matcher is built from."""
        titles = frozenset(map(fold, self.words.get("titles", ())))
        adjectives = {fold(form) for source in self._sources.values() for n in source.nisba for form in forms(n)}
        never = titles | adjectives | frozenset(map(fold, self.words.get("never_alone", ())))
        spellings = Spellings(self.words)
        taken = {name for source in self._sources.values() for name in source.names}
        for source in self._sources.values():
            identity, person = source.entity.id, source.entity.kind == "person"
            foreign = source.foreign
            for name in source.names:
                own = Entry(identity, "cued" if source.cued else "name", foreign and not source.cued)
                yield name, own
                if not source.cued:
                    others = spellings.of(name, person=person, foreign=foreign)
                    yield from ((other, own) for other in others if other not in taken)
                short = surname(name, source.entity.country) if person else ""
                if short and fold(name.split()[0]) not in titles and fold(short) not in never:
                    yield short, Entry(identity, "short", foreign)
            for short in source.shorts:
                yield short, Entry(identity, "short", foreign)
            for adjective in source.nisba:
                for form in forms(adjective):
                    yield form, Entry(identity, "nisba", foreign=False)

    @cached_property
    def _by_name(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for source in self._sources.values():
            for name in (*source.names, source.entity.latin):
                if name and source.entity.id not in found.get(name_key(name), ()):
                    found[name_key(name)] = (*found.get(name_key(name), ()), source.entity.id)
        return found


def _doubtful(ambiguous: Mapping[str, Any]) -> list[str]:
    """The names that have several readings, none the usual one."""
    return [name for name, rows in rules(ambiguous) if len(rows) > 1 and not _has_usual(rows)]


def _has_usual(rows: list[dict[str, Any]]) -> bool:
    """Whether one reading, an entity, is far likelier than the others before anything else of the article is known."""
    first, second = sorted(rows, key=lambda row: -float(row.get("prior", 0)))[:2]
    return "entity" in first and float(first.get("prior", 0)) - float(second.get("prior", 0)) >= USUAL


def _numbered(source: Source, numbers: Mapping[str, str]) -> Source:
    number = numbers.get(source.entity.id)
    return replace(source, entity=replace(source.entity, wikidata=number)) if number else source


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").split() if path.is_file() else []


_JOINS = frozenset(map(fold, ("عبد", "أبو", "آل", "بن", "ابن", "دي", "فان", "دو", "فون", "لو", "ماك")))
"""Words that hold the next one: slave of, father of, house of, son of; de, van, du, von, le, mac."""


_FAMILY_FIRST = frozenset(["kr", "kp", "cn", "vn", "mm", "kh", "tw"])
"""Where the family name goes first, and the last word of a name is no name alone: مون جاي إن is Moon, not إن."""
_OFFICES = frozenset(("أمير", "ملك", "ملكة", "بابا", "ولي", "رئيس", "رئيسة", "عاهل", "العاهل", "زوجة", "نجل"))
"""Emir, king, queen, pope, crown (prince), president, monarch, wife, son: أمير قطر is nobody named Qatar."""
_SHORTEST = 3
"""Letters of a family name."""


def surname(name: str, country: str = "") -> str:
    """The family name of a full name as newsrooms use it alone: its last word, with what holds it.

    None where it is a whole house's (آل ثاني), or stands behind the father's name (محمد بن سلمان بن عبد العزيز).
    """
    parts = name.split()
    if len(parts) < 2 or parts[0] in _OFFICES or country in _FAMILY_FIRST or len(parts[-1]) < _SHORTEST:
        return ""
    begin = len(parts) - 1
    if parts[begin] in {"الله", "الدين"} and begin > 1:
        begin -= 1
    while begin > 1 and fold(parts[begin - 1]) in _JOINS:
        begin -= 1
    if parts[begin] == "آل" or {"بن", "بنت"}.intersection(parts[1:begin]):
        return ""
    return "" if parts[begin] in {"الله", "الدين"} else " ".join(parts[begin:])


def _offices(sources: list[Source], patterns: dict[str, str]) -> Iterator[Source]:
    """Ministries and the like of each state with an adjective: `{f}` is its feminine form. Written ones go first."""
    heads = {name.split()[0] for line in patterns.values() for name in line.partition("|")[0].split(";")}
    written = {name_key(n) for source in sources for n in source.names if n.partition(" ")[0] in heads}
    for state in sources:
        if state.file != STATES or not state.nisba:
            continue
        adjectives = [feminine(nisba) for nisba in state.nisba if nisba.endswith("ي")]
        for suffix, line in patterns.items():
            arabic, _, latin = line.partition("|")
            names = tuple(n.strip().format(f=adjective) for adjective in adjectives for n in arabic.split(";"))
            if written.isdisjoint(map(name_key, names)):
                yield _office(state.entity, suffix, names, latin.strip())


def _office(state: Entity, suffix: str, names: tuple[str, ...], latin: str) -> Source:
    entity = Entity(
        id=f"{state.id}-{suffix}",
        kind="organisation",
        name=names[0],
        latin=latin.format(state=state.latin),
        aliases=names[1:],
        country=state.country,
    )
    return Source(entity, names, (), (), foreign=False, file="words.yaml")
