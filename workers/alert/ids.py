"""The ids of alerts: of the rule and of what it is told once about, so that twice is once."""

from __future__ import annotations

import hashlib


def alert_id(*parts: str) -> str:
    """32 hex digits of a rule's id and of what it is told once about (a story, an article, a name, a moment)."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
