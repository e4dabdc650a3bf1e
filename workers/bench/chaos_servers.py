"""The servers under harm: an Elasticsearch that a command starts again; a disk and options for the embedded Redis."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from workers.errors import Fault, UserError
from workers.store.redisserver import executable

_MIB = 1 << 20


class OwnElasticsearch:
    """One that may be killed. `command` starts it, or the same one again, and prints its address and process id."""

    def __init__(self, command: str) -> None:
        self._command = shlex.split(command)
        self._starting: subprocess.Popen[str] | None = None
        self.url, self._pid = self._said(self._run())

    def kill(self) -> None:
        """Kill -9."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    def start_again(self) -> None:
        """Begin to start it where it was; `ready` tells when it answers."""
        self._starting = self._run()

    def ready(self) -> bool:
        """Whether the start has ended well."""
        if self._starting is None or self._starting.poll() is None:
            return False
        _, self._pid = self._said(self._starting)
        self._starting = None
        return True

    def _run(self) -> subprocess.Popen[str]:
        return subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - a person's own command

    def _said(self, running: subprocess.Popen[str]) -> tuple[str, int]:
        said = running.communicate()[0].split()
        if running.returncode or len(said) != 2:
            raise UserError(Fault("--elasticsearch", f"{shlex.join(self._command)} printed no address and process id"))
        return said[0], int(said[1])


@dataclass(slots=True)
class RedisGround:
    """What the embedded Redis stands on: its options at the next start, and a disk that can be full.

    The disk is a tmpfs of its own where mounting is permitted (`how` says ENOSPC), else the server's largest file size
    is bounded (EFBIG); the write that fails is real either way.
    """

    folder: Path
    """The folder that Redis keeps its append-only file in."""
    tools: Path
    """A folder that must come first on PATH: its `redis-server` starts the real one with the options."""
    how: str = ""
    _real: str = field(default_factory=executable)

    def prepare(self) -> None:
        """Make both."""
        self.tools.mkdir(parents=True, exist_ok=True)
        self.options("")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.how = "ENOSPC" if _mount(f"size={2048 * _MIB}", self.folder) else "EFBIG"

    def options(self, text: str) -> None:
        """Start the server with these command line options from now on."""
        wrapper = self.tools / "redis-server"
        # SIGXFSZ would end a server that meets its largest file size; ignored, its write fails as on a full disk.
        wrapper.write_text(f"#!/bin/sh\ntrap '' XFSZ\nexec {self._real} \"$@\" {text}\n")
        wrapper.chmod(0o755)

    def fill(self, pid: int, *, spare: int = _MIB) -> None:
        """Leave so many bytes of room."""
        if self.how == "ENOSPC":
            disk = shutil.disk_usage(self.folder)
            _mount(f"remount,size={disk.used + spare}", self.folder)
        else:
            largest = max(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())
            psutil.Process(pid).rlimit(psutil.RLIMIT_FSIZE, (largest + spare, -1))

    def empty(self, pid: int) -> None:
        """Give the room back."""
        if self.how == "ENOSPC":
            _mount(f"remount,size={2048 * _MIB}", self.folder)
        else:
            psutil.Process(pid).rlimit(psutil.RLIMIT_FSIZE, (-1, -1))

    def cut_tail(self, size: int) -> Path:
        """Cut so many bytes off the append-only file, as a power failure does."""
        parts = (self.folder / "appendonlydir").glob("*.incr.aof")  # Redis 7; older ones have one file
        newest = max(parts, key=lambda file: int(file.name.split(".")[-3]), default=self.folder / "appendonly.aof")
        os.truncate(newest, max(0, newest.stat().st_size - size))
        return newest

    def load_slowly(self, seconds: float) -> None:
        """Let the next start take about so long to load what is there."""
        commands = sum(file.read_bytes().count(b"\r\n*") for file in self.folder.rglob("*.aof"))
        self.options(f"--key-load-delay {delay_of(commands, seconds, nap=_nap())}")

    def remove(self) -> None:
        """Take the disk away with all that is on it."""
        if self.how == "ENOSPC":
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False)  # noqa: S603, S607


def delay_of(commands: int, seconds: float, *, nap: float) -> int:
    """Redis's `key-load-delay` under which `commands` take about `seconds`: it sleeps so many µs at each, or 1 µs at
    one in so many where the number is negative. `nap`: seconds that the shortest sleep takes here."""
    each = seconds / max(1, commands) - nap
    return round(each * 1e6) if each >= 1e-6 else -max(1, round(nap * commands / seconds))


def _nap(times: int = 40, tries: int = 5) -> float:
    """Seconds that the shortest sleep takes on this machine: 60 µs when it is idle, more when it is busy. The least of
    some tries, so that loading takes rather longer than shorter."""

    def one() -> float:
        started = time.monotonic()
        for _ in range(times):
            time.sleep(1e-6)
        return (time.monotonic() - started) / times

    return min(one() for _ in range(tries))


def _mount(options: str, folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    with suppress(FileNotFoundError):
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603
    return False


def wait_for_death(pid: int, seconds: float = 10.0) -> None:
    """Return when the process is gone (it may be nobody's child here)."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.02)
