"""Folding: the spelling variants of Arabic that readers take as one are written as one.

`fold` makes a key for comparing, never text for showing, letter by letter. Rules (research: search, section 2):
harakat, tatweel, bidi controls and zero-width characters are deleted; alef with hamza or madda or wasla becomes bare
alef, waw and ya with hamza become waw and ya, alef maqsura becomes ya, ta marbuta becomes ha, Persian, Urdu and
Maghribi letters their Arabic base letters; digits become ASCII; presentation forms are decomposed; Latin letters lose
their accents.

`search_form` is the stricter form of one word that the index holds (`workers.arabic.tokens`, and the same rules as an
Elasticsearch mapping in `workers.index.analysis`). It differs from `fold` where neighbours matter:
- ئو is وو, so that شئون is شؤون ("affairs"); يء is ي, so that شيء is شئ ("thing").
- alef maqsura stays in the five particles that would otherwise be other words: على "on" is not علي "Ali".
- the comma of digit groups falls out: 12,000 and ١٢٬٠٠٠ are 12000.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

MARKS = "\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"
"""Tatweel and the common harakat: what may stand between the two letters of a contextual rule."""

WRITTEN = (
    "\u0300-\u033f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\u08d4-\u08e1\u08e3-\u08ff"
)
"""Inside of a character class: tatweel and marks on letters. They leave no trace in a key, but belong to the word."""
INVISIBLE = "\u00ad\u034f\u061c\u200c-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
"""Inside of a character class: joiners, bidi controls, soft hyphen. Not U+200B, which parts words."""
DELETED = WRITTEN + INVISIBLE

_LETTERS = {
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ٲ": "ا", "ٳ": "ا", "ٵ": "ا",
    "ؤ": "و", "ٶ": "و", "ۇ": "و", "ۆ": "و", "ۈ": "و", "ۋ": "و", "ئ": "ي", "ٸ": "ي", "ة": "ه",
    "ک": "ك", "ڪ": "ك", "ګ": "ك", "ݣ": "ك", "ڭ": "ك", "گ": "غ",
    "ی": "ي", "ې": "ي", "ے": "ي", "ۍ": "ي", "ێ": "ي", "ۓ": "ي",
    "ھ": "ه", "ہ": "ه", "ە": "ه", "ۀ": "ه", "ۂ": "ه", "ۃ": "ه",
    "پ": "ب", "چ": "ج", "ژ": "ج", "ڤ": "ف", "ٹ": "ت", "ٽ": "ت", "ڈ": "د", "ڑ": "ر", "ڕ": "ر",
    "ڵ": "ل", "ں": "ن", "ڨ": "ق",
}  # fmt: skip
_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ð": "d", "þ": "th",
    "Æ": "ae", "Œ": "oe", "Ø": "o", "Đ": "d", "Ł": "l", "Ð": "d", "Þ": "th", "Σ": "σ", "ς": "σ",
}  # fmt: skip
"""What has no accent to lose; and the one letter whose lower case depends on its neighbours."""

COMMON = (*range(0x20, 0x7F), *range(0x0600, 0x0700))
"""Signs of which nearly all text is made: Latin, Arabic."""
_ARABIC_BLOCK_FORMS = (*range(0xFB50, 0xFDFD), *range(0xFE70, 0xFEFF))


def _letters(maqsura: str) -> dict[int, str]:
    table = {ord(k): v for k, v in {**_LETTERS, **_LATIN, "ى": maqsura}.items()}
    for zero in (0x0660, 0x06F0):
        table.update({zero + i: str(i) for i in range(10)})
    for code in range(0x00C0, 0x0250):
        base = unicodedata.normalize("NFKD", chr(code))[0]
        if base != chr(code) and base.isascii():
            table[code] = base.lower()
    return table


def _table(maqsura: str) -> dict[int, str]:
    pattern = re.compile(f"[{DELETED}]")
    table = dict.fromkeys((c for c in range(0x10000) if pattern.match(chr(c))), "")
    table.update(_letters(maqsura))
    for code in _ARABIC_BLOCK_FORMS:
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain != chr(code):
            table[code] = plain.strip().translate(table)
    return table


def complete(table: Mapping[int, str]) -> dict[int, str]:
    """`table` for `str.translate`, with common letters as themselves: one that is not there takes three times as long,
    for `str.translate` raises a KeyError for it and catches that."""
    return {code: chr(code) for code in COMMON} | dict(table)


TABLE = complete({**_table("ي"), 0x200B: ""})
"""Of `fold`, for `str.translate`."""

_FREQUENT = {sign: TABLE[ord(sign)] for sign in "أةىإئآؤ\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651"}
"""What nearly every text holds."""
_FOLDED = re.compile("[ء-غف-ي0-9a-z.,\n]*")
"""Of text without those: nothing is left to fold."""

SEARCH_TABLE: dict[int, str] = {
    **_table("ى"),
    **{ord(k): v for k, v in {"\u200b": " ", "_": " ", "٬": ",", "،": ",", "٫": "."}.items()},
}
"""Of `search_form`: each character by itself. Underscores (in hashtags) and zero-width spaces part words."""
_SEARCH_FORMS = complete(SEARCH_TABLE)

JOINED = "ء-غف-ي" + "".join(_LETTERS).translate({ord(c): "" for c in "أإآؤئة"})
"""Inside of a character class: letters before which a full stop or colon parts words (د.محمد is two)."""

CONTEXT = re.compile(f"[.:](?:ئ[{MARKS}]?و|[يى][{MARKS}]?ء|[{JOINED}])|ئ[{MARKS}]?و|[يى][{MARKS}]?ء")
"""Neighbours that are folded together; all else is folded by `SEARCH_TABLE`."""

MAQSURA_STEMS = ("عل", "ال", "حت", "لد", "مت")  # on, to, until, at, when: each with a final ى
_KEEP_MAQSURA = frozenset(join + stem + "ى" for join in ("", "و", "ف") for stem in MAQSURA_STEMS)
_GROUP_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")


def fold(text: str) -> str:
    """`text` as a comparing key: one spelling for what readers take as one, lower case, length may change."""
    return text.translate(TABLE).lower()


def fold_all(words: Iterable[str]) -> list[str]:
    """`fold` of each of many words, none of which holds a line break.

    Nearly all letters to fold are a few, and `str.replace` is twenty times as quick as `str.translate`.
    """
    whole = "\n".join(words)
    for letter, plain in _FREQUENT.items():
        whole = whole.replace(letter, plain)
    return (whole if _FOLDED.fullmatch(whole) else fold(whole)).split("\n")


def fold_neighbours(found: re.Match[str]) -> str:
    """The replacement of a `CONTEXT` match."""
    whole = found.group()
    head = " " if whole[0] in ".:" else ""
    rest = whole[len(head) :]
    if len(rest) == 1:
        return head + rest.translate(_SEARCH_FORMS)
    return head + ("وو" if rest[0] == "ئ" else "ي")


def search_form(word: str) -> str:
    """The exact form of one word under which the index holds it."""
    return finish(CONTEXT.sub(fold_neighbours, word).translate(_SEARCH_FORMS))


def finish(token: str) -> str:
    """The rules that need a whole token, on one whose characters are folded already."""
    token = token.lower()
    if "ى" in token and token not in _KEEP_MAQSURA:
        token = token.replace("ى", "ي")
    if "," in token:
        token = _GROUP_COMMA.sub("", token)
    return token
