"""`rasid demo`: the sample site, the supervisor, live progress, and the summary.

The demo is the real thing on a small stage: the processes, stores and code of `rasid up`, with sample outlets on
loopback instead of the world, short intervals instead of polite ones, and a data folder of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from workers.demo.progress import Progress
from workers.demo.report import Summary, print_summary, summarise
from workers.demo.site import NewsSite
from workers.errors import Fault, UserError
from workers.poll.urls import canonical_url, entry_id
from workers.settings import Settings, config_dir, settings
from workers.supervisor import Supervisor
from workers.wiring import Parts

_SHORT = {
    "RASID_WORKER_TICK": "1",
    "RASID_WORKER_BACKOFF_FIRST": "1",
    "RASID_FETCH_HOST_GAP": "0",
    "RASID_POLL_MIN_INTERVAL": "30",
    "RASID_FETCH_ALLOW_HOSTS": "127.0.0.0/8",
    "RASID_ELASTICSEARCH_INDEX": "rasid-demo",
}
"""What differs from `rasid up`: the site is ours and on loopback, so it may be asked at once."""


def run(data: Path, *, once: bool, bound: float, as_json: bool) -> int:
    """Run the demo under `data`. Returns the exit code: 0 when every sample entry has its final outcome."""
    folder = data.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with _site(folder) as site:
        config = _configure(folder, site)
        supervisor = Supervisor(config, logs=_logs(folder))
        try:
            parts = Parts(config.with_redis(supervisor.start()))
            summary = _watch(supervisor, parts, site, bound=bound, once=once, quiet=as_json)
            summary.seconds = round(time.monotonic() - started, 1)
            print_summary(summary, parts, as_json=as_json)
        finally:
            supervisor.stop()
    return 0 if not summary.unsettled else 1


def _watch(supervisor: Supervisor, parts: Parts, site: NewsSite, *, bound: float, once: bool, quiet: bool) -> Summary:
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    ids = {entry_id(canonical_url(e.url)): e for e in site.expected}
    deadline = time.monotonic() + bound
    with Progress(parts, len(ids), quiet=quiet) as progress:
        goal = Goal(parts, list(ids))

        def finished() -> bool:
            progress.show()
            if stopping.is_set():
                return True
            return once and (goal.reached() or time.monotonic() > deadline)

        supervisor.watch(parts, finished, every=0.25)
    parts.index.refresh()
    return summarise(parts, ids)


class Goal:
    """Every entry has its end, and every feed was polled again after that (so that 304 and "nothing new" were seen)."""

    def __init__(self, parts: Parts, ids: list[str]) -> None:
        self._parts = parts
        self._ids = ids
        self._again_since: datetime | None = None

    def reached(self) -> bool:
        """Whether all is done; asks for the second poll when the entries are."""
        if self._again_since is None:
            if not self._settled() or not self._polled_since(datetime.min.replace(tzinfo=UTC)):
                return False
            self._again_since = datetime.now(UTC)
            for feed in self._parts.feeds.feeds():
                self._parts.feeds.hasten(feed.id, due=self._again_since)
            return False
        return self._polled_since(self._again_since) and self._settled()

    def _settled(self) -> bool:
        counts = self._parts.ledger.counts()
        if any(number for name, number in counts.items() if name.startswith("pending:")):
            return False
        if self._parts.outbox.waiting(now=datetime.now(UTC)):
            return False
        return all((row := self._parts.ledger.row(i)) is not None and row.stage is None for i in self._ids)

    def _polled_since(self, moment: datetime) -> bool:
        states = self._parts.feeds.states()
        feeds = self._parts.feeds.feeds()
        return all((s := states.get(f.id)) is not None and s.checked_at and s.checked_at >= moment for f in feeds)


@contextmanager
def _site(folder: Path) -> Iterator[NewsSite]:
    site = NewsSite(_ports(folder))
    try:
        site.start()
    except OSError as error:
        mend = f"end what listens there, or remove {folder} to begin anew on other ports"
        raise UserError(Fault("demo", f"a port of the sample site is taken ({error.strerror})", mend)) from None
    (folder / "ports.json").write_text(json.dumps(site.ports))
    try:
        yield site
    finally:
        site.stop()


def _ports(folder: Path) -> dict[str, int] | None:
    """The ports of the first run: addresses, and so ids, stay the same."""
    file = folder / "ports.json"
    return dict(json.loads(file.read_text())) if file.exists() else None


def _configure(folder: Path, site: NewsSite) -> Settings:
    """config/ as it is, with the sample outlets in place of the real feeds, and the demo's environment."""
    source, target = config_dir(), folder / "config"
    if source.absolute() != target:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("requirements", "kibana"))
    site.write_feeds_yaml(target / "feeds.yaml")
    os.environ.update({"RASID_DATA": str(folder), "RASID_CONFIG": str(target)})
    for name, value in _SHORT.items():
        os.environ.setdefault(name, value)
    settings.cache_clear()
    return settings()


def _logs(folder: Path) -> Path:
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    return logs
