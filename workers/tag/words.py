"""The ways to read a word as proclitics and a name.

Arabic writes و "and", ف "so", ب "in", ك "like" and ل "for" onto the next word: وبكين is "and Beijing". ل before the
article swallows its alef: للناتو is ل and الناتو, of which لناتو is printed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from workers.arabic.fold import TABLE, fold

_ONE_TO_ONE = re.compile("[ء-غف-ي]+")
"""Letters that are each folded to one."""
CONJUNCTIONS = "وف"
PREPOSITIONS = "بكل"
PROCLITICS = frozenset(CONJUNCTIONS + PREPOSITIONS)
SHORTEST_STEM = 3
"""Letters that must be left after two cuts, and after `bare`'s (research: ner, 6: shorter ones are not safe)."""
SHORTEST = 2
"""Letters that must be left after one: of لبي بي سي "to the BBC"; very few names of two letters stand alone."""


_HEADS = ("وال", "بال", "فال", "لل", "ال", "و")
"""What `bare` takes off: article, conjunctions, prepositions."""
_FIRST = frozenset(head[0] for head in _HEADS)


def readings(word: str) -> list[tuple[int, str]]:
    """Ways to read a folded word: (letters of proclitics, the rest with its article restored), least cut first."""
    found = [(0, word)]
    if len(word) > SHORTEST and word[0] in PROCLITICS:
        _prepositions(found, word, 0)
        if word[0] in CONJUNCTIONS:
            found.append((1, word[1:]))
            if len(word) > SHORTEST_STEM + 1:
                _prepositions(found, word[1:], 1)
    return found


def _prepositions(found: list[tuple[int, str]], word: str, cut: int) -> None:
    if word.startswith("لل"):
        found.append((cut + 1, "ال" + word[2:]))
    if word[0] in PREPOSITIONS:
        found.append((cut + 1, word[1:]))


def offsets(printed: str) -> Sequence[int]:
    """Where in `printed` each letter of `fold(printed)` stands; its length is that of the folded word."""
    if _ONE_TO_ONE.fullmatch(printed):
        return range(len(printed))
    return [i for i, letter in enumerate(printed) for _ in letter.translate(TABLE)]


def bare(word: str) -> str:
    """`word` folded, without و and article: how context words are compared."""
    return bare_key(fold(word))


def bare_key(key: str) -> str:
    """`bare` of a folded word."""
    if key[:1] in _FIRST:
        for head in _HEADS:
            if key.startswith(head) and len(key) - len(head) >= SHORTEST_STEM:
                return key[len(head) :]
    return key


def with_heads(bare: str) -> list[str]:
    """Every folded word whose `bare_key` is `bare`."""
    return [form for head in ("", *_HEADS) if bare_key(form := head + bare) == bare]
