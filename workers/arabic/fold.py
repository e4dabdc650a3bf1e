"""Folding: the spelling variants of Arabic that readers take as one are written as one.

`fold` makes a key for comparing, never text for showing. Rules (research: search, section 2): harakat, tatweel, bidi
controls and zero-width characters are deleted; alef with hamza or madda or wasla becomes bare alef, waw and ya with
hamza become waw and ya, ta marbuta becomes ha, Persian kaf, ya and gaf-like letters their Arabic base letters; digits
become ASCII; presentation forms are decomposed.
"""

from __future__ import annotations

import unicodedata

_DELETE = [
    *(0x0640, 0x0670, 0x00AD, 0x061C, 0xFEFF, 0x034F),
    *range(0x064B, 0x0660),
    *range(0x0610, 0x061B),
    *range(0x06D6, 0x06DD),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x206A),
]
_LETTERS = {
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ٲ": "ا", "ٳ": "ا",
    "ؤ": "و", "ئ": "ي", "ى": "ي", "ة": "ه",
    "ک": "ك", "ڪ": "ك", "گ": "غ", "ی": "ي", "ې": "ي", "ے": "ي", "ھ": "ه", "ہ": "ه", "ە": "ه", "ۀ": "ه",
    "پ": "ب", "چ": "ج", "ژ": "ج", "ڤ": "ف",
}  # fmt: skip


def _table() -> dict[int, str | None]:
    table: dict[int, str | None] = dict.fromkeys(_DELETE)
    table.update({ord(k): v for k, v in _LETTERS.items()})
    for zero in (0x0660, 0x06F0):
        table.update({zero + i: str(i) for i in range(10)})
    for code in [*range(0xFB50, 0xFDFD), *range(0xFE70, 0xFEFF)]:
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain != chr(code):
            table[code] = plain.strip().translate({k: v for k, v in table.items() if k < 0xFB50})
    return table


TABLE = _table()
"""For `str.translate`."""


def fold(text: str) -> str:
    """`text` as a comparing key: one spelling for what readers take as one, lower case, length may change."""
    return text.translate(TABLE).lower()
