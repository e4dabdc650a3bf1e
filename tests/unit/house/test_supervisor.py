"""What the supervisor does with processes that grow; that it brings back dead ones, `make chaos` shows."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from workers.settings import Settings, WorkerSettings
from workers.supervisor import Supervisor, _Child, _resident

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

HOLDS = "x = bytearray({}); print(flush=True); import time; time.sleep(60)"
MEGABYTE = 1_000_000


def holding(size: int) -> _Child:
    """A process that holds so many bytes."""
    command = [sys.executable, "-c", HOLDS.format(size)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return _Child("io", command, process=process, started=time.monotonic())


def looked_at(child: _Child, *, most: int) -> int | None:
    """How the process ended after one look; None when it goes on."""
    assert child.process is not None
    supervisor = Supervisor(Settings(worker=WorkerSettings(io_memory=most)))
    supervisor._children = [child]
    supervisor._memory_checked = float("-inf")
    supervisor._check_memory()
    try:
        return child.process.wait(2 if child.leaving else 0.1)
    except subprocess.TimeoutExpired:
        return None
    finally:
        child.process.kill()
        child.process.wait()


def test_a_worker_that_has_grown_is_asked_to_end() -> None:
    child = holding(100 * MEGABYTE)
    assert child.process is not None
    assert _resident(child.process.pid) > 100 * MEGABYTE
    assert looked_at(child, most=80 * MEGABYTE) == -signal.SIGTERM


@pytest.mark.parametrize("most", [0, 80 * MEGABYTE])
def test_others_are_left_alone(most: int) -> None:
    assert looked_at(holding(1), most=most) is None
