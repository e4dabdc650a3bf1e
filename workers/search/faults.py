"""What is wrong with a question, in Arabic, for the page: commands and logs say it in English."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import yaml

_LTR, _ANY, _END = "\u2066", "\u2068", "\u2069"
"""Isolates: what is typed runs from left to right, what the reader wrote as it does by itself."""
_RTL = "\u200f"
"""A mark, for what the reader wrote may stand first."""
_TYPED, _ISOLATED = re.compile("`([^`]+)`"), rf"{_LTR}\1{_END}"
_LEFT_OPEN = "(.+?)"


def in_arabic(text: str) -> str:
    """`text`, a fault's problem or mend; as it is where templates/faults.yaml does not know it."""
    for pattern, arabic in _templates():
        if found := pattern.fullmatch(text):
            return _RTL + arabic.format(*[f"{_ANY}{part}{_END}" for part in found.groups()])
    return text


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    """The longest first: what is general comes after what is meant."""
    rows = yaml.safe_load(files("workers.search").joinpath("templates/faults.yaml").read_text("utf-8"))
    return [
        (re.compile(_LEFT_OPEN.join(map(re.escape, english.split("{}"))), re.DOTALL), _TYPED.sub(_ISOLATED, arabic))
        for english, arabic in sorted(rows.items(), key=lambda row: -len(row[0]))
    ]
