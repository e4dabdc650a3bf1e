"""Sentences of a text, as spans."""

from __future__ import annotations

import re

_CLOSERS = "\"'»”’)\\]\u200f\u200e\u2069\u202c"
_END = re.compile(f"(?:[!?؟…]+|\\.+)[!?؟.…]*[{_CLOSERS}]*(?=\\s)|\\s*\\n\\s*")
_ABBREVIATION = re.compile(r"(?:^|[\s(«“\"])[\wـ]{1,2}$")
"""One or two letters before a full stop: initials and titles (أ. ف. ب., د. "Dr", U.S.), not the end of a sentence."""


def split(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of `text`, without the white space around them.

    A sentence ends at a line's end, and at . ! ? ؟ … (closing quotes belong to it) before white space. A full stop
    after one or two letters ends none; a decimal point has no white space behind it.
    """
    found = []
    start = 0
    for end in _END.finditer(text):
        if end[0][0] == "." and _ABBREVIATION.search(text, max(start, end.start() - 4), end.start()):
            continue
        found.append((start, end.end()))
        start = end.end()
    found.append((start, len(text)))
    return [span for span in (_trimmed(text, *span) for span in found) if span[0] < span[1]]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return (start + left, start + len(piece.rstrip())) if left < len(piece) else (end, end)
