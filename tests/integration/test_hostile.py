"""What a hostile server does to a poll: the quick cases of `python -m tests.hostile`, which prints all with figures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile import Case, Worker, cases

HEAVY = {
    *("bare ampersands", "an attribute of ampersands", "one category again and again", "empty tags that end wrongly"),
    *("empty tags", "a hundred thousand items", "half a million tags inside one another", "gzip, 0.5 MB for 500 MB"),
    *("gzip in gzip", "half a million tags that do not end", "nothing but spaces", "a page", "brackets of JSON"),
}
"""Seconds of CPU each: run by the command."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as running:
        yield running


def quick(worker: Worker) -> list[Case]:
    """Cases that neither cost seconds nor are tested at the client alone already."""
    from tests.unit.fetch.test_http import HOSTILE, INTERNAL, SLOW

    known = {*HOSTILE, *SLOW, *(f"address {payload}" for payload in INTERNAL)}
    return [case for case in cases(worker.internal) if case.name not in HEAVY | known]


def test_each_ends_under_its_name_with_memory_flat(worker: Worker) -> None:
    asked = quick(worker)
    assert len(asked) >= 15
    ended = {case.name: (case, worker.run(case)) for case in asked}
    wrong = {name: end.outcome for name, (case, end) in ended.items() if end.outcome not in case.ends}
    assert wrong == {}
    assert sum(end.connections for _, end in ended.values()) == 0, "nothing internal was reached"
    assert max(end.peak for _, end in ended.values()) < 150, "megabytes above the worker's rest"
