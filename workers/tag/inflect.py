"""Forms of a nisba (صيني, "Chinese"): masculine, feminine and plural, with and without the article."""

from __future__ import annotations

from collections.abc import Iterator

_ENDINGS = ("", "ة", "ون", "ين", "ات", "ا")
"""Feminine ة, plural ون ين ات, tanwin ا."""


def feminine(adjective: str) -> str:
    """الصينية of صيني; each word of كوري جنوبي is inflected."""
    return " ".join(f"ال{word}ة" for word in adjective.split())


def forms(adjective: str) -> Iterator[str]:
    """Every written form. An adjective that does not end in ي (أتراك, a broken plural) only takes the article."""
    parts = adjective.split()
    endings = _ENDINGS if adjective.endswith("ي") or len(parts) > 1 else ("",)
    for ending in endings:
        yield " ".join(word + ending for word in parts)
        yield " ".join(f"ال{word}{ending}" for word in parts)
