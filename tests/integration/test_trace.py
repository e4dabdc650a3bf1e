"""OpenTelemetry in a real worker: one trace from the sweep to the index, told to a collector on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from workers.demo.site import NewsSite
from workers.errors import UserError
from workers.settings import RedisSettings, Settings, TraceSettings
from workers.trace import start, without_secrets
from workers.wiring import Parts

pytestmark = [pytest.mark.servers, pytest.mark.slow]

CONFIG = Path(__file__).parents[2] / "config"


class Collector(ThreadingHTTPServer):
    """Speaks OTLP over HTTP as far as an exporter needs, and keeps the spans."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[tuple[str, str, dict[str, str]]] = []
        """Trace id, name, attributes of each span (with its service)."""


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        import gzip

        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            told = {item.key: item.value.string_value for item in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    found = told | {item.key: str(item.value) for item in span.attributes}
                    self.server.spans.append((span.trace_id.hex(), span.name, found))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_trace_follows_a_sweep_through_the_queues(
    collector: Collector, redis_url: str, unique_name: str, tmp_path: Path
) -> None:
    with NewsSite() as site:
        shutil.copytree(CONFIG, tmp_path / "config")
        site.write_feeds_yaml(tmp_path / "config" / "feeds.yaml")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
        environment = kept | {
            "RASID_CONFIG": str(tmp_path / "config"),
            "RASID_DATA": str(tmp_path / "data"),
            "RASID_REDIS_URL": redis_url,
            "RASID_REDIS_PREFIX": unique_name,
            "RASID_FETCH_ALLOW_HOSTS": "127.0.0.0/8",
            "RASID_FETCH_HOST_GAP": "0",
            "RASID_TRACE_ENDPOINT": f"http://127.0.0.1:{collector.server_port}/v1/traces",
            "RASID_TRACE_SHARE": "1",
            "OTEL_BSP_SCHEDULE_DELAY": "500",
        }
        config = Settings(
            data=tmp_path / "data",
            config_dir=tmp_path / "config",
            redis=RedisSettings(url=redis_url, prefix=unique_name),
        )
        parts = Parts(config)
        parts.index.init()
        celery = [sys.executable, "-m", "celery", "-A", "workers.celery:app"]
        options = ["-Q", "sweep,poll,fetch,make,index,alert", "-P", "threads", "-c", "4", "--without-gossip"]
        subprocess.run([sys.executable, "-m", "workers.cli", "feeds", "sync"], env=environment, check=True)
        worker = subprocess.Popen([*celery, "worker", "-n", "io@here", *options], env=environment, stderr=-3, stdout=-3)
        try:
            subprocess.run([*celery, "call", "rasid.sweep"], env=environment, check=True, capture_output=True)
            wanted = {f"run/rasid.{name}" for name in ("sweep", "poll", "fetch", "make", "index")}
            deadline = time.monotonic() + 90
            while not any(wanted <= names for names in traces(collector).values()):
                assert time.monotonic() < deadline, traces(collector)
                time.sleep(0.5)
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)
    names = {name for _, name, _ in collector.spans}
    assert {"GET", "EVALSHA"} <= names  # hosts and Redis
    assert {found["service.name"] for _, _, found in collector.spans} == {"io"}
    told = " ".join(value for _, _, found in collector.spans for value in found.values())
    assert "http://127.0.0.1" in told
    assert "/feeds/" not in told  # of addresses only scheme and host


def traces(collector: Collector) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for trace, name, _ in list(collector.spans):
        found.setdefault(trace, set()).add(name)
    return found


def test_without_an_endpoint_nothing_is_traced() -> None:
    from opentelemetry import trace
    from opentelemetry.instrumentation.celery import CeleryInstrumentor

    assert start(TraceSettings(), "io") is False
    assert not CeleryInstrumentor().is_instrumented_by_opentelemetry
    assert type(trace.get_tracer_provider()).__name__ == "ProxyTracerProvider"


def test_a_missing_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(UserError, match="rasid\\[otel\\]"):
        start(TraceSettings(endpoint="http://127.0.0.1:1/v1/traces"), "io")


def test_secrets_in_addresses_are_not_told() -> None:
    assert without_secrets("https://user:pw@hooks.test:8443/T0/secret?token=x#y") == "https://hooks.test"
