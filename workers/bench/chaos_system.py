"""The system under harm: `rasid up`'s processes on a site of synthetic articles, behind the fault proxy.

Leases, backoffs and intervals are shortened (`SHORT`), so that minutes of real recovery pass in seconds: what is judged
is that everything ends as it must, and the seconds tell of these settings. The supervisor is tended from this thread,
between faults, because Linux ends a child with the thread that started it (`_die_with_parent`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import psutil
import redis
import yaml
from elasticsearch import Elasticsearch

from workers.bench.chaos_proxy import FaultProxy
from workers.bench.chaos_site import ChaosSite
from workers.poll.urls import canonical_url, entry_id
from workers.settings import config_dir, read_settings
from workers.supervisor import Supervisor
from workers.wiring import Parts

SHORT = {
    "RASID_FETCH_ALLOW_HOSTS": "127.0.0.0/8",
    "RASID_FETCH_HOST_GAP": "0",
    "RASID_FETCH_HOST_CONCURRENCY": "4",
    "RASID_FETCH_HOST_LEASE": "8",
    "RASID_FETCH_HOST_DOWN": "3",
    "RASID_FETCH_CONNECT_TIMEOUT": "2",
    "RASID_FETCH_TOTAL_TIMEOUT": "8",
    "RASID_ELASTICSEARCH_REQUEST_TIMEOUT": "3",
    "RASID_POLL_FIRST_INTERVAL": "15",
    "RASID_POLL_MIN_INTERVAL": "15",
    "RASID_POLL_MAX_INTERVAL": "30",
    "RASID_POLL_BACKOFF_MOST": "5",
    "RASID_POLL_LEASE": "15",
    "RASID_WORKER_TICK": "1",
    "RASID_WORKER_HINT_GRACE": "3",
    "RASID_WORKER_HINT_AGAIN": "5",
    "RASID_WORKER_LEASE_FETCH": "25",
    "RASID_WORKER_LEASE_MAKE": "10",
    "RASID_WORKER_LEASE_INDEX": "15",
    "RASID_WORKER_LEASE_ALERT": "10",
    "RASID_WORKER_BACKOFF_FIRST": "1",
    "RASID_WORKER_BACKOFF_MOST": "5",
    "RASID_WORKER_ATTEMPTS": "10",
    "RASID_WORKER_MAKE_PROCESSES": "2",
    "RASID_ALERT_LEASE": "8",
    "RASID_ALERT_BACKOFF_FIRST": "1",
}
RESTART_MOST = 3.0
"""Seconds that the supervisor waits at most before it starts a dead process again (60 in real life)."""
ALERT_OUTLET = "s0"
"""Every article of this outlet meets the alert rule."""
_RULES = {
    "channels": {"desk": {"kind": "file", "path": "alerts.jsonl"}},
    "rules": [{"id": "chaos", "query": f"outlet:{ALERT_OUTLET}", "per": "article", "channels": ["desk"]}],
}
_OUTAGE = (redis.RedisError, OSError)


class System:
    """One installation in `folder`, started on entering and ended with everything it started on leaving."""

    def __init__(
        self, folder: Path, articles: int, seed: int, elasticsearch: str, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.elasticsearch = Elasticsearch(elasticsearch)
        self.index = f"chaos-{uuid.uuid4().hex[:8]}"
        self._seed = seed
        self.site = ChaosSite(articles, seed)
        self.proxy = FaultProxy(elasticsearch)
        environment = {**SHORT, **(settings or {}), **self._configure()}
        others = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
        config = read_settings(others | environment)
        self.supervisor = Supervisor(
            config, environment=environment, logs=folder, app="workers.bench.chaos_app:app", restart_most=RESTART_MOST
        )
        self.ids = {entry_id(canonical_url(url)): url for url in self.site.urls}
        self.poisoned: set[str] = set()
        """Entries that must end in quarantine."""
        self.faults = 0
        self.tended = True
        self.sessions: set[int] = set()
        self.last_fault = time.monotonic()

    def _configure(self) -> dict[str, str]:
        target = self.folder / "config"
        target.mkdir()
        for item in config_dir().iterdir():
            if item.name not in {"feeds.yaml", "alerts.yaml"}:
                (target / item.name).symlink_to(item.absolute())
        self.site.write_feeds_yaml(target / "feeds.yaml")
        (target / "alerts.yaml").write_text(yaml.safe_dump(_RULES), "utf-8")
        return {
            "RASID_CONFIG": str(target),
            "RASID_DATA": str(self.folder / "data"),
            "RASID_ELASTICSEARCH_INDEX": self.index,
            "RASID_ELASTICSEARCH_URL": self.proxy.url,
        }

    def __enter__(self) -> Self:
        self.site.start()
        try:
            url = self.supervisor.start()
            self.parts = Parts(self.supervisor.settings.with_redis(url))
            self._stream(begin=3600, stretch=0)
            self._note_sessions()
            self.until(lambda: self.parts.last_sweep() is not None, bound=60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.proxy.set("pass")
        self.supervisor.stop()
        self.proxy.stop()
        self.site.stop()
        with suppress(Exception):
            self.elasticsearch.indices.delete(index=f"{self.index}-v*", expand_wildcards="all")
        self.elasticsearch.close()

    # --- time ---

    def flow(self, stretch: float) -> None:
        """Let the feeds fall due one after another within `stretch` seconds."""
        self._stream(begin=0, stretch=stretch)

    def _stream(self, *, begin: float, stretch: float) -> None:
        feeds = self.parts.feeds.feeds()
        start = datetime.now(UTC) + timedelta(seconds=begin)
        for number, feed in enumerate(feeds):
            self.parts.feeds.hasten(feed.id, due=start + timedelta(seconds=stretch * number / len(feeds)))

    def run(self, seconds: float) -> None:
        """Let the system work for `seconds`."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._tend()
            time.sleep(min(0.25, max(0.0, left)))

    def until(self, done: Callable[[], bool], *, bound: float) -> bool:
        """Let the system work until `done`, or for `bound` seconds; whether it came to pass."""
        end = time.monotonic() + bound
        while time.monotonic() < end:
            self._tend()
            with suppress(*_OUTAGE):
                if done():
                    return True
            time.sleep(0.25)
        return False

    def _tend(self) -> None:
        if self.tended:
            self.supervisor.tend(self.parts)
            self._note_sessions()

    # --- harm ---

    def fault(self, times: int = 1) -> None:
        """Count a fault that was done just now."""
        self.faults += times
        self.last_fault = time.monotonic()

    def kill(self, pid: int, number: int = signal.SIGKILL) -> None:
        """Send a signal to a process of the system."""
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            self.fault()

    def through(self, mode: str, seconds: float) -> None:
        """Let Elasticsearch answer by `mode` of the proxy for so long."""
        self.proxy.set(mode)
        self.run(seconds)
        self.fault()
        self.proxy.set("pass")

    def main(self, name: str) -> int | None:
        """The main process of `io`, `make` or `beat`, if it runs."""
        return self.supervisor.processes().get(name)

    def children(self, name: str) -> list[int]:
        """The pool processes of a worker."""
        pid = self.main(name)
        with suppress(psutil.Error):
            return [child.pid for child in psutil.Process(pid).children(recursive=True)] if pid else []
        return []

    def ready(self, name: str) -> bool:
        """Whether `io` or `make` is at work: a sweep ran since it started, or its pool processes do."""
        if name == "make":
            return bool(self.children("make"))
        with suppress(psutil.Error, *_OUTAGE):
            swept = self.parts.last_sweep()
            return swept is not None and swept.timestamp() > psutil.Process(self.main(name)).create_time()
        return False

    def redis_pid(self) -> int:
        """The embedded Redis."""
        return int((self.folder / "data" / "run" / "redis.pid").read_text())

    @contextmanager
    def site_down(self) -> Iterator[None]:
        """Nobody listens where the news sites were."""
        ports, marks = self.site.ports, self.site.marks
        self.site.stop()
        self.fault()
        yield
        self.site = ChaosSite(len(self.ids), self._seed, ports=ports)
        self.site.marks = marks
        self.site.start()
        self.fault()

    def push(self, queue: str, message: bytes) -> None:
        """Put a message at the head of a queue, as a stranger or an older version would."""
        self.parts.redis.rpush(f"{self.parts.settings.redis.prefix}:celery:{queue}", message)
        self.fault()

    @contextmanager
    def second_beat(self) -> Iterator[None]:
        """Another beat beside the supervisor's, as two hosts by mistake would have it."""
        url, logs = str(self.parts.settings.redis.url), self.folder / "beat-2.log"
        schedule = ["-s", str(self.folder / "beat-2"), "--pidfile", ""]
        with logs.open("wb") as sink:
            beat = subprocess.Popen(  # noqa: S603 - our own command, no shell
                [sys.executable, "-m", "celery", "-A", "workers.celery:app", "beat", *schedule],
                env={**os.environ, **self.supervisor.environment, "RASID_REDIS_URL": url},
                stdout=sink,
                stderr=sink,
            )
        try:
            self.fault()
            yield
        finally:
            beat.terminate()
            beat.wait(20)

    def _note_sessions(self) -> None:
        self.sessions |= set(self.supervisor.processes().values())
