"""Jobs done together: one that fails takes none along, and is named."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from workers.errors import Quarantine, Retry
from workers.remake.crew import Crew, Remade, each
from workers.store.archive import Record

HERE: Any = SimpleNamespace(pipeline=None)


def record(position: str) -> Any:
    return SimpleNamespace(position=position)


def test_jobs_are_done_in_lots_and_answered_in_order() -> None:
    lots: list[list[str]] = []

    def work(_: Any, lot: Sequence[Record]) -> list[Remade]:
        lots.append([job.position for job in lot])
        return [Remade(job.position, "same") for job in lot]

    with Crew(HERE, 1) as crew:
        done = crew.map(work, list(map(record, "abcde")), together=2)
    assert [one.id for one in done] == list("abcde")
    assert lots == [["a", "b"], ["c", "d"], ["e"]]


def test_who_fails_is_named_and_the_others_are_done() -> None:
    def work(_: Any, lot: Sequence[Record]) -> list[Remade]:
        for job in lot:
            if job.position == "b":
                raise ValueError("no such thing")
            if job.position == "d":
                raise Quarantine("too deep")
        return [Remade(job.position, "changed") for job in lot]

    with Crew(HERE, 1) as crew:
        done = crew.map(work, list(map(record, "abcd")), together=4)
    assert [(one.id, one.result, one.reason) for one in done] == [
        ("a", "changed", ""),
        ("b", "failed", "ValueError: no such thing"),
        ("c", "changed", ""),
        ("d", "failed", "too deep"),
    ]


def test_a_store_that_is_away_stops_the_work() -> None:
    def work(_: Any, job: Record) -> Remade:
        raise Retry(job.position)

    with Crew(HERE, 1) as crew, pytest.raises(Retry, match="a"):
        crew.map(each(work), [record("a")])
