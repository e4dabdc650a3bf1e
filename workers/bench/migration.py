"""`rasid bench migration`: a migration, killed and resumed, while articles come in: nothing may be lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from elasticsearch import ApiError, TransportError

from workers.arabic.analysis import Analyzer
from workers.bench.synthetic import articles, made, pieces
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.index import open_elastic
from workers.index.elastic import ElasticIndex
from workers.index.versions import version_of
from workers.model import Article
from workers.settings import settings

BATCH = 20
"""Articles a worker sends at once."""


@dataclass(slots=True)
class Ingest:
    """Keeps writing through the write alias, as workers do: every second article is new, the others are revisions."""

    index: ElasticIndex
    texts: list[str]
    total: int
    rate: float
    stored: dict[str, int] = field(default_factory=dict)
    """Id → the version that was last said to be stored."""
    again: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until `stop`; what the index says "wait" to is sent again, as the ledger would."""
        turn = 0
        while not self.stop.wait(BATCH / self.rate):
            batch = [self._article(turn * BATCH + place, turn) for place in range(BATCH)]
            turn += 1
            while batch:
                verdicts = self.index.put(batch)
                held = {verdict.id for verdict in verdicts if verdict.result == "wait"}
                self.stored |= {a.id: version_of(a) for a in batch if a.id not in held}
                batch = [article for article in batch if article.id in held]
                self.again += len(batch)
                if batch:
                    time.sleep(0.2)

    def _article(self, n: int, turn: int) -> Article:
        number = self.total + n if n % 2 else (n * 37) % self.total
        texts = [self.texts[(number + turn + place) % len(self.texts)] for place in range(3)]
        return made(number, texts, hours=1 + turn)


@dataclass(slots=True)
class Watch:
    """Asks the read alias again and again how many articles it has."""

    index: ElasticIndex
    least: int = 1 << 60
    asked: int = 0
    failed: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until `stop`."""
        while not self.stop.wait(0.05):
            try:
                self.least = min(self.least, self.index.client.count(index=self.index.names.read)["count"])
            except (ApiError, TransportError):
                self.failed += 1
            self.asked += 1


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--articles", "number", default=100_000, show_default=True, type=click.IntRange(1000))
@click.option("--words", default=15, show_default=True, help="Words of a paragraph; an article has three.")
@click.option("--rate", default=100.0, show_default=True, help="Articles a second that come in meanwhile.")
@click.option("--kill-after", default=8.0, show_default=True, help="Seconds after which the first run is killed.")
@json_option
def command(file: Path, *, number: int, words: int, rate: float, kill_after: float, as_json: bool) -> None:
    """Migrate an index of so many articles made of FILE's texts. Exit code 1 where an article is lost, old or doubled.

    The migration is `rasid index migrate` in a process of its own: killed once, then run again to its end.

    \b
    Example:
      RASID_ELASTICSEARCH_URL=http://127.0.0.1:9200 rasid bench migration corpus_2018.txt.gz
    """
    config = settings()
    if not config.elasticsearch.url:
        raise UserError(Fault("RASID_ELASTICSEARCH_URL", "is not set", "this measures a real Elasticsearch"))
    own = config.elasticsearch.model_copy(update={"index": f"bench{uuid.uuid4().hex[:10]}"})
    config = config.model_copy(update={"elasticsearch": own})
    index, reader = (open_elastic(config, Analyzer.load(config.config_dir)) for _ in range(2))
    try:
        index.init()
        began = time.perf_counter()
        stored = {v.id: 0 for v in index.stream(articles(file, number, words=words)) if v.result == "stored"}
        index.refresh()
        filled = time.perf_counter() - began
        ingest = Ingest(index, pieces(file, words), number, rate)
        result = {"articles": len(stored), "filled_s": round(filled)} | _migrated(ingest, Watch(reader), kill_after)
        result |= _judged(reader, stored | ingest.stored)
    finally:
        index.client.options(request_timeout=180).indices.delete(
            master_timeout="150s", index=f"{own.index}-v*", ignore_unavailable=True
        )
        index.close()
        reader.close()
    if as_json:
        print_json(result)
    else:
        for name, value in result.items():
            console().print(f"{name:<22} {value}")
    if result["lost"] or result["old"] or result["doubled"] or result["least_seen"] < number or result["failed_reads"]:
        raise SystemExit(1)


def _migrated(ingest: Ingest, watch: Watch, kill_after: float) -> dict[str, Any]:
    """Both runs, with ingest and a reader beside them."""
    threads = [threading.Thread(target=work.run, daemon=True) for work in (ingest, watch)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    first = _run(ingest.index)
    try:
        first.wait(kill_after)
    except subprocess.TimeoutExpired:
        first.kill()
    killed = first.wait() != 0
    second = _run(ingest.index)
    said, _ = second.communicate()
    seconds = time.perf_counter() - began
    time.sleep(2)
    for stop, thread in zip((ingest.stop, watch.stop), threads, strict=True):
        stop.set()
        thread.join()
    if second.returncode:
        raise UserError(Fault("rasid index migrate", f"ended with {second.returncode}", said[-400:]))
    return {
        "first_run_killed": killed,
        "migrated_s": round(seconds),
        "came_in_meanwhile": len(ingest.stored),
        "sent_again": ingest.again,
        "reads": watch.asked,
        "failed_reads": watch.failed,
        "least_seen": watch.least,
    }


def _run(index: ElasticIndex) -> subprocess.Popen[str]:
    environ = {**os.environ, "RASID_ELASTICSEARCH_INDEX": index.names.prefix}
    command_line = [sys.executable, "-m", "workers.cli", "index", "migrate"]
    return subprocess.Popen(command_line, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603


def _judged(index: ElasticIndex, expected: dict[str, int]) -> dict[str, Any]:
    """The index behind the alias against what was said to be stored. `old`: an earlier version than the last one."""
    index.refresh()
    versions = dict(_versions(index))
    total = index.client.count(index=index.names.read)["count"]
    return {
        "index": [*index.client.indices.get_alias(name=index.names.read)],
        "expected": len(expected),
        "found": len(versions),
        "lost": len(expected.keys() - versions.keys()),
        "old": sum(versions.get(id_, version) < version for id_, version in expected.items()),
        "doubled": total - len(versions),
    }


def _versions(index: ElasticIndex) -> Iterator[tuple[str, int]]:
    body: dict[str, Any] = {"size": 5000, "sort": [{"id": "asc"}], "version": True, "_source": False}
    while hits := index.client.search(index=index.names.read, body=body)["hits"]["hits"]:
        yield from ((hit["_id"], hit["_version"]) for hit in hits)
        body["search_after"] = hits[-1]["sort"]
