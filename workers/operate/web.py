"""What `rasid up` answers on its loopback port: /healthz, /readyz and /metrics (Prometheus text format).

Numbers are read from the stores at the moment of the question, so one port tells of all processes. Beyond loopback a
token is demanded (`Authorization: Bearer …`). Only hubs (`/websub/…`, where `poll.push_url` is set) come without: each
of their addresses has a key of its own, and what they send is signed.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import redis
from prometheus_client import CollectorRegistry, generate_latest

from workers.errors import Fault, UserError
from workers.operate import callback
from workers.operate.door import Guarded, check_host
from workers.operate.health import SILENT_AFTER, examine
from workers.operate.metrics import StoreCollector
from workers.poll.websub import PATH
from workers.settings import WebSettings
from workers.wiring import Parts

if TYPE_CHECKING:
    from wsgiref.types import StartResponse as Starts
    from wsgiref.types import WSGIEnvironment

_TEXT = "text/plain; charset=utf-8"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Application:
    """The WSGI application."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(StoreCollector(parts))

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        """Answer one request."""
        status, kind, body = self._answer(environ)
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("X-Content-Type-Options", "nosniff")]
        start_response(status, headers)
        return [body]

    def _answer(self, environ: dict[str, Any]) -> tuple[str, str, bytes]:
        routes = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._metrics}
        route = routes.get(environ.get("PATH_INFO", ""))
        if route is None or environ.get("REQUEST_METHOD") not in {"GET", "HEAD"}:
            return "404 Not Found", _TEXT, b"/healthz, /readyz and /metrics are here\n"
        try:
            return route()
        except redis.RedisError as error:
            return "503 Service Unavailable", _TEXT, f"redis: {type(error).__name__}\n".encode()

    def _healthz(self) -> tuple[str, str, bytes]:
        """Whether anything is alive: a sweep ran in the last minutes. Restarting helps where this says no."""
        last = self._parts.last_sweep()
        alive = last is not None and abs(datetime.now(UTC) - last) < SILENT_AFTER
        body = json.dumps({"alive": alive, "last_sweep": last.isoformat() if last else None}).encode() + b"\n"
        return ("200 OK" if alive else "503 Service Unavailable"), "application/json", body

    def _readyz(self) -> tuple[str, str, bytes]:
        """Whether work goes on: a sweep ran, the index takes articles, nothing is full. What only a person should
        look at (quarantine, failing feeds) is told and does not make it unready."""
        report = examine(self._parts, now=datetime.now(UTC))
        said = {"ready": not report.stopped, "problems": report.stopped, "noticed": report.noticed}
        body = json.dumps(said, ensure_ascii=False).encode() + b"\n"
        return ("503 Service Unavailable" if report.stopped else "200 OK"), "application/json", body

    def _metrics(self) -> tuple[str, str, bytes]:
        return "200 OK", _METRICS, generate_latest(self._registry)


class _Callbacks:
    """Lets hubs past the door, to their addresses only."""

    def __init__(self, parts: Parts, guarded: Guarded) -> None:
        self._parts = parts
        self._guarded = guarded

    def __call__(self, environ: WSGIEnvironment, start_response: Starts) -> Iterable[bytes]:
        if not self._parts.settings.poll.push_url or not environ.get("PATH_INFO", "").startswith(PATH):
            return self._guarded(environ, start_response)
        try:
            status, body = callback.answer(self._parts, environ)
        except (redis.RedisError, OSError):  # OSError: the hub stopped sending
            status, body = "503 Service Unavailable", b"come again later\n"
        headers = [("Content-Type", _TEXT), ("Content-Length", str(len(body))), ("X-Content-Type-Options", "nosniff")]
        start_response(status, headers)
        return [body]


class _Quiet(WSGIRequestHandler):
    timeout = 30
    """Seconds that a read may take: a caller that says nothing keeps no thread."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        return


class _Threaded(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve(parts: Parts, settings: WebSettings) -> WSGIServer:
    """Answer on `settings.host`:`settings.port` in a thread of its own; `shutdown()` and `server_close()` end it."""
    token = settings.token.get_secret_value() if settings.token else None
    check_host(settings.host, token, place="web.host")
    application = _Callbacks(parts, Guarded(Application(parts), token))
    try:
        server = make_server(settings.host, settings.port, application, server_class=_Threaded, handler_class=_Quiet)
    except OSError as error:
        mend = "set RASID_WEB_PORT to a free port"
        raise UserError(Fault("web.port", f"{settings.host}:{settings.port}: {error.strerror}", mend)) from None
    threading.Thread(target=server.serve_forever, name="web", daemon=True).start()
    return server
