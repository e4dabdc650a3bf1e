"""The statistical model behind the port: an article's fields in, names with kind, span and confidence out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from workers.arabic.sentences import split
from workers.tag.port import NameSpan, Printed, Words
from workers.tag.statistical.decode import TokenSpan, Weighing, names
from workers.tag.statistical.forms import plain, with_marks
from workers.tag.statistical.model import Model
from workers.tag.words import offsets

KINDS = {"PERS": "person", "LOC": "place", "ORG": "organisation"}
"""Labels that become names. MISC does not: in ANERcorp most of it is currencies, religions and God."""
FILE = Path("models", "names.npz")
"""Of the shipped model, in the folder of the configuration."""


class StatisticalTagger:
    """Finds names that no catalogue knows. Thread-safe."""

    def __init__(self, model: Model, weighing: Weighing) -> None:
        self._model = model
        self._weighing = weighing

    @classmethod
    def load(cls, config_dir: Path) -> StatisticalTagger | None:
        """The shipped model, or None where the file is left out; raises `UserError` on a file that is no model."""
        path = config_dir / FILE
        return cls(Model.load(path), DEFAULT) if path.is_file() else None

    def spans_of_each(self, texts: Sequence[Printed]) -> list[list[NameSpan]]:
        """Names in each text; none overlapping, proclitics excluded."""
        sentences = [[with_marks_of(text, words, start, end) for start, end in split(text)] for text, words in texts]
        tokens = [
            [[text[a:b] for a, b in sentence] for sentence in own]
            for (text, _), own in zip(texts, sentences, strict=True)
        ]
        found = names(self._model, tokens, self._weighing)
        return [
            list(self._spans(text, own, spans)) for (text, _), own, spans in zip(texts, sentences, found, strict=True)
        ]

    def _spans(self, text: str, sentences: Sequence[Words], spans: Iterable[TokenSpan]) -> Iterator[NameSpan]:
        last: NameSpan | None = None
        for found in spans:
            if found.label not in KINDS:
                continue
            span = self._span(text, sentences[found.sentence][found.first : found.last], found)
            if last and _one_person(text, last, span):
                span = NameSpan(last.start, span.end, last.kind, min(last.confidence, span.confidence))
            elif last:
                yield last
            last = span
        if last:
            yield last

    def _span(self, text: str, places: Words, found: TokenSpan) -> NameSpan:
        start, end = places[0][0], places[-1][1]
        first = text[start : places[0][1]]
        cut = self._model.read(first).cut
        printed = offsets(first)
        if 0 < cut < len(printed) and len(plain(first)) == len(printed):
            start += printed[cut]
        return NameSpan(start, end, KINDS[found.label], found.confidence)


def _one_person(text: str, one: NameSpan, other: NameSpan) -> bool:
    """Whether two names are one that was cut: people in a list are parted by a comma or و "and"."""
    return one.kind == other.kind == "person" and text[one.end : other.start] == " "


def with_marks_of(text: str, words: Words, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of the words and marks of one sentence, offsets into `text`."""
    first, last = bisect_left(words, (start, 0)), bisect_right(words, (end, 0))
    inside = [(a - start, b - start) for a, b in words[first:last] if b <= end]
    return [(a + start, b + start) for a, b in with_marks(text[start:end], inside)]


DEFAULT = Weighing(document=0.25)
"""Chosen on the development slice, for a single network."""
