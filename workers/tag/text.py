"""A text as the matcher sees it: its words, what stands between them, and each word folded once a process."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, chain
from typing import Any

from workers.arabic.fold import fold
from workers.arabic.tokens import MAX_LENGTH, QUICK, has_common_signs, tokenize_any

GAP = re.compile(r"[ \t\u00a0\u200b-\u200f\-–ـ_]{1,3}")
"""What may stand between the words of one name (#محمد_صلاح too); a line break or a comma may not."""
INITIALS_GAP = re.compile(r"[ .&\u00a0]{1,2}")
"""After an initial a dot may stand too: أ.ف.ب, جيه. دي. فانس."""
LONGEST_INITIAL = 4
SITE_ENDS = frozenset(["نت", "كوم", "أورغ"])
"""net, com, org: العربية.نت is one name."""
KEEP_FOLDED = 1 << 17
"""Distinct printed words whose folded form is kept; about 25 MB at most."""

_PARTS = re.compile(f"({QUICK.pattern})")


class _Folded(dict[str, str]):
    """Printed word → folded, computed once; bounded."""

    def __missing__(self, word: str) -> str:
        if len(self) >= KEEP_FOLDED:
            self.clear()
        key = fold(word)
        found = self[word] = word if key == word else key
        return found

    def learn(self, words: Sequence[str]) -> list[str]:
        """The folded form of each of `words`, which are new: quicker than one by one."""
        if len(self) + len(words) > KEEP_FOLDED:
            self.clear()
        keys = fold("\n".join(words)).split("\n")
        self.update(zip(words, keys, strict=True))
        return keys


FOLDED = _Folded()
"""A word as printed → its folded form."""


class Text:
    """A text's words as `tokenize` cuts them, without the index's keys; offsets into `text`."""

    __slots__ = ("bounds", "known", "printed", "text")

    def __init__(self, text: str) -> None:
        self.known: list[Any] = []
        """What a lexicon knows of each word; filled by its `matches`."""
        self.text = text
        parts = _PARTS.split(text) if has_common_signs(text) else []  # quicker than match objects: gap, word, gap, …
        self.printed = parts[1::2]
        if parts and max(map(len, self.printed), default=0) <= MAX_LENGTH:
            self.bounds = list(accumulate(map(len, parts)))
        else:
            tokens = list(tokenize_any(text))
            self.printed = [token.surface for token in tokens]
            self.bounds = [*chain.from_iterable((token.start, token.end) for token in tokens), len(text)]

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

    def gap(self, number: int) -> str:
        """What stands between word `number` and the next."""
        return self.text[self.bounds[2 * number + 1] : self.bounds[2 * number + 2]]

    def joined(self, number: int) -> bool:
        """Whether word `number` may continue a name that the word before it belongs to."""
        gap = self.gap(number - 1)
        if gap == " ":
            return True
        if len(self.printed[number - 1]) <= LONGEST_INITIAL and INITIALS_GAP.fullmatch(gap):
            return True
        return GAP.fullmatch(gap) is not None or (gap == "." and self.printed[number] in SITE_ENDS)


def name_key(name: str) -> str:
    """`name` as names are compared: its words folded, one space between."""
    return " ".join(fold(word) for word in Text(name).printed)


def words(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The words of `text` as printed, and their spans."""
    found = Text(text)
    return found.printed, found.spans
