"""A bound on what one process may allocate: a page that eats memory ends in quarantine, and harms no neighbour."""

from __future__ import annotations

import resource
import sys


def bound_memory(most: int) -> None:
    """From now on an allocation beyond `most` bytes of this process's own data raises MemoryError; 0: no bound.

    Linux counts private writable mappings (RLIMIT_DATA): what was forked and what libraries map for reading is free.
    Other systems do not enforce it there; `worker_max_memory_per_child` replaces large children everywhere.
    """
    if most and sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
