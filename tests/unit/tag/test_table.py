"""Hashes and their numbers: what is put is found, until others drive it out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workers.tag.table import HashTable

HASHES = st.lists(st.integers(1, (1 << 64) - 1), min_size=2, max_size=30, unique=True)


def of(*hashes: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(hashes, np.uint64)


@given(HASHES, st.integers(2, 12))
def test_a_number_that_is_found_is_the_one_that_was_put(hashes: list[int], bits: int) -> None:
    *kept, other = hashes
    table = HashTable(bits)
    table.put(of(*kept), np.arange(1, len(kept) + 1))
    numbers, new = table.find(of(*hashes))
    missing = set(new.tolist())
    assert len(kept) in missing, other
    assert all(numbers[place] == place + 1 for place in range(len(kept)) if place not in missing)
    assert len(kept) - 1 not in missing  # nothing came after it


def test_two_hashes_of_one_place_are_kept_and_a_third_drives_one_out() -> None:
    table = HashTable(4)
    first, second, third = (0xA << 60 | number for number in (1, 2, 3))
    for number, hashed in enumerate((first, second), 1):
        table.put(of(hashed), np.array([number]))
    numbers, new = table.find(of(second, first, third))
    assert numbers[:2].tolist() == [2, 1]
    assert new.tolist() == [2]
    table.put(of(third), np.array([3]))
    numbers, new = table.find(of(first, second, third))
    assert len(new) == 1
    assert numbers[2] == 3
    table.clear()
    assert table.find(of(first, second, third))[1].tolist() == [0, 1, 2]
