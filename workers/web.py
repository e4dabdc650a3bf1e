"""What `rasid up` answers on its loopback port: /healthz, /readyz and /metrics (Prometheus text format).

Numbers are read from the stores at the moment of the question, so one port tells of all processes. Beyond loopback a
token is demanded (`Authorization: Bearer …`).
"""

from __future__ import annotations

import hmac
import json
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import redis
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from workers.errors import Fault, UserError
from workers.health import SILENT_AFTER, examine
from workers.settings import WebSettings
from workers.store.latency import LATENCY_BUCKETS
from workers.wiring import Parts

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_TEXT = "text/plain; charset=utf-8"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class StoreCollector(Collector):
    """Prometheus metrics read from the stores when they are asked for."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        report = examine(self._parts, now=datetime.now(UTC))
        yield _gauge("rasid_queue_messages", "Messages that wait in a Celery queue", "queue", report.queues)
        yield _gauge("rasid_entries_waiting", "Entries that wait at a stage", "stage", report.pending)
        yield _gauge(
            "rasid_entries_overdue_seconds", "Overdue time of a stage's oldest entry", "stage", report.oldest_wait
        )
        yield _gauge("rasid_entries_ended", "Entries by final outcome", "status", report.outcomes)
        yield _gauge("rasid_feeds", "Feeds by health", "health", report.feeds)
        yield GaugeMetricFamily("rasid_articles", "Articles in the index", value=report.index.get("articles", 0))
        yield GaugeMetricFamily("rasid_problems", "What `rasid status` complains of", value=len(report.problems))
        yield GaugeMetricFamily("rasid_alerts_waiting", "Alert deliveries that are due", value=report.alerts_waiting)
        yield from self._counted()

    def _counted(self) -> Iterator[Metric]:
        stages = CounterMetricFamily(
            "rasid_stage_outcomes", "How stages ended, by outlet", labels=("stage", "status", "outlet")
        )
        for labels, number in self._parts.ledger.tallies().items():
            stages.add_metric(labels, number)
        yield stages
        latency = self._parts.latency.buckets()
        buckets = [(str(bound), float(latency.get(str(bound), 0))) for bound in LATENCY_BUCKETS]
        buckets.append(("+Inf", float(latency.get("count", 0))))
        yield HistogramMetricFamily(
            "rasid_searchable_seconds",
            "From publication to being searchable",
            buckets=buckets,
            sum_value=float(latency.get("sum", 0)),
        )


def _gauge(name: str, text: str, label: str, values: dict[str, Any]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


class Application:
    """The WSGI application."""

    def __init__(self, parts: Parts, *, token: str | None = None) -> None:
        self._parts = parts
        self._token = token
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(StoreCollector(parts))

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        """Answer one request."""
        status, kind, body = self._answer(environ)
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("X-Content-Type-Options", "nosniff")]
        start_response(status, headers)
        return [body]

    def _answer(self, environ: dict[str, Any]) -> tuple[str, str, bytes]:
        if not self._allowed(environ.get("HTTP_AUTHORIZATION", "")):
            return "401 Unauthorized", _TEXT, b"a token is needed: Authorization: Bearer ...\n"
        routes = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._metrics}
        route = routes.get(environ.get("PATH_INFO", ""))
        if route is None or environ.get("REQUEST_METHOD") not in {"GET", "HEAD"}:
            return "404 Not Found", _TEXT, b"/healthz, /readyz and /metrics are here\n"
        try:
            return route()
        except redis.RedisError as error:
            return "503 Service Unavailable", _TEXT, f"redis: {type(error).__name__}\n".encode()

    def _allowed(self, header: str) -> bool:
        return self._token is None or hmac.compare_digest(header.encode(), f"Bearer {self._token}".encode())

    def _healthz(self) -> tuple[str, str, bytes]:
        last = self._parts.last_sweep()
        alive = last is not None and abs(datetime.now(UTC) - last) < SILENT_AFTER
        body = json.dumps({"alive": alive, "last_sweep": last.isoformat() if last else None}).encode() + b"\n"
        return ("200 OK" if alive else "503 Service Unavailable"), "application/json", body

    def _readyz(self) -> tuple[str, str, bytes]:
        problems = examine(self._parts, now=datetime.now(UTC)).problems
        body = json.dumps({"ready": not problems, "problems": problems}, ensure_ascii=False).encode() + b"\n"
        return ("503 Service Unavailable" if problems else "200 OK"), "application/json", body

    def _metrics(self) -> tuple[str, str, bytes]:
        return "200 OK", _METRICS, generate_latest(self._registry)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        return


class _Threaded(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve(parts: Parts, settings: WebSettings) -> WSGIServer:
    """Answer on `settings.host`:`settings.port` in a thread of its own; `shutdown()` and `server_close()` end it."""
    token = settings.token.get_secret_value() if settings.token else None
    if settings.host not in _LOOPBACK and not token:
        mend = "set RASID_WEB_TOKEN, or leave web.host at 127.0.0.1"
        raise UserError(Fault("web.host", f"{settings.host} is not loopback and there is no token", mend))
    try:
        server = make_server(
            settings.host, settings.port, Application(parts, token=token), server_class=_Threaded, handler_class=_Quiet
        )
    except OSError as error:
        mend = "set RASID_WEB_PORT to a free port"
        raise UserError(Fault("web.port", f"{settings.host}:{settings.port}: {error.strerror}", mend)) from None
    threading.Thread(target=server.serve_forever, name="web", daemon=True).start()
    return server
