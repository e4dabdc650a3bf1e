"""The form of a line that rules match: folded, one space, no ornament at the edges."""

from __future__ import annotations

import re

from workers.arabic.fold import TABLE, fold

_EDGE = (
    r"[\s:|.\-–—•*»«…،؛,;/\\>‹›<>()\[\]{}\"'“”‘’!?؟#_=+~^■▪●◄►▶◀✓✔★☆"
    r"\u2190-\u21ff\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]+"
)
_EDGES = re.compile(f"^{_EDGE}|{_EDGE}$")
_SPACE = re.compile(r"\s+")


def line_key(text: str) -> str:
    """`text` folded, whitespace collapsed, punctuation and ornaments trimmed from both ends."""
    return _EDGES.sub("", _SPACE.sub(" ", fold(text)))


def fold_pattern(pattern: str) -> str:
    """A regular expression written in plain Arabic, made to match folded text. Latin letters must be lower case."""
    return pattern.translate(TABLE)
