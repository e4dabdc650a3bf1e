"""A text as the matcher sees it: its words, what stands between them, and each word folded once a process."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from workers.arabic import bulk
from workers.arabic.bulk import Hashes, Words
from workers.arabic.fold import fold
from workers.arabic.memo import Memo
from workers.arabic.tokens import MAX_LENGTH, QUICK, has_common_signs, tokenize
from workers.tag.known import FLAGS, Word

GAP = re.compile(r"[ \t\u00a0\u200b-\u200f\-–ـ_]{1,3}")
"""What may stand between the words of one name (#محمد_صلاح too); a line break or a comma may not."""
_SPACES = (" ", "_")
INITIALS_GAP = re.compile(r"[ .&\u00a0]{1,2}")
"""After an initial a dot may stand too: أ.ف.ب, جيه. دي. فانس."""
LONGEST_INITIAL = 4
SITE_ENDS = frozenset(["نت", "كوم", "أورغ"])
"""net, com, org: العربية.نت is one name."""
KEEP_FOLDED = 1 << 16
"""Distinct printed words whose folded form is kept; about 12 MB at most."""

_PLAIN_NAME = re.compile("[ء-غف-ي A-Za-zÀ-ÖØ-öø-ÿ]+")
_PARTS = re.compile(f"({QUICK.pattern})")

FOLDED = Memo(fold, KEEP_FOLDED)
"""A word as printed → its folded form."""


class Text:
    """A text's words as `tokenize` cuts them, without the index's keys; offsets into `text`."""

    __slots__ = ("_hashes", "_printed", "begins", "cued", "cues", "ends", "kept", "refs", "spaced", "starts", "text")

    def __init__(self, text: str, words: Words | None = None) -> None:
        """`words`: those of `text`, where they are known."""
        self.text = text
        self.begins: list[int] = []
        """Words that are names, or may begin some, by their numbers; filled by a lexicon, as the next four are."""
        self.cued: list[int] = []
        """Words that may decide between readings of some name."""
        self.cues: list[str] = []
        """These words, as cues are compared."""
        self.kept: Sequence[Word] = ()
        self.refs: Sequence[int] = ()
        """Of each word where in `kept` stands what is known of it, behind `FLAGS` bits; see `known`. One more 0 stands
        behind the last."""
        self.starts: Sequence[int]
        self.ends: Sequence[int]
        self.spaced: bytes
        """Whether only a space, or "_" in a hashtag, parts a word from the one before; and 0 behind the last."""
        self._hashes: Hashes | None = None
        self._printed: list[str] | None = None
        if words is not None:
            self.starts, self.ends, self.spaced, self._hashes = words
            return
        parts = _PARTS.split(text) if has_common_signs(text) else []  # quicker than match objects: gap, word, gap, …
        lengths = list(map(len, parts))
        if not parts or max(lengths[1::2], default=0) > MAX_LENGTH:
            parts = _full_way(text)
            lengths = list(map(len, parts))
        self._printed = parts[1::2]
        bounds = list(accumulate(lengths))
        self.starts, self.ends = bounds[0:-1:2], bounds[1::2]
        self.spaced = bytes([0, *[gap in _SPACES for gap in parts[2:-1:2]], 0])

    @classmethod
    def of_each(cls, texts: Sequence[str]) -> list[Text]:
        """Of each of `texts`: cut together, which is quicker."""
        return list(map(cls, texts, bulk.cut(texts)))

    def __len__(self) -> int:
        """How many words there are."""
        return len(self.starts)

    @property
    def printed(self) -> list[str]:
        """All words. Who asks for a few uses `word`."""
        if self._printed is None:
            self._printed = [self.text[start:end] for start, end in self.spans]
        return self._printed

    @property
    def hashes(self) -> Hashes:
        """A number for the letters of each word (`workers.arabic.bulk`)."""
        if self._hashes is None:
            self._hashes = bulk.hashes_of(self.printed)
        return self._hashes

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Start and end of every word."""
        return list(zip(self.starts, self.ends, strict=True))

    def known(self, number: int) -> Word:
        """What the lexicon knows of word `number`."""
        return self.kept[self.refs[number] >> FLAGS]

    def word(self, number: int) -> str:
        """Word `number` as printed."""
        return self.text[self.starts[number] : self.ends[number]]

    def gap(self, number: int) -> str:
        """What stands before word `number`, and behind the one before it."""
        return self.text[self.ends[number - 1] : self.starts[number]]

    def key(self, number: int) -> str:
        """The folded word at `number`."""
        return FOLDED[self.word(number)]

    def joined(self, number: int) -> bool:
        """Whether word `number` may continue a name that the word before it belongs to."""
        if self.spaced[number]:
            return True
        gap = self.gap(number)
        if self.ends[number - 1] - self.starts[number - 1] <= LONGEST_INITIAL and INITIALS_GAP.fullmatch(gap):
            return True
        return GAP.fullmatch(gap) is not None or (gap == "." and self.word(number) in SITE_ENDS)


def _full_way(text: str) -> list[str]:
    """What the pattern's split gives, for a text that it does not know: gap, word, gap, …, word, gap."""
    parts: list[str] = []
    at = 0
    for token in tokenize(text):
        if token.start >= at:  # of the four words that are written as one sign, ﷺ, it is one here
            parts += text[at : token.start], token.surface
            at = token.end
    return [*parts, text[at:]]


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
