"""The system under harm: `rasid up`'s processes on news sites that publish, behind the fault proxy.

Leases, backoffs and intervals are shortened (`SHORT`), so that minutes of real recovery pass in seconds: what is judged
is that everything ends as it must, and the seconds tell of these settings. The supervisor is tended from this thread,
between faults, because Linux ends a child with the thread that started it (`_die_with_parent`).
"""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Self

import psutil
import redis
import yaml
from elasticsearch import Elasticsearch

from workers.bench.chaos_marks import CLOCK_FILE, DNS_FLAG
from workers.bench.chaos_proxy import FaultProxy
from workers.bench.chaos_servers import OwnElasticsearch, RedisGround
from workers.bench.chaos_site import ChaosSite
from workers.poll.urls import canonical_url, entry_id
from workers.settings import config_dir, read_settings
from workers.supervisor import Supervisor
from workers.wiring import Parts

SHORT = {
    "RASID_FETCH_HOST_GAP": "0",
    "RASID_FETCH_HOST_CONCURRENCY": "4",
    "RASID_FETCH_HOST_LEASE": "8",
    "RASID_FETCH_HOST_DOWN": "3",
    "RASID_FETCH_CONNECT_TIMEOUT": "2",
    "RASID_FETCH_TOTAL_TIMEOUT": "8",
    "RASID_ELASTICSEARCH_REQUEST_TIMEOUT": "5",
    "RASID_POLL_FIRST_INTERVAL": "2",
    "RASID_POLL_MIN_INTERVAL": "2",
    "RASID_POLL_MAX_INTERVAL": "4",
    "RASID_POLL_BACKOFF_MOST": "3",
    "RASID_POLL_LEASE": "15",
    "RASID_WORKER_TICK": "1",
    "RASID_WORKER_HINT_GRACE": "3",
    "RASID_WORKER_HINT_AGAIN": "5",
    "RASID_WORKER_LEASE_FETCH": "25",
    "RASID_WORKER_LEASE_MAKE": "10",
    "RASID_WORKER_LEASE_INDEX": "15",
    "RASID_WORKER_LEASE_ALERT": "10",
    "RASID_WORKER_BACKOFF_FIRST": "1",
    "RASID_WORKER_BACKOFF_MOST": "3",
    "RASID_WORKER_ATTEMPTS": "6",  # each attempt of a page that hangs costs a lease
    "RASID_WORKER_MAKE_PROCESSES": "2",
    "RASID_ALERT_LEASE": "8",
    "RASID_ALERT_BACKOFF_FIRST": "1",
    "RASID_WEB_PORT": "0",
}
RESTART_MOST = 1.0
"""Seconds that the supervisor waits at most before it starts a dead process again (60 in real life)."""
BEAT_PATIENCE = 8.0
"""Seconds after which it replaces a silent beat (60 in real life)."""
ALERT_OUTLET = "s0"
"""Every article of this outlet meets the alert rule."""
_RULES = {
    "channels": {"desk": {"kind": "file", "path": "alerts.jsonl"}},
    "rules": [{"id": "chaos", "query": f"outlet:{ALERT_OUTLET}", "per": "article", "channels": ["desk"]}],
}
_NAMES = ("states.yaml", "words.yaml", "common_words.txt")
"""The catalogue of a light system."""
_OUTAGE = (redis.RedisError, OSError)
_CLOCKED = "from workers.bench.chaos_clock import install\n\ninstall()\n"


class System:
    """One installation in `folder`, started on entering and ended with everything it started on leaving."""

    def __init__(
        self,
        folder: Path,
        articles: int,
        seed: int,
        elasticsearch: str | OwnElasticsearch,
        settings: Mapping[str, str] | None = None,
        *,
        light: bool = True,
    ) -> None:
        """`elasticsearch`: the address of a shared server, or one that may be killed.

        `light`: small pages and a small catalogue of names, so that the processor is there for faults and what follows
        them: a worker that was killed is at work again after seconds. What an article is made of changes nothing of it.
        """
        self.folder = folder
        self.server = elasticsearch if isinstance(elasticsearch, OwnElasticsearch) else None
        address = elasticsearch.url if isinstance(elasticsearch, OwnElasticsearch) else elasticsearch
        self.elasticsearch = Elasticsearch(address, request_timeout=30)
        self.index = f"chaos-{uuid.uuid4().hex[:8]}"
        self._articles, self._seed, self._light = articles, seed, light
        self._weight = 0.1 if light else 1.0
        self.site = ChaosSite(articles, seed, weight=self._weight)
        self.proxy = FaultProxy(address)
        self.ground = RedisGround(folder / "data" / "redis", folder / "bin")
        environment = {**SHORT, **(settings or {}), **self._configure()}
        others = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
        config = read_settings(others | {n: v for n, v in environment.items() if n.startswith("RASID_")})
        self.supervisor = Supervisor(
            config,
            environment=environment,
            logs=folder,
            app="workers.bench.chaos_app:app",
            restart_most=RESTART_MOST,
            beat_patience=BEAT_PATIENCE,
            clock=self.now,
        )
        self.poisoned: set[str] = set()
        """Entries that must end in quarantine."""
        self.flushed = False
        """Whether Redis lost everything: what rolled out of the feeds before is known to the index only."""
        self.fresh: list[str] = []
        """Entries of the scenario's own articles, in the order in which they are published."""
        self.notes: list[str] = []
        """What the next verdict is to say."""
        self.growing: list[str] = []
        """Processes whose memory or open files grow."""
        self.faults = 0
        self.tended = True
        self.sessions: set[int] = set()
        self.last_fault = time.monotonic()
        self.offset = 0.0

    def _configure(self) -> dict[str, str]:
        target = self.folder / "config"
        target.mkdir()
        for item in config_dir().iterdir():
            if item.name not in {"feeds.yaml", "alerts.yaml", *(("entities",) if self._light else ())}:
                (target / item.name).symlink_to(item.absolute())
        for name in _NAMES if self._light else ():
            (target / "entities").mkdir(exist_ok=True)
            (target / "entities" / name).symlink_to((config_dir() / "entities" / name).absolute())
        self.site.write_feeds_yaml(target / "feeds.yaml")
        (target / "alerts.yaml").write_text(yaml.safe_dump(_RULES), "utf-8")
        site = self.folder / "site"
        site.mkdir()
        (site / "sitecustomize.py").write_text(_CLOCKED)
        return {
            "RASID_CONFIG": str(target),
            "RASID_DATA": str(self.folder / "data"),
            "RASID_ELASTICSEARCH_INDEX": self.index,
            "RASID_ELASTICSEARCH_URL": self.proxy.url,
            "RASID_FETCH_ALLOW_HOSTS": ",".join(self.site.hosts),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH")))),
            CLOCK_FILE: str(self.folder / "clock"),
            DNS_FLAG: str(self.folder / "no-dns"),
        }

    def __enter__(self) -> Self:
        self.site.start()
        self._path = os.environ["PATH"]
        try:
            self.ground.prepare()
            os.environ["PATH"] = f"{self.ground.tools}{os.pathsep}{self._path}"
            url = self.supervisor.start()
            self.parts = Parts(self.supervisor.settings.with_redis(url))
            self._note_sessions()
            self.until(lambda: self.parts.last_sweep() is not None, bound=90)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.environ["PATH"] = self._path
        self.proxy.set("pass")
        self.supervisor.stop()
        self.proxy.stop()
        self.site.stop()
        self.ground.remove()
        with suppress(Exception):
            self.elasticsearch.indices.delete(index=f"{self.index}-*", expand_wildcards="all")
        self.elasticsearch.close()

    # --- what flows ---

    def publish(self, count: int, over: float) -> None:
        """Let the sites bring out `count` more articles within `over` seconds."""
        self.fresh = [id_of(url) for url in self.site.publish(count, over)]

    def ids(self) -> dict[str, str]:
        """The entries' ids of all articles that are out, with their addresses."""
        return {id_of(url): url for url in self.site.published}

    def ids_of_all(self) -> dict[str, str]:
        """The same of every article, out or not."""
        return {id_of(url): url for url in self.site.urls}

    def now(self) -> datetime:
        """What the clock of the processes says."""
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    # --- time ---

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

    def set_clock(self, offset: float) -> None:
        """Let the wall clock of every process be wrong by so many seconds."""
        new = self.folder / "clock.new"
        new.write_text(str(offset))
        new.rename(self.folder / "clock")
        self.offset = offset
        self.fault()

    def replace_site(self) -> None:
        """Let the news sites, which were stopped, answer again at their addresses."""
        self.site = ChaosSite(self._articles, self._seed, weight=self._weight, old=self.site)
        self.site.start()
        self.fault()

    def push(self, queue: str, message: bytes) -> None:
        """Put a message at the head of a queue, as a stranger or an older version would."""
        self.parts.redis.rpush(f"{self.parts.settings.redis.prefix}:celery:{queue}", message)
        self.fault()

    # --- processes ---

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
        pid = self.main(name)
        if name == "make" or pid is None:
            return bool(self.children(name))
        with suppress(psutil.Error, *_OUTAGE):
            swept = self.parts.last_sweep()
            return swept is not None and swept.timestamp() > psutil.Process(pid).create_time()
        return False

    def redis_pid(self) -> int:
        """The embedded Redis."""
        return int((self.folder / "data" / "run" / "redis.pid").read_text())

    def _note_sessions(self) -> None:
        self.sessions |= set(self.supervisor.processes().values())


@cache
def id_of(url: str) -> str:
    """The id of the entry at `url`."""
    return entry_id(canonical_url(url))
