"""A redesign shows in the measure that it changes; ordinary days show nothing."""

from __future__ import annotations

import random

from workers.clean.drift import Window, add, compare
from workers.model import Cleaned, Paragraph, Removed


def article(length: int, *, removed: int = 30, byline: str = "هالة نصر") -> Cleaned:
    evidence = (Removed(rule="r", text="x" * removed, position=0),)
    return Cleaned(title="t", paragraphs=(Paragraph("ن" * length),), byline=byline, removed=evidence)


def window(pages: int, chance: random.Random, *, empty: float = 0.05, factor: float = 1.0, **options: object) -> Window:
    found = Window()
    for number in range(pages):
        made = None if chance.random() < empty else article(int(chance.lognormvariate(7.5, 0.5) * factor), **options)  # type: ignore[arg-type]
        found = add(found, f"https://example.com/{number}", made, published=True, image=True)
    return found


def test_ordinary_days_are_quiet() -> None:
    chance = random.Random(3)
    past = window(400, chance)
    assert [drift for _ in range(200) for drift in compare(past, window(40, chance))] == []


def test_each_measure_is_seen_with_examples() -> None:
    chance = random.Random(4)
    past = window(400, chance)
    seen = {
        "empty": window(40, chance, empty=0.7),
        "length": window(40, chance, factor=0.3),
        "removed": window(40, chance, removed=4000),
        "missing byline": window(40, chance, byline=""),
    }
    for measure, now in seen.items():
        found = {drift.measure: drift for drift in compare(past, now)}
        assert measure in found
        assert found[measure].examples[0] == "https://example.com/39"


def test_too_few_pages_say_nothing() -> None:
    chance = random.Random(5)
    assert compare(window(400, chance), window(9, chance, empty=1.0)) == []
    assert compare(window(20, chance), window(40, chance, empty=1.0)) == []
