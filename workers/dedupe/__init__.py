"""Recognising a text again. Pure; the look-up is behind `ports.Duplicates`."""
