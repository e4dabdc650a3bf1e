"""robots.txt (RFC 9309) as a decision about one address. Pure: the store fetches and keeps the file."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Protocol

from protego import Protego

AGENT = "Rasid"
"""The product token that a robots.txt may name."""
MAX_ROBOTS = 500 * 1024
"""Bytes that are read, as RFC 9309 asks at least."""


class Robots(Protocol):
    """Whether a page may be asked for."""

    def allowed(self, url: str, *, now: datetime) -> bool:
        """Raises `Retry` while the host's robots.txt cannot be had (5xx, unreachable)."""


def permits(robots: str, url: str) -> bool:
    """Whether the text of a robots.txt lets us ask for `url`."""
    return bool(_parsed(robots[:MAX_ROBOTS]).can_fetch(url, AGENT))


def crawl_delay(robots: str) -> float:
    """Seconds that it asks to leave between requests; 0 where it says nothing."""
    return float(_parsed(robots[:MAX_ROBOTS]).crawl_delay(AGENT) or 0.0)


@lru_cache(maxsize=512)
def _parsed(robots: str) -> Protego:
    return Protego.parse(robots)
