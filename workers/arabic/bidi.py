"""Right-to-left text among other text: isolation, clean-up, and reordering for terminals that do none."""

from __future__ import annotations

import re
import unicodedata

from bidi.algorithm import get_display  # this one mirrors brackets

FSI = "\u2068"  # first strong isolate: takes the direction of what it holds
PDI = "\u2069"  # pop directional isolate

_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def isolate(text: str) -> str:
    """`text` between FSI and PDI, so that it cannot reorder its neighbours. Its own unbalanced controls are removed."""
    return f"{FSI}{strip_controls(text)}{PDI}"


def strip_controls(text: str) -> str:
    """`text` without bidi controls (marks, embeddings, overrides, isolates)."""
    return _CONTROLS.sub("", text)


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction is written from right to left."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in {"R", "AL"}:
            return True
        if direction == "L":
            return False
    return False


def visual(text: str) -> str:
    """Each line of `text` in the order in which a terminal that does not reorder must print it, left to right."""
    return "\n".join(str(get_display(strip_controls(line))) for line in text.split("\n"))
