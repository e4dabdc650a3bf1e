"""`rasid bench pipeline`: pages through real HTTP, Redis, Celery and Elasticsearch, beside the naive pipeline.

Both run one after the other in one call, on the same pages, machine, Redis and Elasticsearch; what is compared is the
ratio. Rates count from the moment at which the work is given (feeds due, URLs queued) until the last article is in the
index. CPU is that of the process trees; Redis and Elasticsearch say theirs themselves.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import redis
from elasticsearch import Elasticsearch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from workers.cli.output import console, json_option, print_json
from workers.demo.synthetic import SyntheticSite
from workers.errors import Fault, UserError
from workers.settings import Settings, config_dir, read_settings
from workers.store.redisserver import RedisServer
from workers.supervisor import Supervisor
from workers.wiring import Parts

_BOUND = 900.0
"""Seconds after which a side gives up."""


@dataclass(slots=True)
class Side:
    """What one pipeline did."""

    name: str
    articles: int = 0
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    """CPU milliseconds an article, by process."""

    @property
    def rate(self) -> float:
        """Articles a second."""
        return self.articles / self.seconds if self.seconds else 0.0


@click.command("pipeline")
@click.option("--articles", default=500, show_default=True, help="Pages to run through each pipeline.")
@click.option("--latency", default=0.0, show_default=True, help="Seconds that the news site waits before it answers.")
@json_option
def command(*, articles: int, latency: float, as_json: bool) -> None:
    """Articles a second and CPU ms an article, ours beside the naive pipeline, in one run.

    Needs RASID_ELASTICSEARCH_URL (a test server will do: python -m tests.servers elasticsearch).

    Example: RASID_ELASTICSEARCH_URL=http://127.0.0.1:9200 rasid bench pipeline --articles 500
    """
    address = os.environ.get("RASID_ELASTICSEARCH_URL")
    if not address:
        raise UserError(Fault("RASID_ELASTICSEARCH_URL", "is not set", "make bench starts a server and sets it"))
    with tempfile.TemporaryDirectory(prefix="rasid-bench-") as folder, SyntheticSite(articles, latency=latency) as site:
        sides = [_ours(Path(folder), site, address), _naive(Path(folder), site, address)]
        stages = _stages(site)
    result = _result(sides, stages)
    if as_json:
        print_json(result)
    else:
        _print(sides, stages, result)


# --- ours --------------------------------------------------------------------------------------------------------


def _ours(folder: Path, site: SyntheticSite, address: str) -> Side:
    side = Side("rasid")
    name = f"bench-{uuid.uuid4().hex[:8]}"
    config = _settings(folder, site, name)
    supervisor = Supervisor(config, logs=folder)
    try:
        url = supervisor.start()
        parts = Parts(config.with_redis(url))
        later = datetime.now(UTC) + timedelta(hours=1)
        for feed in parts.feeds.feeds():
            parts.feeds.hasten(feed.id, due=later)
        _wait("workers start", 1, lambda: int(parts.last_sweep() is not None))
        meter = Meter(parts.redis, address, supervisor.processes())
        for feed in parts.feeds.feeds():
            parts.feeds.hasten(feed.id, due=datetime.now(UTC))
        started = time.monotonic()
        side.articles = _wait("rasid", site.articles, lambda: _ended(parts))
        side.seconds = time.monotonic() - started
        side.cpu = meter.since(side.articles)
    finally:
        supervisor.stop()
        with suppress(Exception):
            client = Elasticsearch(address)
            client.indices.delete(index=f"{name}-v*", expand_wildcards="all")
            client.indices.delete_index_template(name=name)
    return side


def _settings(folder: Path, site: SyntheticSite, index: str) -> Settings:
    target = folder / "config"
    target.mkdir()
    for item in config_dir().iterdir():
        if item.name != "feeds.yaml":
            (target / item.name).symlink_to(item.absolute())
    site.write_feeds_yaml(target / "feeds.yaml")
    os.environ.update(
        {
            "RASID_CONFIG": str(target),
            "RASID_DATA": str(folder / "data"),
            "RASID_ELASTICSEARCH_INDEX": index,
            "RASID_FETCH_ALLOW_HOSTS": "127.0.0.0/8",
            "RASID_FETCH_HOST_GAP": "0",
            "RASID_WORKER_TICK": "1",
        }
    )
    return read_settings(os.environ)


def _ended(parts: Parts) -> int:
    counts = parts.ledger.counts()
    waiting = sum(n for name, n in counts.items() if name.startswith("pending:"))
    ended = sum(n for name, n in counts.items() if name.startswith("outcome:"))
    return ended - waiting if waiting < ended else 0


# --- naive -------------------------------------------------------------------------------------------------------


def _naive(folder: Path, site: SyntheticSite, address: str) -> Side:
    side = Side("naive")
    name = f"naive-{uuid.uuid4().hex[:8]}"
    server = RedisServer(folder / "naive")
    url = server.ensure()
    environment = {**os.environ, "NAIVE_BROKER": url, "NAIVE_INDEX": name, "NAIVE_ELASTICSEARCH": address}
    command = [sys.executable, "-m", "celery", "-A", "workers.bench.naive:app", "worker", "-P", "prefork"]
    client = Elasticsearch(address)
    client.indices.create(index=name)
    with (folder / "naive.log").open("wb") as log:
        worker = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [*command, "-c", str(os.cpu_count() or 2), "-Q", "naive"], env=environment, stdout=log, stderr=log
        )
    try:
        os.environ["NAIVE_BROKER"] = url
        from workers.bench import naive  # noqa: PLC0415 - reads its broker from the environment at import

        _wait("worker starts", 1, lambda: int(bool(naive.app.control.ping(timeout=1))))
        meter = Meter(redis.Redis.from_url(url), address, {"worker": worker.pid})
        started = time.monotonic()
        for page in site.urls:
            naive.article.delay(page)
        side.articles = _wait("naive", site.articles, lambda: int(client.count(index=name)["count"]))
        side.seconds = time.monotonic() - started
        side.cpu = meter.since(side.articles)
    finally:
        worker.terminate()
        worker.wait(60)
        client.indices.delete(index=name)
        server.stop()
    return side


# --- the making, stage by stage ----------------------------------------------------------------------------------


def _stages(site: SyntheticSite) -> dict[str, float]:
    """CPU ms a page of each pure stage, one after the other in this process."""
    from workers import dedupe, extract  # noqa: PLC0415 - read after the environment is set
    from workers.model import FeedEntry, Outlet  # noqa: PLC0415
    from workers.wiring import load_pipeline  # noqa: PLC0415

    pipeline = load_pipeline(read_settings(os.environ))
    outlet, now = Outlet(id="bench", name="bench"), datetime.now(UTC)
    pages = [(FeedEntry(id="0" * 32, feed="", outlet="bench", url=url), site.html(url)) for url in site.urls[:100]]
    spent: dict[str, float] = dict.fromkeys(("extract", "clean", "tag", "fingerprint"), 0.0)
    for entry, html in pages:
        marks = [time.process_time()]
        found = extract.extract(
            html, url=entry.url, outlet=outlet, entry=entry, now=now, settings=pipeline.settings.extract
        )
        marks.append(time.process_time())
        cleaned = pipeline.cleaner.clean(found, outlet=outlet)
        marks.append(time.process_time())
        pipeline.tagger.tag(cleaned, outlet=outlet)
        marks.append(time.process_time())
        dedupe.fingerprint(cleaned, pipeline.settings.dedupe)
        marks.append(time.process_time())
        for name, start, end in zip(spent, marks, marks[1:], strict=False):
            spent[name] += (end - start) * 1000
    return {name: round(total / len(pages), 2) for name, total in spent.items()}


# --- measuring ---------------------------------------------------------------------------------------------------


class Meter:
    """CPU time of process trees, of Redis and of Elasticsearch, from now on."""

    def __init__(self, client: redis.Redis, elasticsearch: str, processes: dict[str, int]) -> None:
        self._redis: Any = client
        self._elasticsearch = Elasticsearch(elasticsearch)
        self._processes = processes
        self._before = self._read()

    def since(self, articles: int) -> dict[str, float]:
        """Milliseconds an article, by process."""
        after = self._read()
        return {name: round((after[name] - self._before[name]) * 1000 / max(1, articles), 2) for name in after}

    def _read(self) -> dict[str, float]:
        found = {name: _tree_seconds(pid) for name, pid in self._processes.items()}
        info = self._redis.info("cpu")
        found["redis"] = info["used_cpu_user"] + info["used_cpu_sys"]
        nodes = self._elasticsearch.nodes.stats(metric="process")["nodes"]
        found["elasticsearch"] = sum(n["process"]["cpu"]["total_in_millis"] for n in nodes.values()) / 1000
        return found


def _tree_seconds(pid: int) -> float:
    """User and system seconds of a process, its living descendants and those it has reaped (Linux)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    own = sum(int(fields[i]) for i in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")
    return own + sum(_tree_seconds(int(child)) for child in children)


def _wait(name: str, total: int, count: Callable[[], int]) -> int:
    columns = (TextColumn("{task.description:15}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    deadline = time.monotonic() + _BOUND
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=total)
        while (done := count()) < total:
            progress.update(task, completed=done)
            if time.monotonic() > deadline:
                raise UserError(Fault(name, f"only {done} of {total} were done within {_BOUND:.0f} s"))
            time.sleep(0.1)
    return done


# --- printing ----------------------------------------------------------------------------------------------------


def _result(sides: list[Side], stages: dict[str, float]) -> dict[str, Any]:
    ours, naive = sides
    return {
        "articles": ours.articles,
        "sides": [
            {"name": s.name, "seconds": round(s.seconds, 1), "per_second": round(s.rate, 1), "cpu_ms": s.cpu}
            for s in sides
        ],
        "stage_cpu_ms": stages,
        "rate_ratio": round(ours.rate / naive.rate, 2),
        "cpu_ratio": round(sum(naive.cpu.values()) / sum(ours.cpu.values()), 2),
    }


def _print(sides: list[Side], stages: dict[str, float], result: dict[str, Any]) -> None:
    out = console()
    table = Table("pipeline", "articles", "seconds", "articles/s", "CPU ms/article", "by process", box=None)
    for s in sides:
        parts = json.dumps(s.cpu).strip("{}").replace('"', "")
        table.add_row(s.name, str(s.articles), f"{s.seconds:.1f}", f"{s.rate:.1f}", f"{sum(s.cpu.values()):.1f}", parts)
    out.print(table)
    out.print("CPU ms a page by stage:", ", ".join(f"{name} {ms}" for name, ms in stages.items()))
    out.print(f"ratio: {result['rate_ratio']} x the articles a second, {result['cpu_ratio']} x less CPU an article")
