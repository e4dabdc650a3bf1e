"""The catalogue's names as synonym rules for Elasticsearch: a plain search (Kibana's own bar) finds name variants.

Rasid's own queries need none of this: they are expanded when asked (`workers.search.expand`), by the catalogue of that
moment. These rules are the same knowledge as far as a token filter can hold it, as of the day the index was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workers.arabic.analysis import Analyzer
from workers.search.expand import Variants
from workers.tag.catalogue import Catalogue

Stems = tuple[str, ...]


def synonym_rules(catalogue: Catalogue, analyzer: Analyzer) -> list[str]:
    """Rules `spelling, spelling => every spelling`, as printed, for a filter behind `analyzer`'s stems.

    A name is looked for only where the whole of it stands for one entity. Spellings of the same stems are one; names
    with stop words inside are left out, because the filter in front has taken those away.
    """
    variants = Variants(catalogue)
    makers = (
        _names(catalogue, variants, analyzer),
        _surnames(catalogue, variants, analyzer),
        _words(variants, analyzer),
    )
    return list(dict.fromkeys(rule for maker in makers for rule in maker))


def _names(catalogue: Catalogue, variants: Variants, analyzer: Analyzer) -> Iterator[str]:
    for group in catalogue.variant_groups():
        asked: list[str] = []
        known: dict[str, None] = {}
        for name in group:
            if (found := variants.whole(name)) is not None:
                asked.append(name)
                known |= dict.fromkeys([name, *(spelling for spelling in found.spellings if spelling in group)])
        yield from _rule(_distinct(asked, analyzer), _distinct(known, analyzer))


def _surnames(catalogue: Catalogue, variants: Variants, analyzer: Analyzer) -> Iterator[str]:
    """A surname alone stands for its bearer, but is no other spelling of the full name: only its letters change."""
    for name, entry in catalogue.lines():
        if entry.role == "short" and (found := variants.whole(name)) is not None:
            respelt = (spelling for spelling in found.spellings if spelling not in catalogue.names(found.entity))
            known = _distinct([name, *respelt], analyzer)
            yield from _rule(known, known)


def _words(variants: Variants, analyzer: Analyzer) -> Iterator[str]:
    for word, others in variants.words():
        ones = _distinct([word], analyzer)
        yield from _rule(ones, ones | _distinct(others, analyzer))


def _distinct(spellings: Iterable[str], analyzer: Analyzer) -> dict[Stems, str]:
    """Stems → the spelling, of those that a rule can hold."""
    found: dict[Stems, str] = {}
    for spelling in spellings:
        stems = analyzer.stems(spelling)
        if stems and "," not in spelling and "=>" not in spelling and None not in stems:
            found.setdefault(tuple(stem for stem in stems if stem is not None), spelling)
    return found


def _rule(asked: dict[Stems, str], spellings: dict[Stems, str]) -> Iterator[str]:
    if asked and len(spellings) > 1:
        yield f"{', '.join(asked.values())} => {', '.join(spellings.values())}"
