"""A text as the matcher sees it: its words, what stands between them, and each word folded once a process."""

from __future__ import annotations

import re
from itertools import accumulate, chain

from workers.arabic.fold import fold
from workers.arabic.memo import Memo
from workers.arabic.tokens import MAX_LENGTH, QUICK, has_common_signs, tokenize
from workers.tag.reading import Word

GAP = re.compile(r"[ \t\u00a0\u200b-\u200f\-–ـ_]{1,3}")
"""What may stand between the words of one name (#محمد_صلاح too); a line break or a comma may not."""
INITIALS_GAP = re.compile(r"[ .&\u00a0]{1,2}")
"""After an initial a dot may stand too: أ.ف.ب, جيه. دي. فانس."""
LONGEST_INITIAL = 4
SITE_ENDS = frozenset(["نت", "كوم", "أورغ"])
"""net, com, org: العربية.نت is one name."""
KEEP_FOLDED = 1 << 16
"""Distinct printed words whose folded form is kept; about 12 MB at most."""

_PLAIN_NAME = re.compile("[ء-غف-ي ]+")
_PARTS = re.compile(f"({QUICK.pattern})")

FOLDED = Memo(fold, KEEP_FOLDED)
"""A word as printed → its folded form."""


class Text:
    """A text's words as `tokenize` cuts them, without the index's keys; offsets into `text`."""

    __slots__ = ("bounds", "gaps", "known", "printed", "text")

    def __init__(self, text: str) -> None:
        self.known: list[Word | None] = []
        """What a lexicon knows of each word; filled by its `matches`."""
        self.text = text
        parts = _PARTS.split(text) if has_common_signs(text) else []  # quicker than match objects: gap, word, gap, …
        lengths = list(map(len, parts))
        if not parts or max(lengths[1::2], default=0) > MAX_LENGTH:
            parts = _full_way(text)
            lengths = list(map(len, parts))
        self.printed = parts[1::2]
        self.gaps = parts[2::2]
        """What stands behind each word."""
        self.bounds = list(accumulate(lengths))

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Start and end of every word."""
        return list(zip(self.bounds[0:-1:2], self.bounds[1::2], strict=True))

    def start(self, number: int) -> int:
        """Where word `number` begins."""
        return self.bounds[2 * number]

    def end(self, number: int) -> int:
        """Where word `number` ends."""
        return self.bounds[2 * number + 1]

    def key(self, number: int) -> str:
        """The folded word at `number`."""
        return FOLDED[self.printed[number]]

    def joined(self, number: int) -> bool:
        """Whether word `number` may continue a name that the word before it belongs to."""
        gap = self.gaps[number - 1]
        if gap == " ":
            return True
        if len(self.printed[number - 1]) <= LONGEST_INITIAL and INITIALS_GAP.fullmatch(gap):
            return True
        return GAP.fullmatch(gap) is not None or (gap == "." and self.printed[number] in SITE_ENDS)


def _full_way(text: str) -> list[str]:
    """What the pattern's split gives, for a text that it does not know: gap, word, gap, …, word, gap."""
    tokens = tokenize(text)
    ends = [0, *(token.end for token in tokens)]
    starts = [*(token.start for token in tokens), len(text)]
    gaps = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    return [*chain.from_iterable(zip(gaps, (token.surface for token in tokens), strict=False)), gaps[-1]]


def words_of(name: str) -> list[str]:
    """The words of `name`: of nearly every name, what stands between spaces."""
    return name.split() if _PLAIN_NAME.fullmatch(name) else Text(name).printed


def name_key(name: str) -> str:
    """`name` as names are compared: its words folded, one space between."""
    return " ".join(fold(word) for word in words_of(name))


def words(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The words of `text` as printed, and their spans."""
    found = Text(text)
    return found.printed, found.spans
