"""Moments as Redis keeps them: milliseconds since 1970, whole, so that they sort and compare in scripts."""

from __future__ import annotations

from datetime import UTC, datetime


def to_ms(moment: datetime) -> int:
    """An aware moment in milliseconds."""
    return int(moment.timestamp() * 1000)


def from_ms(ms: float | bytes | str) -> datetime:
    """The moment, in UTC."""
    return datetime.fromtimestamp(float(ms) / 1000, UTC)
