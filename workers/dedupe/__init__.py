"""Recognising a text again. Pure; the look-up is behind `ports.Duplicates`."""

from workers.dedupe.sketch import fingerprint

__all__ = ["fingerprint"]
