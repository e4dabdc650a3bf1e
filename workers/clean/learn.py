"""Boilerplate that the stream itself teaches: lines that recur on an outlet across unrelated articles.

A line is a candidate when it stands near head or tail, holds letters and is no long text. It is believed when it stood
on enough of the outlet's distinct pages. Whole lines only: a real sentence that repeats a slogan is another line, and
one in the middle of a text is never looked at. A person's ruling goes before every count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from workers.clean.keys import line_key
from workers.model import Paragraph, Removed
from workers.settings import CleanSettings

Ruling = Literal["", "accepted", "rejected"]
_NUMBER = re.compile(r"\d[\d.,:/]*")
_PUNCTUATION = re.compile(r"[\W_]+")
_LETTER = re.compile(r"[^\W\d_]")
PREFIX = "learned/"
"""Rules of learned lines begin with it; the evidence follows ("learned/34-of-50")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCount:
    """How often a folded line stood near head or tail of an outlet's distinct pages."""

    outlet: str
    key: str
    pages: int
    of: int
    ruling: Ruling = ""

    @property
    def share(self) -> float:
        return self.pages / self.of if self.of else 0.0


def learn_key(text: str) -> str:
    """The folded words with every number the same: counters, dates and punctuation change, the line does not."""
    return _PUNCTUATION.sub(" ", _NUMBER.sub("0", line_key(text))).strip()


def candidates(paragraphs: Sequence[Paragraph], removed: Iterable[Removed], settings: CleanSettings) -> tuple[str, ...]:
    """The distinct folded lines of one cleaned article that may be boilerplate; those learned before count on."""
    near = [p.text for n, p in enumerate(paragraphs) if is_near(n, len(paragraphs), settings)]
    near += [r.text for r in removed if r.rule.startswith(PREFIX)]
    keys = {learn_key(text) for text in near if len(text) <= settings.learn_max_line}
    return tuple(sorted(key for key in keys if _LETTER.search(key)))


def is_near(number: int, of: int, settings: CleanSettings) -> bool:
    """Whether the paragraph stands among the first or last ones."""
    return number < settings.head_lines or number >= of - settings.tail_lines


def is_believed(count: LineCount, settings: CleanSettings) -> bool:
    """Accepted by a person, or on enough pages of an outlet of which enough were seen, and not rejected."""
    if count.ruling:
        return count.ruling == "accepted"
    return count.of >= settings.learn_min_pages and count.pages >= max(
        settings.learn_min_count, settings.learn_share * count.of
    )


def believed(counts: Iterable[LineCount], settings: CleanSettings) -> Mapping[str, str]:
    """Folded line → its evidence, of those that are believed: what `Cleaner.clean` takes as `learned`."""
    return {count.key: f"{count.pages}-of-{count.of}" for count in counts if is_believed(count, settings)}
