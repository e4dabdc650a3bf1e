"""What a corpus says about its words: in how many texts each occurs, and how it is spelled there.

Folding hides what tells a cut from a root: whether an alef carries hamza (ألماني "German" has no article in it),
whether a final ha is ta marbuta (كتابة "writing") or "his" (كتابه "his book"), whether a final alef is an ending
(تهديدًا). So words are counted by exact form, each with the spelling that most texts give it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from workers.arabic.fold import SEARCH_TABLE, search_form
from workers.arabic.tokens import QUICK

TANWIN = "\u064b"
_KEPT = "أإآؤئة"
_SPELLING_TABLE = {code: folded for code, folded in SEARCH_TABLE.items() if chr(code) not in _KEPT}
_HAMZA = "أإآ"
_MIN_SHARE = 0.2
"""A hamza or ta marbuta that this share of texts writes is meant by all: leaving it out is the common slip."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact form → number of texts; → usual spelling (hamza and ta marbuta kept, marks gone); → share with tanwin."""

    texts: Counter[str]
    spelling: dict[str, str]
    tanwin: dict[str, float]


def count(texts: Iterable[str]) -> Counts:
    """Count the Arabic words of `texts`. About 2,000 articles a second."""
    surfaces: Counter[str] = Counter()
    for text in texts:
        surfaces.update([*dict.fromkeys(QUICK.findall(text))])  # in their order: ties shall end the same every time
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    tanwin: Counter[str] = Counter()
    for surface, number in surfaces.items():
        if not "\u0620" <= surface[0] <= "\u06d3":
            continue
        key = search_form(surface)
        totals[key] += number
        spellings[key][surface.translate(_SPELLING_TABLE)] += number
        if TANWIN in surface[-2:]:
            tanwin[key] += number
    return Counts(
        texts=totals,
        spelling={key: _usual(found) for key, found in spellings.items()},
        tanwin={key: number / totals[key] for key, number in tanwin.items()},
    )


def _usual(spellings: Counter[str]) -> str:
    """The commonest spelling; one with hamza or ta marbuta wins already with a fifth of the texts."""
    total = sum(spellings.values())
    best = spellings.most_common(1)[0][0]
    rich = [
        s for s, number in spellings.most_common() if _richness(s) > _richness(best) and number >= _MIN_SHARE * total
    ]
    return max(rich, key=_richness, default=best)


def _richness(spelling: str) -> int:
    return sum(letter in _HAMZA for letter in spelling) + spelling.endswith("ة")
