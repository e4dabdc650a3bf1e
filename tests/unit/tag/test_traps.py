"""Ambiguous names in sentences of our own, both readings."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.bench.tag_sets import misread, traps
from workers.tag import Tagger

TRAPS = Path(__file__).parent
LEAST = {"traps.yaml": 300, "traps_more.yaml": 300}


@pytest.mark.parametrize("file", sorted(LEAST))
def test_at_least_95_of_100_readings_are_right(tagger: Tagger, file: str) -> None:
    rows = list(traps(TRAPS / file))
    wrong = misread(tagger, rows)
    assert len(rows) >= LEAST[file]
    assert 1 - len(wrong) / len(rows) >= 0.95, wrong
