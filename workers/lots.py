"""Things in lots of one size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def batches(items: Sequence[T], size: int) -> list[list[T]]:
    """`items` in order, `size` a lot; the last may be smaller."""
    return [list(items[first : first + size]) for first in range(0, len(items), size)]
