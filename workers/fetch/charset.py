"""Bytes to text: what a page or feed says of its charset is a hint, what its bytes can be decides. Pure.

Order: byte order mark; UTF-16 by its zero bytes; strict UTF-8 (multi-byte text that is valid UTF-8 by chance does not
happen); UTF-8 with replacement while fewer than 2 % of the non-ASCII characters are replaced (one bad byte must not
turn a whole feed to mojibake); then the declared charsets and the Arabic ones, whichever makes the best Arabic; then
what was declared, else windows-1252. Text that was encoded twice is repaired where long runs of it leave no doubt.
"""

from __future__ import annotations

import codecs
import re

REPLACED_SHARE = 0.02
"""Of the non-ASCII characters; research: extraction, section 6."""
_HEAD = 4096
"""Bytes in which a declaration is looked for (HTML asks for the first 1024; Arabic sites put it later)."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EBCDIC = "<?xml".encode("cp037")
"""How a document in a mainframe's charset begins (XML 1.0, appendix F); its declaration can be read as cp037."""
_DECLARED = (
    re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w.:-]+)""", re.IGNORECASE),
    re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE),
)
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "unicode_escape", "raw-unicode-escape", "undefined", "utf-7", "mbcs", "oem"}
)
"""Codecs of Python that are no charset of a document, by their own names."""
_ALIASES = {
    "iso-8859-1": "windows-1252",
    "latin-1": "windows-1252",
    "latin1": "windows-1252",
    "us-ascii": "windows-1252",
}
"""As browsers read them (WHATWG Encoding)."""
_ARABIC = ("windows-1256", "iso-8859-6")

_ARABIC_LETTER = re.compile("[\u0621-\u064a]")
_FOREIGN = re.compile("[\u0080-\u009f\u00a1-\u05ff\u064b-\uffff]")
_COMMON = re.compile(
    r"(?<![\u0621-\u064a])(?:وال|بال|ال(?=[\u0621-\u064a]{2})|(?:في|من|على|إلى|أن|عن|مع|هذا|التي)(?![\u0621-\u064a]))"
)
"""The article ("the …", "and the …", "in the …") and words for in, from, on, to, that, about, with, this, which."""


def decode(body: bytes, content_type: str | None) -> tuple[str, str]:
    """The text of `body` and the charset it was read in (`utf-8`, `windows-1256`, …; `+repaired` where it had been
    encoded twice). Never raises. `content_type` is the HTTP header's value."""
    text, charset = _decoded(body, content_type)
    repaired = _unmixed(text)
    return (repaired, f"{charset}+repaired") if repaired is not None else (text, charset)


def declared_charsets(body: bytes, content_type: str | None) -> list[str]:
    """The charsets that header, XML declaration and meta name, in this order, as far as they are known ones."""
    header = re.search(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", content_type or "", re.IGNORECASE)
    names = [header[1]] if header else []
    names += [found[1].decode("ascii", "replace") for p in _DECLARED if (found := p.search(body[:_HEAD]))]
    return list(dict.fromkeys(known for name in names if (known := _known(name))))


def _decoded(body: bytes, content_type: str | None) -> tuple[str, str]:
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return body.decode(charset, "replace").removeprefix("\ufeff"), charset
    if (wide := _wide(body)) is not None:
        return body.decode(wide, "replace"), wide
    if body.startswith(_EBCDIC):
        named = declared_charsets(body[:_HEAD].decode("cp037").encode(), None)
        return body.decode(named[0] if named else "cp037", "replace"), named[0] if named else "cp037"
    declared = declared_charsets(body, content_type)
    try:
        return body.decode("utf-8"), "utf-8" if not body.isascii() or not declared else declared[0]
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    other = sum(1 for char in text if char > "\x7f")
    if text.count("\ufffd") < REPLACED_SHARE * other:
        return text, "utf-8"
    return _best(body, declared)


def _wide(body: bytes) -> str | None:
    """UTF-16 without a mark: the high bytes of ASCII and of Arabic (U+06xx) are all on one side."""
    head = body[: _HEAD & ~1]
    if len(head) < 8 or 0 not in head:
        return None
    for start, charset in ((1, "utf-16-le"), (0, "utf-16-be")):
        high = head[start::2]
        if high.count(0) + high.count(6) > 0.9 * len(high):
            return charset
    return None


def _known(name: str) -> str | None:
    """The name as it is used from here on; None for what Python cannot read as text. UCS-2 is UTF-16 to a reader."""
    name = name.strip().lower().removeprefix("x-")
    name = _ALIASES.get(name, name)
    try:
        codec = codecs.lookup(name)
        b"a".decode(name)  # raises LookupError for codecs that are no text, such as rot13
    except (LookupError, UnicodeError, ValueError):
        return None
    return None if codec.name in _NO_CHARSETS else name


def _best(body: bytes, declared: list[str]) -> tuple[str, str]:
    single = [name for name in declared if not name.startswith("utf")]
    candidates = list(dict.fromkeys([*single, *_ARABIC]))
    texts = {name: body.decode(name, "replace") for name in candidates}
    scores = {name: _arabic_score(text) for name, text in texts.items()}
    chosen = max(candidates, key=lambda name: scores[name])
    if scores[chosen] <= 0:  # no Arabic in it, whichever way it is read
        chosen = single[0] if single else "windows-1252"
    return texts.get(chosen) or body.decode(chosen, "replace"), chosen


def _arabic_score(text: str) -> float:
    """Common Arabic words a hundred letters, less what does not belong into Arabic text; 0 without Arabic words."""
    letters = len(_ARABIC_LETTER.findall(text))
    common = len(_COMMON.findall(text))
    if not letters or not common:
        return 0.0
    return max(100 * common / letters - 50 * len(_FOREIGN.findall(text)) / letters, 0.01)


# --- text that was encoded twice ---------------------------------------------------------------------------------


def _reading(charset: str) -> dict[str, int]:
    """Character → byte, for all high bytes as the charset reads them. Latin-1's controls count for their bytes too:
    programs that know no windows-1252 leave them, and it leaves five bytes undefined itself."""
    pairs = {chr(byte): byte for byte in range(0x80, 0xA0)}
    read = {bytes([byte]).decode(charset, "replace"): byte for byte in range(0x80, 0x100)}
    return pairs | {char: byte for char, byte in read.items() if char != "\ufffd"}


_LEADS = (0xD8, 0xD9, 0xDA, 0xDB)
"""First bytes of Arabic letters in UTF-8."""


class _Mixing:
    """UTF-8 read as `charset`: how a run of it looks and how to undo it."""

    def __init__(self, charset: str, least: int) -> None:
        self.reading = _reading(charset)
        lam = "\u0644".encode().decode(charset)
        self.marks = (lam, f"{lam[0]}\x84")
        """How the commonest Arabic letter (lam) looks in it: a text without it is not mixed."""
        leads = "".join(char for char, byte in self.reading.items() if byte in _LEADS)
        follow = "".join(char for char, byte in self.reading.items() if 0x80 <= byte < 0xC0)
        pair = f"[{leads}][{re.escape(follow)}]"
        self.certain = re.compile(f"(?:{pair}){{4,}}")
        self.run = re.compile(f"(?:{pair}){{{least},}}")

    def undo(self, text: str) -> str:
        return self.run.sub(lambda run: bytes(self.reading[char] for char in run[0]).decode("utf-8", "replace"), text)


_MIXINGS = (_Mixing("windows-1252", 1), _Mixing("windows-1256", 2))
_CERTAIN_RUNS = 3
"""Runs of four and more letters; one could be an accident (فقط، is one pair in windows-1256)."""


def _unmixed(text: str) -> str | None:
    for mixing in _MIXINGS:
        if (
            any(mark in text for mark in mixing.marks)
            and len(mixing.certain.findall(text, 0, 200_000)) >= _CERTAIN_RUNS
        ):
            return mixing.undo(text)
    return None
