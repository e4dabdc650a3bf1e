"""`rasid bench deliveries`: recorders and senders of alerts are killed at random, Redis too; once it is emptied.

Real processes, a Redis server of its own, a receiver on loopback that checks signatures and knows idempotency keys.
Counted from outside: alerts recorded, what the receiver was told by article, and how often it heard a key again.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import redis

from workers.alert.channels import Channel
from workers.alert.deliver import Sender, deliver_due
from workers.alert.ids import alert_id
from workers.alert.message import Links
from workers.alert.render import load_wording
from workers.bench.chaos_proxy import FaultProxy
from workers.bench.receiver import SECRET, Receiver, receiver
from workers.cli.output import console, json_option, print_json
from workers.errors import Retry
from workers.fetch.http import Client
from workers.index import open_alerts
from workers.index.alerts import ElasticAlerts
from workers.model import Alert
from workers.ports import AlertHistory
from workers.settings import AlertSettings, ElasticsearchSettings, FetchSettings, Settings, settings
from workers.store.outbox import RedisOutbox
from workers.store.redisserver import RedisServer

_VARIABLE = "RASID_SECRET_BENCH"
RULE = "bench"
OPTIONS = AlertSettings(
    lease=0.4, backoff_first=0.1, backoff_most=0.2, attempts=1000, breaker_failures=100_000, batch=5
)
"""Short waits, so that a killed sender's deliveries come back within the run."""
PATIENCE = 120.0
_CLEAN = multiprocessing.get_context("forkserver")
"""Children of a process without threads: one forked beside the receiver's threads could inherit a lock that is held."""
_CLEAN.set_forkserver_preload([__name__])
_AWAY = (redis.RedisError, Retry)


@dataclass(frozen=True)
class Bench:
    """What the processes of one run share."""

    folder: Path
    config_dir: Path
    redis_url: str
    hook: str
    elastic: ElasticsearchSettings
    alerts: int
    generation: Any
    """How often Redis lost everything (shared): stories have other names after each loss."""
    known: Any
    """How many alerts there are by now (shared): they come all through the run, so that kills find some at work."""

    def history(self) -> AlertHistory:
        config = Settings(data=self.folder, elasticsearch=self.elastic, config_dir=self.config_dir)
        return open_alerts(config)

    def outbox(self) -> RedisOutbox:
        return RedisOutbox(redis.Redis.from_url(self.redis_url), "bench", OPTIONS, self.history())

    def alert(self, number: int) -> Alert:
        article, story = f"a{number}", f"s{self.generation.value}-{number}"
        facts = {"title": article, "outlet": "marfa", "name": RULE}
        return Alert(
            id=alert_id(RULE, story),
            rule=RULE,
            article=article,
            story=story,
            at=datetime.now(UTC),
            channels=("hook",),
            extra=facts,
        )

    def record(self) -> None:
        """A worker: records every alert, in any order, again and again."""
        outbox = self.outbox()
        while True:
            numbers = list(range(self.known.value))
            random.shuffle(numbers)
            for number in numbers:
                with contextlib.suppress(*_AWAY):
                    outbox.record([self.alert(number)])
            with contextlib.suppress(*_AWAY):
                outbox.flush()

    def send(self) -> None:
        """A sender: what a sweep and the deliver task do."""
        outbox = self.outbox()
        channel = Channel(name="hook", kind="webhook", target=self.hook, secret=_VARIABLE)
        sender = Sender(
            lambda: {"hook": channel},
            Client(FetchSettings(allow_hosts=("127.0.0.1",))),
            load_wording(self.config_dir),
            links=Links(),
            data=self.folder,
            environ={_VARIABLE: SECRET},
        )
        while True:
            with contextlib.suppress(*_AWAY):
                outbox.recover(now=datetime.now(UTC))
                deliver_due(outbox, sender, OPTIONS)
            time.sleep(0.01)


class _Process:
    """A process of ours that is killed and started again."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self.start()

    def start(self) -> None:
        self._process = _CLEAN.Process(target=self._work, daemon=True)
        self._process.start()

    def kill(self) -> None:
        self._process.kill()
        self._process.join(10)


@click.command()
@click.option("--kills", default=50, show_default=True, type=click.IntRange(1))
@click.option("--alerts", default=200, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True)
@json_option
def command(*, kills: int, alerts: int, seed: int, as_json: bool) -> None:
    """Kill recorders, senders and Redis; every alert must be recorded once and told once. Exit code 1 where not.

    With RASID_ELASTICSEARCH_URL the history is kept there, behind a proxy that is away for a while now and then.

    \b
    Example:
      rasid bench deliveries --kills 50
    """
    result = run(kills=kills, alerts=alerts, seed=seed, elasticsearch=settings().elasticsearch.url)
    if as_json:
        print_json(result)
    else:
        for name, value in result.items():
            console().print(f"{name:<18} {value}")
    if not result["passed"]:
        raise SystemExit(1)


def run(*, kills: int, alerts: int, seed: int, elasticsearch: str | None = None) -> dict[str, Any]:
    """One run; what came of it."""
    began, chance = time.monotonic(), random.Random(seed)  # noqa: S311 - a repeatable choice, no secret
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rasid-")))
        server = RedisServer(folder)
        proxy = FaultProxy(str(elasticsearch)) if elasticsearch else None
        if proxy is not None:
            stack.callback(proxy.stop)
        elastic = ElasticsearchSettings(url=proxy.url if proxy else None, index=f"bench{uuid.uuid4().hex[:8]}")
        hook = stack.enter_context(receiver())
        generation, known = (_CLEAN.RawValue("i", 0) for _ in range(2))  # a lock would die with its holder
        url = server.ensure()
        stack.callback(server.stop)
        bench = Bench(folder, settings().config_dir, url, hook.url, elastic, alerts, generation, known)
        stack.callback(_remove, bench)
        bench.history().init()
        faults = _torture(bench, server, proxy, chance, kills)
        found = _judge(bench, hook)
    return {**found, **faults, "seconds": round(time.monotonic() - began, 1)}


def _torture(
    bench: Bench, server: RedisServer, proxy: FaultProxy | None, chance: random.Random, kills: int
) -> dict[str, int]:
    done: Counter[str] = Counter()
    processes = {"recorder": _Process(bench.record), "sender": _Process(bench.send)}
    try:
        for number in range(1, kills + 1):
            bench.known.value = bench.alerts * number // kills
            time.sleep(chance.uniform(0.02, 0.3))
            who = chance.choice(sorted(processes))
            processes[who].kill()
            done[f"{who}s_killed"] += 1
            if number % 10 == 0:
                _kill_redis(server, bench.redis_url)
                done["redis_killed"] += 1
            if number == kills // 2:
                redis.Redis.from_url(bench.redis_url).flushall()
                bench.generation.value += 1
                done["redis_emptied"] += 1
            if proxy is not None and number % 15 == 0:
                proxy.set("503")
                time.sleep(1.0)
                proxy.set("pass")
                done["index_away"] += 1
            processes[who].start()
        _wait_until_quiet(bench)
    finally:
        for process in processes.values():
            process.kill()
    return dict(done)


def _kill_redis(server: RedisServer, url: str) -> None:
    client = redis.Redis.from_url(url)
    os.kill(int(client.info("server")["process_id"]), signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while server.alive() and time.monotonic() < until:
        time.sleep(0.02)
    server.revive()
    while time.monotonic() < until:
        with contextlib.suppress(redis.RedisError):
            client.ping()
            return
        time.sleep(0.05)


def _wait_until_quiet(bench: Bench) -> None:
    """All recorded, none due, nothing that the history has not seen."""
    outbox, until = bench.outbox(), time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(*_AWAY):
            counts = outbox.counts()
            if counts["recorded"] >= bench.alerts and not counts["due"]:
                time.sleep(1.0)
                if not outbox.counts()["due"]:
                    return
        time.sleep(0.1)


def _judge(bench: Bench, hook: Receiver) -> dict[str, Any]:
    outbox = bench.outbox()
    outbox.flush()
    by_article: dict[str, set[str]] = defaultdict(set)
    for key, article in hook.told.items():
        by_article[article].add(key)
    recorded = Counter(alert.article for alert in outbox.history(limit=10 * bench.alerts))
    found = {
        "alerts": bench.alerts,
        "recorded_once": sum(1 for number in recorded.values() if number == 1),
        "told_once": sum(1 for keys in by_article.values() if len(keys) == 1),
        "told_twice": sum(1 for keys in by_article.values() if len(keys) > 1),
        "never_told": bench.alerts - len(by_article),
        "heard_again": sum(hook.calls.values()) - len(hook.calls),
        "unsigned": hook.unsigned,
    }
    whole = (found["recorded_once"], found["told_once"]) == (bench.alerts, bench.alerts)
    return {"passed": whole and not hook.unsigned, **found}


def _remove(bench: Bench) -> None:
    history = bench.history()
    if isinstance(history, ElasticAlerts):
        history.client.indices.delete(index=history.index, ignore_unavailable=True)
        history.close()
