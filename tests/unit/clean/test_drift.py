"""A redesign shows in the measure that it changes; ordinary days show nothing."""

from __future__ import annotations

import random

from workers.clean.drift import Sighting, add_up, compare


def pages(number: int, chance: random.Random, *, empty: float = 0.05, factor: float = 1.0, removed: float = 0.03,
          missing: tuple[str, ...] = ()) -> list[Sighting]:  # fmt: skip
    return [
        Sighting(page=str(n))
        if chance.random() < empty
        else Sighting(
            page=str(n), length=int(chance.lognormvariate(7.5, 0.5) * factor), removed=removed, missing=missing
        )
        for n in range(number)
    ]


def test_ordinary_days_are_quiet() -> None:
    chance = random.Random(3)
    past = add_up(pages(400, chance))
    assert [drift for _ in range(200) for drift in compare(past, pages(30, chance))] == []


def test_each_measure_is_seen_with_pages_that_show_it() -> None:
    chance = random.Random(4)
    past = add_up(pages(400, chance))
    seen = {
        "empty": pages(30, chance, empty=0.6),
        "length": pages(30, chance, factor=0.3),
        "removed": pages(30, chance, removed=0.6),
        "missing byline": pages(30, chance, missing=("byline",)),
    }
    for measure, now in seen.items():
        found = {drift.measure: drift for drift in compare(past, now)}
        assert measure in found
        by_page = {one.page: one for one in now}
        example = by_page[found[measure].examples[0]]
        assert (not example.length) if measure == "empty" else example.length
        assert "→" in str(found[measure])


def test_a_third_of_the_pages_broken_is_enough() -> None:
    chance = random.Random(6)
    past = add_up(pages(200, chance, empty=0.02))
    broken = [Sighting(page=f"new{n}") for n in range(10)]
    assert [drift.measure for drift in compare(past, [*broken, *pages(20, chance, empty=0)])] == ["empty"]


def test_too_few_pages_say_nothing() -> None:
    chance = random.Random(5)
    assert compare(add_up(pages(400, chance)), pages(9, chance, empty=1.0)) == []
    assert compare(add_up(pages(20, chance)), pages(30, chance, empty=1.0)) == []
