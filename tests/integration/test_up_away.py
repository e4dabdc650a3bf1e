"""`rasid up` where a server is not there yet: Redis is waited for; without the index work begins, none is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from elasticsearch import Elasticsearch

from tests.integration.test_up import CONFIG, RASID, status, wait
from workers.bench.chaos_proxy import FaultProxy
from workers.demo.site import NewsSite
from workers.operate.start import wait_for_redis
from workers.store.redisserver import RedisServer

pytestmark = pytest.mark.servers


def test_redis_is_waited_for_until_it_answers_or_somebody_stops_it(tmp_path: Path) -> None:
    server, found = RedisServer(tmp_path), list[bool]()
    client = redis.Redis.from_url(server.ensure(), socket_timeout=5)
    server.stop()
    assert not wait_for_redis(client, iter([False, False, True]).__next__, every=0.01)
    waiting = threading.Thread(target=lambda: found.append(wait_for_redis(client, lambda: False, every=0.05)))
    waiting.start()
    time.sleep(0.3)
    assert found == []
    again = RedisServer(tmp_path)
    again.ensure()  # at its old address
    waiting.join(20)
    again.stop()
    assert found == [True]


def test_a_password_that_redis_refuses_is_not_waited_for(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    port = int(server.ensure().rpartition(":")[2].partition("/")[0])
    with pytest.raises(redis.AuthenticationError):
        wait_for_redis(redis.Redis(port=port, password="another"), lambda: False, every=0.01)
    server.stop()


@pytest.fixture
def proxy(elasticsearch_url: str, unique_name: str) -> Iterator[FaultProxy]:
    """An Elasticsearch where nobody listens yet."""
    found = FaultProxy(elasticsearch_url)
    found.set("refused")
    yield found
    found.stop()
    with Elasticsearch(elasticsearch_url) as client:
        client.indices.delete(index=f"{unique_name}-*", expand_wildcards="all")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_work_begins_without_the_index_and_is_stored_when_it_comes(
    proxy: FaultProxy, unique_name: str, tmp_path: Path
) -> None:
    with NewsSite() as site:
        shutil.copytree(CONFIG, tmp_path / "config")
        site.write_feeds_yaml(tmp_path / "config" / "feeds.yaml")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
        environment = kept | {
            "RASID_CONFIG": str(tmp_path / "config"),
            "RASID_DATA": str(tmp_path / "data"),
            "RASID_ELASTICSEARCH_URL": proxy.url,
            "RASID_ELASTICSEARCH_INDEX": unique_name,
            "RASID_FETCH_ALLOW_HOSTS": "127.0.0.0/8",
            "RASID_FETCH_HOST_GAP": "0",
            "RASID_WORKER_TICK": "1",
            "RASID_WORKER_BACKOFF_MOST": "3",
            "RASID_WEB_PORT": "0",
        }
        with (tmp_path / "up.log").open("wb") as log:
            process = subprocess.Popen([*RASID, "up"], env=environment, stdout=log, stderr=log)
        try:
            wait(lambda: _told(environment).get("pending", {}).get("index", 0) >= 20)
            assert any("the index" in problem for problem in _told(environment)["problems"])
            proxy.set("pass")
            wait(lambda: sum(_told(environment)["outcomes"].values()) >= len(site.expected))
            told = _told(environment)
            assert told["index"]["articles"] == told["outcomes"]["indexed"] + told["outcomes"]["duplicate"]
            assert not told["outcomes"].get("quarantined")
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(90) == 0
    assert "the index is away" in (tmp_path / "up.log").read_text("utf-8")


def _told(environment: dict[str, str]) -> dict[str, Any]:
    """What `rasid status` says; nothing before there is a Redis."""
    if not (Path(environment["RASID_DATA"]) / "run" / "redis.url").exists():
        return {}
    return status(environment)
