"""Everything on one machine: embedded servers, two Celery workers and beat as child processes, kept alive.

`rasid up` and `rasid demo` run this. Children get their own sessions, so that Ctrl-C reaches only the supervisor, which
then stops them in order: beat (no new work), workers (they finish or hand back), Redis last.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import redis
import structlog

from workers.errors import UserError
from workers.operate.start import make_index
from workers.queues import THREAD_QUEUES
from workers.settings import Settings
from workers.store.redisserver import RedisServer
from workers.wiring import Parts

log = structlog.get_logger("rasid.supervisor")

_STOP_SECONDS = 40.0
"""Soft shutdown takes 20 s at most, plus slack (research: reliability, 0.8)."""
_RESTART_FIRST = 1.0
_HEALTHY_SECONDS = 60.0
"""A child that lived this long is restarted at once when it ends; one that dies sooner waits longer each time."""
_LOOK_EVERY = 10.0
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class _Child:
    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = _RESTART_FIRST
    restart_at: float = 0.0
    restarts: int = 0
    leaving: bool = False
    """Told to end because it has grown; the next one takes its place."""


@dataclass(slots=True)
class Supervisor:
    """Starts, watches and stops the processes of one data folder."""

    settings: Settings
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the children's environment."""
    logs: Path | None = None
    """Where the children write their logs; None: standard error."""
    app: str = "workers.celery:app"
    """The Celery app of workers and beat."""
    restart_most: float = 60.0
    """Seconds that a child which dies again and again waits at most."""
    beat_patience: float = 60.0
    """Seconds beyond two ticks after which a beat without a sweep is replaced."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _children: list[_Child] = field(default_factory=list)
    _redis: RedisServer | None = None
    _redis_started: float = 0.0
    _redis_again: float = 0.0
    _redis_wait: float = _RESTART_FIRST
    _beat_checked: float = 0.0
    _feeds_checked: float = 0.0
    _memory_checked: float = 0.0

    def start(self) -> str:
        """Start Redis (unless one is configured), make the index, register the feeds, start the processes.

        Returns the URL of Redis. An index that is away is made later, the work begins without it.
        """
        self.settings.data.mkdir(parents=True, exist_ok=True)
        url = self.settings.redis.url
        if url is None:
            self._redis = RedisServer(self.settings.data)
            url = self._redis.ensure()
        parts = Parts(self.settings.with_redis(url))
        if make_index(parts):
            parts.index.close()
        new = parts.feeds.sync(parts.sources.feeds, due=self.clock())
        log.info("feeds", configured=len(parts.sources.feeds), new=new)
        self._children = [
            _Child("io", self._worker("io", THREAD_QUEUES, "threads", self.settings.worker.fetch_threads)),
            _Child("make", self._worker("make", ("make",), "prefork", self._processes())),
            _Child("beat", self._beat()),
        ]
        for child in self._children:
            self._spawn(child, url)
        return url

    def watch(self, parts: Parts, until: Callable[[], bool], *, every: float = 0.5) -> None:
        """Keep the children alive until `until()` says so."""
        while not until():
            self.tend(parts)
            time.sleep(every)

    def tend(self, parts: Parts) -> None:
        """One look at the children: dead ones are started again, a beat that no longer ticks is replaced."""
        self._tend_redis()
        for child in self._children:
            if child.process is None or child.process.poll() is not None:
                self._revive(child, str(parts.settings.redis.url))
        self._check_memory()
        with suppress(redis.RedisError):  # away: the workers wait for it, and so does this
            self._check_beat(parts)
            self._check_feeds(parts)

    def _tend_redis(self) -> None:
        """A dead Redis is started again, its append-only file brings everything back; one that dies again and again
        waits longer each time, and its log is told to whoever looks."""
        now = time.monotonic()
        if self._redis is None or self._redis.alive() or now < self._redis_again:
            return
        quick = now - self._redis_started < _HEALTHY_SECONDS
        self._redis_wait = min(self._redis_wait * 2, self.restart_most) if quick else _RESTART_FIRST
        self._redis_started, self._redis_again = now, now + self._redis_wait
        log.error("redis died", effect="started again", said=self._redis.last_words())
        with suppress(UserError):  # its port is taken for a moment: the next look tells
            self._redis.revive()

    def stop(self) -> None:
        """Stop in order: beat, the workers, Redis."""
        for name in ("beat", "io", "make"):
            for child in self._children:
                if child.name == name and child.process is not None and child.process.poll() is None:
                    child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        for child in self._children:
            if child.process is not None:
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                if child.process.poll() is None:
                    os.killpg(child.process.pid, signal.SIGKILL)
                    child.process.wait()
        if self._redis is not None:
            self._redis.stop()

    def processes(self) -> dict[str, int]:
        """Process ids by name, of the children that run."""
        return {c.name: c.process.pid for c in self._children if c.process is not None and c.process.poll() is None}

    @property
    def restarts(self) -> int:
        """How often a child had to be started again."""
        return sum(child.restarts for child in self._children)

    # --- children ---

    def _processes(self) -> int:
        return self.settings.worker.make_processes or os.cpu_count() or 1

    def _worker(self, name: str, queues: tuple[str, ...], pool: str, size: int) -> list[str]:
        celery = [sys.executable, "-m", "celery", "-q", "-A", self.app, "worker"]
        options = ["-n", f"{name}@{os.uname().nodename}", "-Q", ",".join(queues), "-P", pool, "-c", str(size)]
        # Gossip, mingle and remote heartbeats serve monitors that Rasid does not use; each costs Redis traffic.
        return [*celery, *options, "--without-gossip", "--without-mingle", "--without-heartbeat"]

    def _beat(self) -> list[str]:
        schedule = self.settings.data.absolute() / "run" / "beat-schedule"
        celery = [sys.executable, "-m", "celery", "-q", "-A", self.app, "beat"]
        return [*celery, "-s", str(schedule), "--pidfile", ""]

    def _spawn(self, child: _Child, url: str) -> None:
        if child.name == "beat":  # a schedule file from a later clock keeps beat silent until then
            for file in (self.settings.data.absolute() / "run").glob("beat-schedule*"):
                file.unlink(missing_ok=True)
        environment = {
            # Threads get memory of glibc in arenas of their own, 8 a core by default, each with its own peaks: the
            # threads worker grew by 71 MB an hour in its first minutes, by 24 with two (two soaks side by side).
            "MALLOC_ARENA_MAX": "2",
            **os.environ,
            **self.environment,
            "RASID_REDIS_URL": url,
            "REMAP_SIGTERM": "SIGQUIT",  # a cold stop after the soft timeout: 15 of 15 within 7 s, else up to 52 s
            "PYTHONUNBUFFERED": "1",
        }
        sink = (self.logs / f"{child.name}.log").open("ab") if self.logs else None
        child.process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            child.command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads yet here
        )
        child.started, child.leaving = time.monotonic(), False
        if sink is not None:
            sink.close()

    def _revive(self, child: _Child, url: str) -> None:
        now = time.monotonic()
        if child.restart_at == 0.0:
            code = child.process.poll() if child.process else None
            child.wait = (
                _RESTART_FIRST if now - child.started > _HEALTHY_SECONDS else min(child.wait * 2, self.restart_most)
            )
            child.restart_at = now + child.wait
            log.error("process ended", process=child.name, code=code, again_in=child.wait)
        elif now >= child.restart_at:
            child.restart_at = 0.0
            child.restarts += 1
            self._spawn(child, url)

    def _check_beat(self, parts: Parts) -> None:
        """Beat falls silent when the clock goes back; a sweep that is overdue by a minute replaces it."""
        now = time.monotonic()
        if now - self._beat_checked < min(_LOOK_EVERY, self.beat_patience / 3):
            return
        self._beat_checked = now
        beat = next((c for c in self._children if c.name == "beat"), None)
        patience = self.beat_patience + 2 * self.settings.worker.tick
        if beat is None or beat.process is None or now - beat.started < patience:
            return
        last = parts.last_sweep()
        overdue = last is None or abs((self.clock() - last).total_seconds()) > patience
        if overdue and not parts.queued("sweep"):
            log.error("beat is silent", last_sweep=str(last), effect="replaced")
            beat.process.kill()

    def _check_memory(self) -> None:
        """A threads worker has no children to recycle: one that has grown is asked to end, and started again."""
        now, most = time.monotonic(), self.settings.worker.io_memory
        if not most or now - self._memory_checked < _LOOK_EVERY:
            return
        self._memory_checked = now
        for child in self._children:
            if child.name == "io" and child.process is not None and not child.leaving:
                resident = _resident(child.process.pid)
                if resident > most:
                    log.warning("worker has grown", process=child.name, bytes=resident, effect="replaced")
                    child.leaving = True
                    child.process.send_signal(signal.SIGTERM)

    def _check_feeds(self, parts: Parts) -> None:
        """A Redis that lost everything has no feeds: what is configured is registered again, polling does the rest."""
        now = time.monotonic()
        if now - self._feeds_checked < _LOOK_EVERY:
            return
        self._feeds_checked = now
        if not parts.feeds.count() and (new := parts.feeds.sync(parts.sources.feeds, due=self.clock())):
            log.error("redis was emptied", effect="feeds registered again", feeds=new)


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where the system does not say."""
    with suppress(OSError, ValueError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _die_with_parent() -> None:
    """Ask Linux to end this child when the supervisor is killed without a chance to stop it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
