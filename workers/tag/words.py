"""Words of a text, and the ways to read a word as proclitics and a name.

Arabic writes و "and", ف "so", ب "in", ك "like" and ل "for" onto the next word: وبكين is "and Beijing". ل before the
article swallows its alef: للناتو is ل and الناتو, of which لناتو is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from workers.arabic.fold import TABLE, fold
from workers.arabic.tokens import QUICK, is_common, tokenize

_CONJUNCTIONS = "وف"
_PREPOSITIONS = "بكل"
SHORTEST_STEM = 3
"""Letters that must be left after a cut (research: ner, section 6: three-letter stems are the last safe ones)."""


KEEP_BARE = 1 << 17
"""Distinct words whose bare form is kept."""


def words(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The words of `text` as printed and their spans: as `tokenize` cuts them, without the index's keys."""
    if is_common(text):
        found = list(QUICK.finditer(text))
        return [m[0] for m in found], [m.span() for m in found]
    tokens = tokenize(text)
    return [token.surface for token in tokens], [(token.start, token.end) for token in tokens]


def readings(word: str) -> Iterator[tuple[int, str]]:
    """Ways to read a folded word: (letters of proclitics, the rest with its article restored), least cut first."""
    yield 0, word
    yield from _prepositions(word, 0)
    if word[:1] in _CONJUNCTIONS and len(word) > SHORTEST_STEM:
        yield 1, word[1:]
        yield from _prepositions(word[1:], 1)


def _prepositions(word: str, cut: int) -> Iterator[tuple[int, str]]:
    if len(word) <= SHORTEST_STEM:
        return
    if word.startswith("لل"):
        yield cut + 1, "ال" + word[2:]
    if word[0] in _PREPOSITIONS:
        yield cut + 1, word[1:]


def offsets(printed: str) -> list[int]:
    """Where in `printed` each letter of `fold(printed)` stands; its length is that of the folded word."""
    return [i for i, letter in enumerate(printed) for _ in letter.translate(TABLE)]


@lru_cache(maxsize=KEEP_BARE)
def bare(word: str) -> str:
    """`word` folded, without و and article: how context words are compared."""
    key = fold(word)
    for head in ("وال", "بال", "فال", "لل", "ال", "و"):
        if key.startswith(head) and len(key) - len(head) >= SHORTEST_STEM:
            return key[len(head) :]
    return key
