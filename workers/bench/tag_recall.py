"""What the tagger leaves unlinked: names found by plain regular expressions, for a reader to say which are misses.

The search shares nothing with the matcher: letters that newsrooms confuse are made one, and every name of the
catalogue is looked for as words, with proclitics before it or not. It finds too much (صور "pictures" as Tyre), so that
a reader rules on each candidate that the tagger did not link; recall follows from the rulings.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workers.bench.tag_sets import mentions
from workers.tag import Catalogue, Tagger

_ALIKE = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي"})
_SILENT = re.compile("[\u0640\u064b-\u0652]")
_LETTERS = "\u0621-\u064a\u066e-\u06d3"
_BEFORE = f"(?<![{_LETTERS}0-9A-Za-z])(?:[وف]?[بكل]?)"
_AFTER = f"(?![{_LETTERS}0-9A-Za-z])"
_AROUND = 38
"""Characters shown to each side."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where a name of the catalogue seems to stand; offsets into the text as printed."""

    article: int
    entity: str
    start: int
    end: int
    weak: bool
    """A surname or short form whose full name stands in the article."""


@dataclass(frozen=True, slots=True)
class Found:
    """All candidates of some articles, and those that the tagger linked with their entity."""

    candidates: int
    linked: int
    left: tuple[Candidate, ...]


def plain(text: str) -> tuple[str, list[int]]:
    """`text` with letters that newsrooms confuse made one, and where each letter stood."""
    kept = [(letter, place) for place, letter in enumerate(text) if not _SILENT.match(letter)]
    return "".join(letter for letter, _ in kept).translate(_ALIKE), [place for _, place in kept] + [len(text)]


class Names:
    """Every name of a catalogue as a regular expression."""

    def __init__(self, catalogue: Catalogue) -> None:
        cued = {source.entity.id for source in catalogue.sources() if source.cued}
        lines = {
            (entry.entity, name, entry.role == "short")
            for name, entry in catalogue.lines()
            if entry.role in ("name", "short") and entry.entity not in cued
        }
        self._names = [(entity, *_pattern(name), weak) for entity, name, weak in sorted(lines)]

    def candidates(self, article: int, text: str) -> Iterator[Candidate]:
        """The longest candidates of `text`, of each place all entities."""
        letters, places = plain(text)
        spans: dict[tuple[int, int], dict[str, bool]] = {}
        for entity, core, pattern, weak in self._names:
            if core in letters:
                for match in pattern.finditer(letters):
                    spans.setdefault(match.span(1), {}).setdefault(entity, weak)
        strong = {entity for found in spans.values() for entity, weak in found.items() if not weak}
        for (start, end), found in _longest(spans):
            for entity, weak in found.items():
                if not weak or entity in strong:
                    yield Candidate(article, entity, places[start], places[end - 1] + 1, weak)


def unlinked(tagger: Tagger, texts: Mapping[int, str]) -> Found:
    """The candidates of `texts` (number → text) at whose place no mention of their entity stands.

    A place that the tagger gave to another bearer, or to a longer name, counts as linked: that is precision's matter.
    """
    names = Names(tagger.catalogue)
    total = linked = 0
    left: list[Candidate] = []
    for number, text in texts.items():
        spans = [(m.start, m.end, m.entity) for m in mentions(tagger, text) if m.entity is not None]
        rivals: dict[tuple[int, int], list[Candidate]] = {}
        for candidate in names.candidates(number, text):
            rivals.setdefault((candidate.start, candidate.end), []).append(candidate)
        for (start, end), group in rivals.items():
            ours = {c.entity for c in group}
            total += 1
            if any((a <= start and end <= b) or (a < end and b > start and entity in ours) for a, b, entity in spans):
                linked += 1
            else:
                left.append(group[0])
    return Found(total, linked, tuple(left))


def drawn(found: Sequence[Candidate], each: int, seed: int) -> list[Candidate]:
    """At most `each` candidates of one entity, by chance, in the order of the texts."""
    taken: Counter[str] = Counter()
    kept: list[Candidate] = []
    for candidate in random.Random(seed).sample(list(found), len(found)):  # noqa: S311 - draws a sample
        if taken[candidate.entity] < each:
            taken[candidate.entity] += 1
            kept.append(candidate)
    return sorted(kept, key=lambda c: (c.article, c.start))


def shown(candidate: Candidate, text: str) -> str:
    """A candidate with its sentence, on one line."""
    before = text[max(0, candidate.start - _AROUND) : candidate.start]
    after = text[candidate.end : candidate.end + _AROUND]
    name = text[candidate.start : candidate.end]
    where = f"{candidate.article}:{candidate.start}-{candidate.end}"
    return " ".join(f"{where} {candidate.entity}{'~' * candidate.weak}: {before}[{name}]{after}".split())


def _pattern(name: str) -> tuple[str, re.Pattern[str]]:
    """A part that must be in the text (quickly looked up), and the expression; للناتو drops the article's alef."""
    letters = plain(name)[0]
    words = [re.escape(word) for word in letters.split()]
    rest = r"[\s\-]{1,3}".join(words)
    core = max(letters.split(), key=len)
    if letters.startswith("ال"):
        rest = rf"(?:ا|(?<=ل))ل{rest[2:]}"
        core = core.removeprefix("ال")
    return core, re.compile(f"{_BEFORE}({rest}){_AFTER}")


def _longest(
    spans: Mapping[tuple[int, int], dict[str, bool]],
) -> Iterator[tuple[tuple[int, int], dict[str, bool]]]:
    """Spans that lie within no longer one."""
    end = -1
    for span in sorted(spans, key=lambda s: (s[0], -s[1])):
        if span[1] > end:
            end = span[1]
            yield span, spans[span]
