"""Regular expressions in rules: RE2 (linear time, whatever the pattern), made to work on Arabic.

RE2's `\\b`, `\\w`, `\\d` and `\\s` know ASCII only: `\\bمصر\\b` (Egypt) never matches. They are rewritten to classes of
letters, marks and digits. The text is folded as query words are (variants of letters, harakat, tatweel, digits, case);
so are the pattern's own letters. It may span words of one field. RE2 has no look-around, so a `\\b` must stand where a
plain class can take its place: at the beginning or end of the pattern (or of an alternative), or between a letter and a
sign, where it says nothing new.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from workers.arabic.fold import fold
from workers.errors import Fault, UserError
from workers.search.tree import (
    DEFAULT_FIELDS,
    NAME_FIELDS,
    And,
    Boost,
    MatchAll,
    Not,
    Nothing,
    Or,
    Pattern,
    Query,
    all_of,
    any_of,
)

MAX_PATTERN = 512
MAX_MEMORY = 1 << 20
"""Bytes of RE2's program and cache; a pattern that needs more is refused when it is compiled."""
WORD = r"\p{L}\p{M}\p{N}"
"""What a word is made of. No underscore: it parts words in hashtags (#غزة_الآن), as it does in search."""
_CLASSES = {r"\w": WORD, r"\d": r"\p{Nd}", r"\s": r"\s\p{Z}"}
_NEGATED = {r"\W": r"\w", r"\D": r"\d", r"\S": r"\s"}
_BEFORE, _AFTER = f"(?:\\A|[^{WORD}])", f"(?:[^{WORD}]|\\z)"
_PIECE = re.compile(
    r"""\\p\{\^?\w+\} | \\P\{\w+\} | \\x\{[0-9A-Fa-f]+\} | \\x[0-9A-Fa-f]{2} | \\.
      | \[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]
      | \(\?(?:P?<\w+>|[imsU-]*:|[imsU-]+\)) | [(|)]
      | (?:[*+?]|\{\d+(?:,\d*)?\})\??
      | .""",
    re.VERBOSE | re.DOTALL,
)
_OPENS = re.compile(r"\((?:\?(?:P?<\w+>|[imsU-]*:))?$")


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """The RE2 program of a pattern as a person wrote it. Raises `UserError` with what is wrong and the mend."""
    if len(pattern) > MAX_PATTERN:
        raise UserError(Fault("query", f"a pattern is longer than {MAX_PATTERN} characters", "write several rules"))
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    options.case_sensitive = False
    try:
        found = re2.compile(rewritten(pattern), options=options)
    except re2.error as error:
        why = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        mend = "RE2 has no look-around and no back-references, and counts at most to 1,000"
        raise UserError(Fault("query", f"/{pattern}/ is no pattern: {why}", mend)) from None
    if found.search("") is not None:
        raise UserError(Fault("query", f"/{pattern}/ matches everything", "let it need at least one character"))
    return found


def without(query: Query, *, positive: bool = True) -> Query:
    """`query` with its patterns left out: it finds at least what `query` finds, and an index can be asked for it."""
    match query:
        case Pattern():
            return MatchAll() if positive else Nothing()
        case And(parts):
            return all_of([without(part, positive=positive) for part in parts])
        case Or(parts):
            return any_of([without(part, positive=positive) for part in parts])
        case Not(part):
            return Not(without(part, positive=not positive))
        case Boost(part, factor):
            return Boost(without(part, positive=positive), factor)
        case _:
            return query


def fields_of(query: Pattern) -> tuple[str, ...]:
    """The text fields that `query` is asked of."""
    if query.field == "entity":
        return NAME_FIELDS
    return DEFAULT_FIELDS if query.field is None else (query.field,)


def spans(pattern: str, text: str) -> Iterator[tuple[int, int]]:
    """Where `pattern` matches in `text` as printed: offsets of whole words that hold a match."""
    parts = [fold(char) for char in text]
    origin = [at for at, part in enumerate(parts) for _ in part]
    for found in compiled(pattern).finditer("".join(parts)):
        start, end = found.span()
        inside = [origin[at] for at in range(start, end)]
        letters = [at for at in inside if text[at].isalnum()]
        if letters:
            yield letters[0], letters[-1] + 1


@dataclass(frozen=True, slots=True)
class _Piece:
    """One part of a pattern. `kind`: open, close, or, times, edge, word (a letter, `\\w`), sign (a space) or other."""

    text: str
    kind: str


def rewritten(pattern: str) -> str:
    """`pattern` in RE2's words. Raises `UserError` where `\\b` stands in a place that cannot be said in them."""
    pieces = [_piece(found[0]) for found in _PIECE.finditer(pattern)]
    made = []
    for at, piece in enumerate(pieces):
        if piece.kind == "edge":
            made.append(_edge(pieces, at))
        else:
            made.append(_said(piece.text))
    return "".join(made)


def _piece(text: str) -> _Piece:
    if text == r"\b":
        return _Piece(text, "edge")
    if text in {")", "|"}:
        return _Piece(text, "close" if text == ")" else "or")
    if _OPENS.fullmatch(text):
        return _Piece(text, "open")
    if re.fullmatch(r"(?:[*+?]|\{\d+(?:,\d*)?\})\??", text):
        return _Piece(text, "times")
    if text in {r"\w", r"\d"} or (len(text) == 1 and text.isalnum()):
        return _Piece(text, "word")
    is_sign = text in {r"\s", r"\W"} or (len(text.removeprefix("\\")) == 1 and not text[-1].isalnum() and text != ".")
    return _Piece(text, "sign" if is_sign else "other")


def _edge(pieces: list[_Piece], at: int) -> str:
    """What stands for the `\\b` at `at`."""
    left, right = pieces[at - 1] if at else None, pieces[at + 1] if at + 1 < len(pieces) else None
    if _is_letter(right) and _nothing_left(pieces, at - 1):
        return _BEFORE
    if _is_letter(left, times=True) and _nothing_right(pieces, at + 1):
        return _AFTER
    if left is not None and right is not None and {left.kind, right.kind} == {"word", "sign"}:
        return ""
    mend = "write \\b before the first or after the last letter of a pattern or of an alternative"
    raise UserError(Fault("query", "\\b stands where RE2 cannot tell it in Arabic", mend))


def _is_letter(piece: _Piece | None, *, times: bool = False) -> bool:
    """Whether a letter stands there, or a class or group that may be taken for one."""
    if piece is None:
        return False
    positive = piece.text.startswith("[") and not piece.text.startswith("[^")
    return piece.kind == "word" or positive or piece.kind in ({"close", "times"} if times else {"open"})


def _nothing_left(pieces: list[_Piece], at: int) -> bool:
    """Whether nothing of the pattern comes before the piece at `at`, whichever alternative is taken."""
    while at >= 0:
        if pieces[at].kind == "or":
            at = _matching(pieces, at, -1)
        elif pieces[at].kind != "open":
            return False
        at -= 1
    return True


def _nothing_right(pieces: list[_Piece], at: int) -> bool:
    while at < len(pieces):
        if pieces[at].kind == "or":
            at = _matching(pieces, at, 1)
        elif pieces[at].kind != "close":
            return False
        at += 1
    return True


def _matching(pieces: list[_Piece], at: int, step: int) -> int:
    """Where the group that the piece at `at` stands in begins (`step` -1) or ends (1)."""
    inward, outward = ("close", "open") if step < 0 else ("open", "close")
    depth = 0
    while 0 <= (at := at + step) < len(pieces):
        if pieces[at].kind == outward and depth == 0:
            return at
        depth += (pieces[at].kind == inward) - (pieces[at].kind == outward)
    return at


def _said(text: str) -> str:
    if text in _CLASSES:
        return f"[{_CLASSES[text]}]"
    if text in _NEGATED:
        return f"[^{_CLASSES[_NEGATED[text]]}]"
    if text == r"\B":
        raise UserError(Fault("query", "\\B is not known in patterns", "leave it out"))
    if text.startswith("[") and len(text) > 1:
        return _class(text)
    return fold(text) if len(text) == 1 else text


def _class(text: str) -> str:
    inside = re.sub(r"\\[wdsWDSbB]", lambda found: _in_class(found[0]), text[1:-1])
    return "[" + "".join(fold(char) if not char.isascii() else char for char in inside) + "]"


def _in_class(text: str) -> str:
    if text in _CLASSES:
        return _CLASSES[text]
    raise UserError(Fault("query", f"{text} cannot stand inside [ ]", "write the class itself with ^"))
