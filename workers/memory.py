"""What one process may allocate, and how often Python looks for what it may free."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

YOUNG = 50_000
"""Objects that may come without going before the collector looks at them, instead of 700. Nearly all that workers make
go by themselves, or stay (words, rules): looking for circles in them again and again was a thirtieth of the time of
tagging, and a hundredth of that of extracting a page. What circles there are takes a megabyte."""
LARGE = 1 << 21
"""Bytes of a large page."""
IN_USE = 0.9
"""Share of an area's small pages that are there, from which it gets large ones."""
_COLLAPSE = 25
"""MADV_COLLAPSE (linux/mman.h), since Linux 6.1."""
_LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def settle() -> None:
    """Make room for what exists: it is there to stay.

    It goes out of the garbage collector's sight, which walked the catalogue's 200,000 nodes again and again, 150 ms
    each time, and thousands of rules, and wrote into pages that forked children share. And it goes into large pages,
    where the system has them: names are looked up all over 100 MB, and where each page of 4 KB lies is a look-up more.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library; no /proc
            _use_large_pages()


def _use_large_pages() -> None:
    if "[never]" in _LARGE_PAGES.read_text():  # who runs the machine has said so
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for first, last in _own_memory():
        for begin in range(-(-first // LARGE) * LARGE, last - LARGE + 1, LARGE):
            madvise(begin, LARGE, _COLLAPSE)  # who knows no such advice, or has no room, says so and does nothing


def _own_memory() -> Iterator[tuple[int, int]]:
    """Addresses of this process's own data: private, writable, of no file, and nearly all in use.

    A thread's stack is not: it would come to take a large page instead of a few small ones.
    """
    first = last = 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        name, value, *rest = line.split()
        if not name.endswith(":"):
            _, _, file, *title = rest
            mine = value.startswith("rw") and value.endswith("p") and file == "0" and title in ([], ["[heap]"])
            first, last = (int(address, 16) for address in name.split("-")) if mine else (0, 0)
        elif name == "Rss:" and int(value) * 1024 >= IN_USE * (last - first) > 0:
            yield first, last


def bound_memory(most: int) -> None:
    """From now on an allocation beyond `most` bytes of this process's own data raises MemoryError; 0: no bound.

    So a page that eats memory ends in quarantine, and harms no neighbour.

    Linux counts private writable mappings (RLIMIT_DATA): what was forked and what libraries map for reading is free.
    Other systems do not enforce it there; `worker_max_memory_per_child` replaces large children everywhere.
    """
    if most and sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
