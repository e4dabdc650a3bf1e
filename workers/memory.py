"""What one process may allocate, and how often Python looks for what it may free."""

from __future__ import annotations

import gc
import resource
import sys

YOUNG = 50_000
"""Objects that may come without going before the collector looks at them, instead of 700. Nearly all that workers make
go by themselves, or stay (words, rules): looking for circles in them again and again was a thirtieth of the time of
tagging, and a hundredth of that of extracting a page. What circles there are takes a megabyte."""


def settle() -> None:
    """Take what exists out of the garbage collector's sight: it is there to stay.

    It walked the catalogue's 200,000 nodes again and again, 150 ms each time, and thousands of rules, and wrote into
    pages that forked children share.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


def bound_memory(most: int) -> None:
    """From now on an allocation beyond `most` bytes of this process's own data raises MemoryError; 0: no bound.

    So a page that eats memory ends in quarantine, and harms no neighbour.

    Linux counts private writable mappings (RLIMIT_DATA): what was forked and what libraries map for reading is free.
    Other systems do not enforce it there; `worker_max_memory_per_child` replaces large children everywhere.
    """
    if most and sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
