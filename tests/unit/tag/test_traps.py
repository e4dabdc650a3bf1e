"""Ambiguous names in sentences of our own, both readings."""

from __future__ import annotations

from pathlib import Path

from workers.bench.tag_sets import misread, traps
from workers.tag import Tagger

TRAPS = Path(__file__).parent / "traps.yaml"


def test_at_least_95_of_100_readings_are_right(tagger: Tagger) -> None:
    rows = list(traps(TRAPS))
    wrong = misread(tagger, rows)
    assert len(rows) >= 300
    assert 1 - len(wrong) / len(rows) >= 0.95, wrong
