"""Mending of letters and spaces that loses nothing: what a reader sees stays, what only machines see goes."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x061C, 0xFEFF, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
)
"""Soft hyphen, bidi marks and isolates, zero-width space, word joiner; not the joiners: they shape words."""
_SPACES = re.compile(r"[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_FORMS = re.compile(r"[\ufb50-\ufbff\ufd50-\ufdc7\ufe70-\ufefc]+")
_JOINER = re.compile("[\u200c\u200d](?=[\\s.،؛:]|$)|(?<=\\s)[\u200c\u200d]")


def mend(text: str) -> str:
    """`text` on one line: invisible marks out, presentation forms decomposed, every kind of space one space."""
    if text.isascii():
        return " ".join(text.split())
    text = text.translate(_INVISIBLE)
    text = _FORMS.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text)
    return _JOINER.sub("", _SPACES.sub(" ", text)).strip()
