"""Strings that news rarely holds, to compare the analysis in Python with the server's on."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator

ALPHABET = (
    *"ابلئوءىيةأإؤهكتن",  # letters that contextual folding looks at, and plain ones
    *"abZ159\u0663\u06f5",
    *".:'\u2019,;\u060c\u066c\u066b_-\u00b7\"#*&",
    *"\u064b\u0651\u0640\u200f\u200c\u200d\u200b\u00ad\ufeff\u2068\u2069\u202b\u0301",  # marks, controls
    *"\u20e3\ufe0f\ufe0e\U000e0067\U000e007f",  # keycaps, selectors, tags
    *"אבשカナはか漢字กไ한국",  # Hebrew, Japanese, Han, Thai, Korean
    *"\U0001f469\U0001f3fd\U0001f467\u2764\u2122\u00a9\U0001f1f8\U0001f1e6\U0001f3f4\u261d",  # emoji and their parts
    *"\ufdfa\ufefb\ufdfd",  # one character that is four words, a ligature, one that is none
    *"éİßΣςگکپې\u0600\u06dd",
    *"  \n",
)


def random_strings(count: int, *, seed: int) -> Iterator[str]:
    """Strings of 1 to 14 characters, each tenth up to 60, that mix everything."""
    chance = random.Random(seed)  # noqa: S311 - a test's chance, not a secret's
    for number in range(count):
        length = chance.randint(1, 14 if number % 10 else 60)
        yield "".join(chance.choices(ALPHABET, k=length))


def long_words() -> list[str]:
    """Words at the tokenizer's limit of 255 UTF-16 units, and beyond."""
    plain = ["ا" * length for length in (254, 255, 256, 511, 600)]
    return [*plain, "\U0001f469" * 200, "a." * 300, "1," * 300, "\u064b".join("ب" * 300), "अ" * 3 + "x" * 300]


def characters(stop: int = 0xE0200) -> Iterator[str]:
    """Every assigned code point below `stop` between letters, between digits, alone, doubled, after joiners."""
    for code in range(1, stop):
        char = chr(code)
        if unicodedata.category(char) not in {"Cn", "Cs"} and char not in "\r\n":
            yield f"a{char}b 1{char}2 {char} ا{char}ب ا.{char} {char}{char} 1,{char} א{char}א ئ{char}و"
