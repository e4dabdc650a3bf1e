"""What stays is not walked again and lies in large pages, and what goes in circles is still freed."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers import memory
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


PROGRAM = """
from pathlib import Path
from workers.memory import settle

def large() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages"))

kept = [bytes(100) for _ in range(200_000)]
before = large()
settle()
print(large() - before, sum(map(len, kept)))
"""
ALLOWED = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def _knows_collapsing() -> bool:
    release = platform.release().split(".")
    return sys.platform == "linux" and ALLOWED.exists() and tuple(map(int, release[:2])) >= (6, 1)


@pytest.mark.skipif(not _knows_collapsing(), reason="Linux has it since 6.1")
def test_what_exists_goes_into_large_pages_unless_they_are_forbidden() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    grown, kept = map(int, done.stdout.split())
    assert kept == 20_000_000
    assert (grown == 0) if "[never]" in ALLOWED.read_text() else (grown >= 4096)


@pytest.mark.usefixtures("collector")
@pytest.mark.parametrize("missing", ["/nowhere", "/proc/self"])
def test_where_there_are_no_large_pages_nothing_fails(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_LARGE_PAGES", Path(missing))
    settle()
    assert gc.get_freeze_count() > 0
