"""A word as the statistical tagger reads it: a key without proclitics, the proclitics' class, letters, a shape.

The keys are the model's own: a model goes with the rules it was trained on, so that changes to the index's lexicon of
clitics do not move the tagger. Reading is a function of the word alone and is remembered by its callers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from workers.arabic.fold import fold
from workers.tag.words import SHORTEST_STEM, readings

_DIGIT = re.compile("[0-9]")
_EDGES = re.compile(r"^[^\w]+|[^\w]+$")
_MARK = re.compile(r"[^\w\s]")

LETTERS = " 0.abcdefghijklmnopqrstuvwxyzءابتثجحخدذرزسشصضطظعغفقكلمنهوي"
"""Place in this string is the letter's number in the model: 0 is padding and every other character."""
LETTER_NUMBERS = {letter: number for number, letter in enumerate(LETTERS)}
MAX_LETTERS = 14
"""A longer word is read by its first 14 letters: 0.1 % of a newspaper's words are longer."""

SHAPES = ("letters", "latin", "digits", "mark", "quote", "bracket", "stop")
"""Kinds of token; the place is the number in the model."""
_SHAPE_OF_MARK = {**dict.fromkeys("\"'«»“”‘’", 4), **dict.fromkeys("()[]{}", 5), **dict.fromkeys(".!?؟…", 6)}

CLITICS = ("", "و", "ب", "ل", "وب", "ول")
"""Classes of proclitics: none; and, so; in, like; for; and two of them. The place is the number in the model."""
_CLASS_OF_LETTER = {"و": 1, "ف": 1, "ب": 2, "ك": 2, "ل": 3}


@dataclass(frozen=True, slots=True)
class Form:
    """A word as read. `cut` is the number of folded letters before `key` begins; للX has one and gets its ا back."""

    key: str
    clitic: int
    cut: int
    shape: int


def plain(token: str) -> str:
    """The token folded, digits as 0, marks at its edges dropped; a token of marks alone is its first mark."""
    key = _DIGIT.sub("0", fold(token))
    return _EDGES.sub("", key) or key[:1]


def read(token: str, counts: Mapping[str, int]) -> Form:
    """The form of a printed token. `counts`: the vocabulary's keys and how often each was seen in the corpus."""
    key = plain(token)
    shape = _shape(key)
    if shape or key in counts:
        return Form(key, 0, 0, shape)
    found = max(_cuts(key, counts), default=None)
    return Form(key, 0, 0, 0) if found is None else _cut_form(key, *found[1:])


def _cuts(key: str, counts: Mapping[str, int]) -> Iterator[tuple[float, int, str]]:
    """Readings with proclitics whose rest is known: (score, letters cut, rest)."""
    for cut, rest in readings(key):
        if cut and rest in counts and allowed(key, cut, rest):
            yield score(counts[rest], cut, rest), cut, rest


def allowed(key: str, cut: int, rest: str) -> bool:
    """ف and ك are cut only before an article: elsewhere nearly all such cuts were wrong (research: ner, section 4)."""
    return key[cut - 1] not in "فك" or rest.startswith("ال")


def score(count: int, cut: int, rest: str) -> float:
    """How well a rest explains a word; the weights are the research's (ner, section 6)."""
    return log(1 + count) - 0.9 * cut - (2 if len(rest) == SHORTEST_STEM else 0) + (1.2 if rest[:2] == "ال" else 0)


def _cut_form(key: str, cut: int, rest: str) -> Form:
    last = _CLASS_OF_LETTER.get(key[cut - 1], 0)
    return Form(rest, last if cut == 1 else last + 2, cut, 0)


def _shape(key: str) -> int:
    if key[:1].isdigit():
        return 2
    if len(key) == 1 and not key.isalpha():
        return _SHAPE_OF_MARK.get(key, 3)
    return 1 if key.isascii() else 0


def letter_numbers(key: str) -> list[int]:
    """The key's letters as numbers, padded with 0 to `MAX_LETTERS`."""
    numbers = [LETTER_NUMBERS.get(letter, 0) for letter in key[:MAX_LETTERS]]
    return numbers + [0] * (MAX_LETTERS - len(numbers))


def with_marks(text: str, words: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans of the words and of each punctuation mark between them, in order."""
    spans: list[tuple[int, int]] = []
    at = 0
    for start, end in (*words, (len(text), len(text))):
        if start - at > 1 or (start > at and not text[at].isspace()):
            spans += [found.span() for found in _MARK.finditer(text, at, start)]
        if start < end:
            spans.append((start, end))
        at = end
    return spans
