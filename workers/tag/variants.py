"""Spellings of foreign names: ستولتنبرج, ستولتنبرغ and ستولتنبيرغ are one name.

Newsrooms transliterate g as ج غ ق ك گ, t as ت or ط, s as س ص ث, v as ف or ڤ, and write or omit short vowels. `skeleton`
maps those onto one spelling; `alike` guards against names that only look similar once their vowels are gone
(كلوني and كيليني): of 40 merged groups read by eye in the research two were wrong before the guard, none after it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from rapidfuzz.distance import Indel

from workers.arabic.fold import complete
from workers.arabic.frequency import known, stem

_ONE_SOUND = {
    "غ": "ج", "ق": "ج", "ك": "ج",  # g
    "ط": "ت", "ث": "س", "ص": "س", "ظ": "ز", "ذ": "ز", "ض": "د",
}  # fmt: skip
VOWELS = "اويه"
_SOUNDS = complete({ord(letter): sound for letter, sound in _ONE_SOUND.items()})
_BONES = _SOUNDS | dict.fromkeys(map(ord, VOWELS), "")
"""Sounds as one, vowels dropped."""
_FIRST = dict(zip(VOWELS, "\1\2\3\4", strict=True))
_LAST = "\5"
_TWICE = re.compile(r"(.)(?=\1)")
_OPEN = frozenset("اهيو")
OPEN = "ا"
"""Final vowels, and what stands for any of them: فيات is not فئة, سيارتو not سيارة with a pronoun, روبرتو not روبرت."""
LONG_WORD, LONG_NAME = 4, 8
"""Letters from which a word may differ in one letter beyond the sounds above, and the longer of two in two."""
WITHIN, LONG_WITHIN = 3, 6
"""The same behind a first name."""


def sounds(key: str) -> str:
    """A folded word with letters of one foreign sound written as one."""
    return key.translate(_SOUNDS)


@lru_cache(maxsize=1 << 16)
def skeleton(key: str) -> str:
    """The consonants of a folded word, sounds as one; the first letter stays even when it is a vowel."""
    bones = key[:1].translate(_SOUNDS) + key[1:].translate(_BONES)
    return bones if len(set(bones)) == len(bones) else _TWICE.sub("", bones)


def hearing(key: str) -> str:
    """What words have in common that are `near` each other: the skeleton, and whether a vowel stands last."""
    return skeleton(key) + OPEN if key[-1:] in _OPEN else skeleton(key)


def hearings(keys: Sequence[str]) -> tuple[list[str], list[str]]:
    """`sounds` and `hearing` of each of many folded words.

    They are written in one string, for `str.replace` goes through it twenty times as quickly as `str.translate`. While
    vowels are dropped, a sign stands for each one that is the first letter of a word, and behind each that is its last.
    """
    whole = "\n".join(keys)
    for letter, sound in _ONE_SOUND.items():
        whole = whole.replace(letter, sound)
    found = f"\n{whole}\n"
    for vowel in VOWELS:
        found = found.replace(f"{vowel}\n", f"{vowel}{_LAST}\n")
    for vowel, first in _FIRST.items():
        found = found.replace(f"\n{vowel}", f"\n{first}")
    for vowel in VOWELS:
        found = found.replace(vowel, "")
    found = _TWICE.sub("", found).replace(_LAST, OPEN)
    for vowel, first in _FIRST.items():
        found = found.replace(first, vowel)
    return whole.split("\n"), found[1:-1].split("\n")


@lru_cache(maxsize=16384)
def alike(left: str, right: str) -> bool:
    """Whether two folded words may spell one foreign name: one skeleton, and few letters apart."""
    return left == right or (skeleton(left) == skeleton(right) and near(left, right))


def near(left: str, right: str) -> bool:
    """`alike` for two words of one skeleton: few letters written or left out (another letter counts as two)."""
    return _few_apart(left, right, _allowed(len(left), len(right)))


def close(names: Mapping[str, str], sound: str) -> list[str]:
    """Those of `names` (with their `sounds`) that are `near` a word of these sounds; all have one `hearing`."""
    length = len(sound)
    return [
        name
        for name, other in names.items()
        if abs(len(other) - length) <= (allowed := _allowed(len(other), length))
        and Indel.distance(other, sound) <= allowed
    ]


def near_within(left: str, right: str) -> bool:
    """`near` for the further words of a name whose first has been found, where more may differ.

    مايك بينس is Mike Pence (بنس) and هاري كين Harry Kane (كاين); but `right`, the word of the text, must be no usual
    word (شركة ثياب "a company of clothes" is not Saab, ساب) and no number (2002 is not 2022).
    """
    if near(left, right):
        return right.isalpha()
    shorter = min(len(left), len(right))
    allowed = 0 if shorter < WITHIN else 1 if shorter < LONG_WITHIN else 2
    return _few_apart(left, right, allowed) and right.isalpha() and not known(stem(right))


def _allowed(one: int, other: int) -> int:
    """Letters in which two words of these lengths may differ."""
    if one < LONG_WORD or other < LONG_WORD:
        return 0
    return 2 if one >= LONG_NAME or other >= LONG_NAME else 1


def _few_apart(left: str, right: str, allowed: int) -> bool:
    if (left[-1] in _OPEN) != (right[-1] in _OPEN):
        return False
    return abs(len(left) - len(right)) <= allowed and Indel.distance(sounds(left), sounds(right)) <= allowed
