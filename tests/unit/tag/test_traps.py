"""Ambiguous names in sentences of our own, both readings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from workers.arabic.fold import fold
from workers.model import Cleaned, Paragraph
from workers.tag import Tagger

TRAPS = Path(__file__).parent / "traps.yaml"
WORD = "word"


def sentences() -> Iterator[tuple[str, str, str]]:
    """(name, entity or `word`, sentence)."""
    for name, readings in yaml.safe_load(TRAPS.read_text("utf-8")).items():
        for expected, rows in readings.items():
            for sentence in rows:
                yield name, expected, sentence


def reading(tagger: Tagger, name: str, sentence: str) -> str:
    """What the tagger takes the last `name` of the sentence for."""
    tags = tagger.tag(Cleaned(title="", paragraphs=(Paragraph(sentence),)))
    found = [m.entity for m in tags.mentions if fold(name).removeprefix("ال") in fold(m.surface)]
    return found[-1] or WORD if found else WORD


def test_at_least_95_of_100_readings_are_right(tagger: Tagger) -> None:
    rows = list(sentences())
    wrong = [(n, e, r, s) for n, e, s in rows if (r := reading(tagger, n, s)) != e and (n, e, r) not in SAME]
    assert len(rows) >= 300
    assert 1 - len(wrong) / len(rows) >= 0.95, wrong


SAME = {
    ("كان", "cannes", "cannes-festival"),
    ("عمان", "oman", "gulf-of-oman"),
}
"""A longer name of which the ambiguous one is a part counts as its reading."""
