"""Whether a word is the name as newsrooms write it: folding takes مالية "financial" for ماليه (Malé), ترأس "he chaired"
for تراس (Truss), جده "his grandfather" for جدة (Jeddah), and here they part again.

A dropped hamza and Egyptian final ى are common spellings of a name; a hamza that a name has not, is another word.
"""

from __future__ import annotations

import re
from collections.abc import Set

_MARKS = re.compile("[\u064b-\u0652\u0640\u200b-\u200f]")
_ALEFS = "أإآ"
_HEAVY = re.compile("[أإآؤئء]")
SHORT = 4
"""Letters up to which a name must be written with its own hamza, or none, and its own ending."""
_NATIVE_ENDS = ("ها", "هم", "هن", "كم", "وا", "ات", "تي", "يه")
"""Pronouns and inflections: her, their, your, they did, plurals, my, his (owners)."""


def is_written(word: str, names: Set[str], *, cut: bool) -> bool:
    """Whether `word`, as printed behind its proclitics, is one of `names` as the catalogue writes them.

    `cut`: proclitics stand before it; then a short name must be written letter by letter.
    """
    if word in names:
        return True
    plain = _MARKS.sub("", word)
    return any(_is_one(plain, _MARKS.sub("", name), cut=cut) for name in names)


def may_be_foreign(word: str, name: str) -> bool:
    """Whether a word in another spelling than `name` (folded) looks foreign: no hamza within, no pronoun behind."""
    plain = _MARKS.sub("", word)
    if _HEAVY.search(plain, 1):
        return False
    return not (plain.endswith(_NATIVE_ENDS) and not name.endswith(plain[-2:])) and not plain.endswith("ة")


def _is_one(word: str, name: str, *, cut: bool) -> bool:
    if word == name:
        return True
    if cut and name[:2] == "ال" and word[:1] == "ل" and len(word) == len(name) - 1:
        word = "ا" + word  # the article's alef is not written after ل
    if len(word) != len(name):
        return True  # letters that fold to several, or to none
    start = 2 if name[:2] == "ال" else 0
    short = len(name) - start <= SHORT
    if cut and short and word != name:
        return False
    pairs = enumerate(zip(word[start:], name[start:], strict=True))
    return all(_is_letter(here, ours, first=not place, short=short) for place, (here, ours) in pairs)


def _is_letter(here: str, ours: str, *, first: bool, short: bool) -> bool:
    if here == ours or (here == "ا" and ours in _ALEFS):
        return True
    if here in _ALEFS:
        return first and not short
    if here in "هة":
        return here == "ه" and not short
    return here not in "ؤئ" and (here, ours) != ("ي", "ى")
