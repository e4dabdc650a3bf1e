"""How each working process is: memory, open files, processor time, told to Redis every few seconds.

`P:vitals` (hash): "<worker> <pid>" → JSON. Processes come and go (a child is replaced every 500 tasks), so what is read
is added up by worker (`io@host`, `make@host`), and what is older than `KEEP` is forgotten.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis

EVERY = 15.0
"""Seconds between two reports of a process: what Prometheus commonly asks at."""
KEEP = 60.0
_PROC = Path("/proc/self")


class Vitals:
    """Reports and reads."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._key = f"{prefix}:vitals"

    def report(self, worker: str) -> None:
        """Tell how this process is, and forget those that have told nothing for long."""
        self._redis.hset(self._key, f"{worker} {os.getpid()}", json.dumps({"at": time.time(), **here()}))
        if gone := [name for name, said in self._said() if abs(time.time() - said["at"]) > KEEP]:
            self._redis.hdel(self._key, *gone)

    def read(self) -> dict[str, dict[str, float]]:
        """By worker: `processes`, and the sums of `resident_bytes`, `open_files` and `cpu_seconds`."""
        found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for name, said in self._said():
            if abs(time.time() - said.pop("at")) > KEEP:
                continue
            worker = found[name.rpartition(" ")[0]]
            worker["processes"] += 1
            for key, value in said.items():
                worker[key] += value
        return {worker: dict(values) for worker, values in sorted(found.items())}

    def _said(self) -> list[tuple[str, dict[str, float]]]:
        return [(name.decode(), json.loads(raw)) for name, raw in self._redis.hgetall(self._key).items()]


def here() -> dict[str, float]:
    """This process: `resident_bytes` and `open_files` (0 where there is no /proc), `cpu_seconds` with threads."""
    used = os.times()
    found = {"resident_bytes": 0.0, "open_files": 0.0, "cpu_seconds": round(used.user + used.system, 2)}
    with suppress(OSError):
        pages = int((_PROC / "statm").read_text().split()[1])
        found["resident_bytes"] = float(pages * os.sysconf("SC_PAGE_SIZE"))
        found["open_files"] = float(len(os.listdir(_PROC / "fd")))  # noqa: PTH208 - a name each, nothing more
    return found


def keep_reporting(vitals: Vitals, worker: str) -> None:
    """Report from a thread of its own for as long as this process lives. A Redis that is away is asked again."""

    def run() -> None:
        while True:
            with suppress(redis.RedisError):
                vitals.report(worker)
            time.sleep(EVERY)

    threading.Thread(target=run, name="vitals", daemon=True).start()
