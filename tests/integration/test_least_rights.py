"""The real flow with the rights that docker-compose.yml gives, logged and traced: it needs no more, and has no more.

Redis is started with the very command of the compose file, Elasticsearch with security on and the role that the file
gives its workers. One worker process serves all queues, a sweep is asked for, a local news site is read to the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
import urllib3
import yaml
from elasticsearch import AuthorizationException, Elasticsearch
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from tests import servers
from tests.collector import Collector
from workers.demo.site import NewsSite
from workers.operate.web import serve
from workers.settings import ElasticsearchSettings, RedisSettings, Settings, WebSettings
from workers.wiring import Parts

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
ADMIN, WORKER, READER, INDEXER = "admin-secret-7", "worker-secret-8", "reader-secret-9", "indexer-secret-5"
"""Passwords of this test's own servers."""


def compose_redis(folder: Path, port: int) -> list[str]:
    """The command by which docker-compose.yml starts Redis, here on a loopback port."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    command = services["redis"]["command"][2].replace("$$", "$").removeprefix("exec redis-server ")
    secrets = {"RASID_REDIS_PASSWORD": WORKER, "RASID_REDIS_READER_PASSWORD": READER}
    words = [re.sub(r"\$(\w+)", lambda name: secrets[name[1]], word) for word in shlex.split(command)]
    place = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    return [servers.redis_executable(), *place, *words]


@contextlib.contextmanager
def redis_of_compose(folder: Path) -> Iterator[int]:
    port = servers.free_port()
    process = subprocess.Popen(compose_redis(folder, port), stdout=subprocess.DEVNULL)
    try:
        servers._wait_for_port(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


@dataclass
class Flow:
    """What is left when everything was read."""

    settings: Settings
    """As the workers have them."""
    reader: Settings
    """With the reader's Redis."""
    admin: Elasticsearch
    site: NewsSite
    collector: Collector
    log: str


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    if servers.SKIP:
        pytest.skip("RASID_TEST_SKIP_SERVERS=1: NOT tested with least rights")
    folder, own = tmp_path_factory.mktemp("rights"), f"rights-{os.getpid()}"
    try:
        address, _ = servers.own_elasticsearch(own, password=ADMIN)
    except servers.ServerMissing as missing:
        pytest.fail(str(missing), pytrace=False)
    try:
        with redis_of_compose(folder) as port, NewsSite() as site, _collecting() as collector:
            yield _run(folder, address, port, site, collector)
    finally:
        servers.end_own_elasticsearch(own)


@contextlib.contextmanager
def _collecting() -> Iterator[Collector]:
    server = Collector()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _run(folder: Path, address: str, port: int, site: NewsSite, collector: Collector) -> Flow:
    shutil.copytree(ROOT / "config", folder / "config")
    site.write_feeds_yaml(folder / "config" / "feeds.yaml")
    admin = Elasticsearch(address, basic_auth=("admin", ADMIN))
    role = json.loads((ROOT / "config" / "elasticsearch" / "role.json").read_text("utf-8"))
    admin.security.put_role(name="rasid", body=role)
    admin.security.put_user(username="rasid", password=INDEXER, roles=["rasid"])
    elastic = ElasticsearchSettings(url=address, username="rasid", password=SecretStr(INDEXER))
    common: dict[str, Any] = {"data": folder / "data", "config_dir": folder / "config"}
    settings = Settings(
        redis=RedisSettings(url=f"redis://worker:{WORKER}@127.0.0.1:{port}/0"), elasticsearch=elastic, **common
    )
    reader = settings.with_redis(f"redis://reader:{READER}@127.0.0.1:{port}/0")
    setup = elastic.model_copy(update={"username": "admin", "password": SecretStr(ADMIN)})
    Parts(settings.model_copy(update={"elasticsearch": setup})).index.init()
    log = folder / "worker.log"
    with _worker(_environment(settings, collector), log) as call:
        call("rasid.sweep")
        _until_all_ended(Parts(settings), len(site.expected))
        _until(lambda: any({"run/rasid.sweep", "run/rasid.index"} <= names for names in collector.traces.values()))
    return Flow(settings, reader, admin, site, collector, log.read_text())


def _environment(settings: Settings, collector: Collector) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
    return kept | {
        "RASID_CONFIG": str(settings.config_dir),
        "RASID_DATA": str(settings.data),
        "RASID_REDIS_URL": str(settings.redis.url),
        "RASID_ELASTICSEARCH_URL": str(settings.elasticsearch.url),
        "RASID_ELASTICSEARCH_USERNAME": "rasid",
        "RASID_ELASTICSEARCH_PASSWORD": INDEXER,
        "RASID_FETCH_ALLOW_HOSTS": "127.0.0.0/8",
        "RASID_FETCH_HOST_GAP": "0",
        "RASID_WORKER_HINT_GRACE": "1",
        "RASID_TRACE_ENDPOINT": f"http://127.0.0.1:{collector.server_port}/v1/traces",
        "RASID_TRACE_SHARE": "1",
        "OTEL_BSP_SCHEDULE_DELAY": "500",
    }


@contextlib.contextmanager
def _worker(environment: dict[str, str], log: Path) -> Iterator[Any]:
    celery = [sys.executable, "-m", "celery", "-q", "-A", "workers.celery:app"]
    options = ["-Q", "sweep,poll,fetch,make,index,alert", "-P", "threads", "-c", "4"]
    plain = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    subprocess.run([sys.executable, "-m", "workers.cli", "feeds", "sync"], env=environment, check=True)
    with log.open("wb") as sink:
        command = [*celery, "worker", "-n", "io@here", *options, *plain]
        process = subprocess.Popen(command, env=environment, stdout=sink, stderr=sink)
    stop = threading.Event()

    def call(name: str) -> None:
        """What beat does: ask again and again."""
        from celery import Celery

        from workers.celery import configuration

        app = Celery("ticks", broker=environment["RASID_REDIS_URL"])
        found = Settings(redis=RedisSettings(url=environment["RASID_REDIS_URL"]))
        app.config_from_object(configuration(found, broker=environment["RASID_REDIS_URL"]))

        def tick() -> None:
            while not stop.wait(1):
                app.send_task(name, queue="sweep")

        threading.Thread(target=tick, daemon=True).start()

    try:
        yield call
    finally:
        stop.set()
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _until_all_ended(parts: Parts, wanted: int) -> None:
    def ended() -> bool:
        counts = parts.ledger.counts()
        waiting = sum(number for name, number in counts.items() if name.startswith("pending:"))
        return not waiting and sum(n for name, n in counts.items() if name.startswith("outcome:")) >= wanted

    _until(ended)


def _until(done: Any) -> None:
    deadline = time.monotonic() + 150
    while not done():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.5)


# --- it needs no more --------------------------------------------------------------------------------------------


def test_everything_was_read_matched_and_delivered(flow: Flow) -> None:
    parts = Parts(flow.settings)
    outcomes = {name: n for name, n in parts.ledger.counts().items() if name.startswith("outcome:")}
    wanted: dict[str, int] = defaultdict(int)
    for expected in flow.site.expected:
        wanted[f"outcome:{expected.status}"] += 1
    assert outcomes == dict(wanted)
    assert parts.outbox.counts()["recorded"] > 0
    assert parts.meters.read("deliveries")
    assert "NOPERM" not in flow.log
    assert "security_exception" not in flow.log


def test_the_worker_may_all_that_the_index_is_asked_for(flow: Flow) -> None:
    from datetime import UTC, datetime

    from workers.ports import Scan

    parts = Parts(flow.settings)
    parts.index.refresh()
    articles = [article for batch in parts.index.scan(Scan()) for article in batch]
    assert parts.index.stats()["healthy"]
    assert parts.index.get(articles[0].id) == articles[0]
    assert parts.index.by_url(articles[0].url) == articles[0]
    assert parts.index.near_words("الناتو", 1)
    assert parts.index.remove([articles[0].id]) == 1
    assert parts.index.remove_before(datetime(2000, 1, 1, tzinfo=UTC)) == 0
    assert parts.index.put([articles[0]])[0].result in {"stored", "older"}  # a deletion is remembered for a minute
    assert parts.event_index.remove_before(datetime(2000, 1, 1, tzinfo=UTC)) == 0
    _until(lambda: parts.alert_history.latest(limit=5))  # written after the articles, and found a refresh later


def test_the_reader_sees_health_and_metrics(flow: Flow) -> None:
    server = serve(Parts(flow.reader), WebSettings(port=0, token=SecretStr("door")))
    try:
        headers = {"Authorization": "Bearer door"}
        for path in ("healthz", "readyz", "metrics"):
            url = f"http://127.0.0.1:{server.server_port}/{path}"
            answer = urllib3.request("GET", url, headers=headers, retries=False, timeout=20)
            assert answer.status == 200, answer.data
        families = {family.name for family in text_string_to_metric_families(answer.data.decode())}
        assert "rasid_entries_ended" in families
    finally:
        server.shutdown()
        server.server_close()


# --- it has no more ----------------------------------------------------------------------------------------------


def test_strangers_and_users_may_nothing_else_in_redis(flow: Flow) -> None:
    port = str(flow.settings.redis.url).rpartition(":")[2].partition("/")[0]
    stranger = redis.Redis(port=int(port))
    with pytest.raises(redis.AuthenticationError):
        stranger.ping()
    worker = redis.Redis.from_url(str(flow.settings.redis.url))
    reader = redis.Redis.from_url(str(flow.reader.redis.url))
    forbidden = [["FLUSHALL"], ["CONFIG", "SET", "dir", "/"], ["KEYS", "*"], ["SHUTDOWN"], ["MONITOR"]]
    forbidden += [["ACL", "LIST"], ["SAVE"], ["SLAVEOF", "NO", "ONE"], ["MODULE", "LIST"], ["CLIENT", "LIST"]]
    for command in forbidden:
        for user in (worker, reader):
            with pytest.raises(redis.exceptions.NoPermissionError):
                user.execute_command(*command)
    for command in (["SET", "other:key", "1"], ["GET", "other:key"], ["EVAL", "return redis.call('GET', 'x')", "0"]):
        with pytest.raises((redis.exceptions.NoPermissionError, redis.ResponseError)):
            worker.execute_command(*command)
    for command in (["SET", "rasid:swept", "1"], ["DEL", "rasid:feeds"], ["EVAL", "return 1", "0"]):
        with pytest.raises(redis.exceptions.NoPermissionError):
            reader.execute_command(*command)


def test_the_worker_may_nothing_else_in_elasticsearch(flow: Flow) -> None:
    flow.admin.index(index="others", id="1", document={"secret": 1}, refresh=True)
    elastic = flow.settings.elasticsearch
    assert elastic.password is not None
    worker = Elasticsearch(str(elastic.url), basic_auth=("rasid", elastic.password.get_secret_value()))
    for forbidden in (
        lambda: worker.get(index="others", id="1"),
        lambda: worker.indices.create(index="others-2"),
        lambda: worker.indices.delete(index="news-v1"),
        lambda: worker.indices.put_alias(index="news-v1", name="others-alias"),
        lambda: worker.cluster.put_settings(persistent={"indices.recovery.max_bytes_per_sec": "1mb"}),
        worker.security.get_user,
        lambda: worker.security.put_user(username="rasid", password="another-7", roles=["superuser"]),
    ):
        with pytest.raises(AuthorizationException):
            forbidden()


# --- logged and traced -------------------------------------------------------------------------------------------


def test_every_line_of_the_log_is_json_and_tells_an_entry_from_stage_to_stage(flow: Flow) -> None:
    told: dict[str, list[str]] = defaultdict(list)
    for line in flow.log.splitlines():
        if line.startswith("{"):
            event = json.loads(line)
            assert event["timestamp"]
            if event["event"] == "settled":
                told[event["entry"]].append(event["stage"])
        else:
            assert not re.match(r"\d{4}-", line), line  # what is not JSON is Celery's own warning to root
    parts = Parts(flow.settings)
    rows = {id_: parts.ledger.row(id_) for id_ in told}
    assert len(rows) >= len({expected.url for expected in flow.site.expected})
    for id_, row in rows.items():
        assert row is not None
        stages = told[id_]
        made = row.status in {"indexed", "duplicate"}
        assert stages[:4] == ["fetch", "make", "index", "alert"] if made else stages[0] == "fetch", (row.status, stages)


def test_a_trace_follows_a_sweep_through_the_queues(flow: Flow) -> None:
    wanted = {f"run/rasid.{name}" for name in ("sweep", "poll", "fetch", "make", "index")}
    assert any(wanted <= names for names in flow.collector.traces.values())
    names = {name for _, name, _ in flow.collector.spans}
    assert {"GET", "EVALSHA", "bulk"} <= names  # hosts, Redis, Elasticsearch
    assert {found["service.name"] for _, _, found in flow.collector.spans} == {"io"}
    told = " ".join(value for _, _, found in flow.collector.spans for value in found.values())
    assert "/feeds/" not in told  # of addresses only scheme and host


def test_no_secret_is_logged_or_traced(flow: Flow) -> None:
    told = " ".join(value for _, _, found in flow.collector.spans for value in found.values())
    for secret in (ADMIN, WORKER, READER, INDEXER):
        assert secret not in flow.log
        assert secret not in told
