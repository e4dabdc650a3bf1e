"""What stays is not walked again, and what goes in circles is still freed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from workers.memory import YOUNG, settle


class _Circle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("collector")
def test_what_exists_is_frozen_and_later_circles_are_freed() -> None:
    kept = _Circle()
    settle()
    assert gc.get_freeze_count() > 0
    assert all(kept is not seen for seen in gc.get_objects())
    circle = weakref.ref(_Circle())
    assert circle() is not None
    alive = [[] for _ in range(2 * YOUNG)]  # type: ignore[var-annotated]
    assert circle() is None
    assert len(alive) == 2 * YOUNG
