"""The port for a further tagger: a statistical one, or a heavier one from a local folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

Words = Sequence[tuple[int, int]]
"""Start and end of every word, as the matcher sees them."""
Printed = tuple[str, Words]
"""A text and its words."""


@dataclass(frozen=True, slots=True)
class NameSpan:
    """A name that a tagger found: character offsets into the text, proclitics excluded."""

    start: int
    end: int
    kind: str
    """`person`, `organisation`, `place`, `event` or `other`."""
    confidence: float


class NameTagger(Protocol):
    """Finds names without knowing whose they are. Pure: no input or output after it is loaded."""

    def spans_of_each(self, texts: Sequence[Printed]) -> Sequence[Iterable[NameSpan]]:
        """The names in each of `texts`; none overlapping. What stands in one says nothing of another."""
