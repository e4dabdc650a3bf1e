"""How many workers of a process one host may hold at once: a quarter. Threads share one `Shares`.

The host's own pacing bounds the requests; what it does not bound are workers that wait for their turn at it. Without
this, eight messages of one slow outlet held all eight workers for twenty seconds, while other outlets' pages waited.
Each process keeps to a quarter of its own workers, so that all together do.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Shares:
    """Counts who is at which host."""

    def __init__(self, workers: int) -> None:
        self.most = max(1, workers // 4)
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, host: str) -> Iterator[bool]:
        """Hold a worker for `host` within the block; False where the host holds its share already."""
        with self._lock:
            granted = self._held[host] < self.most
            if granted:
                self._held[host] += 1
        try:
            yield granted
        finally:
            if granted:
                with self._lock:
                    self._held[host] -= 1
                    if not self._held[host]:
                        del self._held[host]
