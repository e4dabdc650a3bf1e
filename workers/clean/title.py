"""A title without what the outlet appends to it."""

from __future__ import annotations

import re
from collections.abc import Collection

from workers.clean.keys import line_key
from workers.model import Outlet

_PART = re.compile(r"\s*[|»«]\s*|\s+[-–—•·:]{1,2}\s+")
_DOMAIN = re.compile(r"^(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,12}$", re.IGNORECASE)
_SHORTEST = 12
"""Characters that must be left: a title is never eaten."""


def without_suffix(title: str, outlet: Outlet) -> tuple[str, str]:
    """The title and the suffix that was taken off (empty when none). Known names of the outlet and domains go."""
    names = {line_key(name) for name in (outlet.name, outlet.id, outlet.site, *outlet.profile.title_suffixes) if name}
    parts = list(_PART.finditer(title))
    cut = len(title)
    for part in reversed(parts):
        if part.start() < _SHORTEST or not _is_name(title[part.end() : cut], names):
            break
        cut = part.start()
    return title[:cut].strip(), title[cut:].strip()


def _is_name(text: str, names: Collection[str]) -> bool:
    key = line_key(text)
    return key in names or _DOMAIN.match(text.strip()) is not None
