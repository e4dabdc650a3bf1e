"""Articles in lots for Elasticsearch."""

from __future__ import annotations

from collections.abc import Iterator

from tests.integration.indexes import NOW, article
from workers.index import bulk
from workers.model import Article


def some(number: int) -> Iterator[Article]:
    return (article(f"a{n}") for n in range(number))


def sizes(number: int, *, seconds: float | None) -> list[int]:
    return [len(lot) for lot in bulk.batches(some(number), lambda: NOW, seconds=seconds)]


def test_a_list_goes_in_full_lots() -> None:
    assert sizes(1_250, seconds=None) == [500, 500, 250]


def test_a_stream_begins_with_small_lots_so_that_the_server_has_work_at_once() -> None:
    assert sizes(1_300, seconds=60.0) == [50, 200, 500, 500, 50]


def test_a_lot_that_waited_too_long_goes_with_what_it_has() -> None:
    assert sizes(3, seconds=0.0) == [1, 1, 1]
