"""/healthz, /readyz and /metrics over real HTTP, from a real Redis and the embedded index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from workers.errors import UserError
from workers.model import FeedEntry, Outcome
from workers.operate.web import serve
from workers.settings import RedisSettings, Settings, WebSettings
from workers.wiring import Parts

pytestmark = pytest.mark.servers

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def parts(redis_url: str, unique_name: str, tmp_path: Path) -> Iterator[Parts]:
    found = Parts(Settings(data=tmp_path, config_dir=CONFIG, redis=RedisSettings(url=redis_url, prefix=unique_name)))
    found.index.init()
    yield found
    found.index.close()


@pytest.fixture
def web(parts: Parts) -> Iterator[str]:
    server = serve(parts, WebSettings(port=0))
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def get(url: str, **headers: str) -> tuple[int, str]:
    answer = urllib3.request("GET", url, headers=headers, retries=False, timeout=20)
    return answer.status, answer.data.decode()


def test_health_follows_the_sweeps(parts: Parts, web: str) -> None:
    assert get(f"{web}/healthz")[0] == 503
    parts.heartbeat(datetime.now(UTC))
    assert get(f"{web}/healthz")[0] == 200
    assert get(f"{web}/readyz") == (200, '{"ready": true, "problems": [], "noticed": []}\n')
    parts.heartbeat(datetime.now(UTC) - timedelta(hours=2))
    status, body = get(f"{web}/readyz")
    assert status == 503
    assert "beat or the workers are down" in body


def test_metrics_tell_what_the_ledger_knows(parts: Parts, web: str) -> None:
    now = datetime.now(UTC)
    entries = [FeedEntry(id=f"{n:032x}", feed="f", outlet="رأي|اليوم", url=f"https://o.test/{n}") for n in (1, 2)]
    parts.ledger.offer(entries, now=now)
    (row,) = parts.ledger.claim("fetch", [entries[0].id], lease=60, now=now)
    parts.ledger.advance(row, Outcome(entry=row.id, stage="fetch", status="gone", at=now), None)
    parts.latency.observe([45.0, 7000.0])
    found = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(get(f"{web}/metrics")[1])
        for sample in family.samples
    }
    assert found["rasid_entries_waiting", (("stage", "fetch"),)] == 1
    assert found["rasid_entries_ended", (("status", "gone"),)] == 1
    labels = (("outlet", "رأي|اليوم"), ("stage", "fetch"), ("status", "gone"))
    assert found["rasid_stage_outcomes_total", labels] == 1
    assert found["rasid_searchable_seconds_bucket", (("le", "60"),)] == 1
    assert found["rasid_searchable_seconds_bucket", (("le", "+Inf"),)] == 2


def test_beyond_loopback_a_token_is_demanded(parts: Parts) -> None:
    with pytest.raises(UserError, match="not loopback"):
        serve(parts, WebSettings(host="0.0.0.0", port=0))
    server = serve(parts, WebSettings(port=0, token=SecretStr("geheim")))
    try:
        url = f"http://127.0.0.1:{server.server_port}/metrics"
        assert get(url)[0] == 401
        assert get(url, Authorization="Bearer wrong")[0] == 401
        assert get(url, Authorization="Bearer geheim")[0] == 200
    finally:
        server.shutdown()
        server.server_close()


def test_a_taken_port_is_a_fault_with_a_mend(parts: Parts, web: str) -> None:
    with pytest.raises(UserError, match="RASID_WEB_PORT"):
        serve(parts, WebSettings(port=int(web.rpartition(":")[2])))
