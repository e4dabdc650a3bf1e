"""A proxy on loopback between the system and Elasticsearch that fails on demand. Elasticsearch itself is left alone.

Modes: `pass`; `refused` (nobody listens); `429` and `503` (answered without asking); `hang` (no answer until the mode
changes); `cut` (a bulk is applied, then the connection is closed without an answer). Documents whose id is in
`poisoned` reach Elasticsearch with a field that its mapping refuses, so that the 400 of that item is a real one.
"""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import threading
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

MODES = ("pass", "refused", "429", "503", "hang", "cut")

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"})
_POISON = b'{"first_seen":{"no":"date"}}'
_HANG_MOST = 120.0


class FaultProxy:
    """Forwards to `target` from a loopback port of its own, in the mode that was set last."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        self.poisoned: set[str] = set()
        self.harmed: Counter[str] = Counter()
        """Requests that were answered wrongly, by mode."""
        self._mode = "pass"
        self._changed = threading.Event()
        self._server: _Server | None = None
        self._port = 0
        self._open()

    @property
    def url(self) -> str:
        """The address to give to the system."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def mode(self) -> str:
        """How requests are answered now."""
        return self._mode

    def set(self, mode: str) -> None:
        """Answer like this from now on; requests that hang are let go."""
        if mode not in MODES:
            raise ValueError(f"no such mode: {mode}")
        self._mode = mode
        self._changed.set()
        self._changed = threading.Event()
        if mode == "refused":
            self._close()
        elif self._server is None:
            self._open()

    def wait_for_change(self) -> None:
        """Return when the mode is set anew."""
        self._changed.wait(_HANG_MOST)

    def stop(self) -> None:
        """Free the port."""
        self._changed.set()
        self._close()

    def _open(self) -> None:
        server = _Server(self._port, self)
        self._port = server.server_port
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.05,), name="fault-proxy", daemon=True).start()

    def _close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.cut_all()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, proxy: FaultProxy) -> None:
        self.proxy = proxy
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that break are what this server is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        mode, bulk = proxy.mode, self.path.partition("?")[0].endswith("/_bulk")
        if mode in {"429", "503"}:
            proxy.harmed[mode] += 1
            self._answer(int(mode), {"Content-Type": "application/json"}, _error(int(mode)))
            return
        if mode == "hang":
            proxy.harmed[mode] += 1
            proxy.wait_for_change()
            self.close_connection = True
            return
        status, headers, content = self._forward(proxy, self._poisoned(proxy, body) if bulk else body)
        if mode == "cut" and bulk:
            proxy.harmed[mode] += 1
            self.close_connection = True
            return
        self._answer(status, headers, content)

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names that http.server demands

    def _forward(self, proxy: FaultProxy, body: bytes) -> tuple[int, dict[str, str], bytes]:
        kept = {"content-type", "accept", "x-elastic-client-meta", "user-agent"}
        headers = {name: value for name, value in self.headers.items() if name.lower() in kept}
        if body and self.headers.get("Content-Encoding") == "gzip" and not body.startswith(b"{"):
            headers["Content-Encoding"] = "gzip"
        connection = http.client.HTTPConnection(str(proxy.target.hostname), proxy.target.port, timeout=60)
        try:
            connection.request(self.command, self.path, body=body or None, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, {n: v for n, v in answer.getheaders() if n.lower() not in _HOP_BY_HOP}, content
        finally:
            connection.close()

    def _poisoned(self, proxy: FaultProxy, body: bytes) -> bytes:
        if not proxy.poisoned:
            return body
        plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        lines = plain.split(b"\n")
        for at in range(0, len(lines) - 1, 2):
            if json.loads(lines[at])["index"]["_id"] in proxy.poisoned:
                lines[at + 1] = _POISON
                proxy.harmed["poison"] += 1
        return b"\n".join(lines)

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "X-elastic-product" not in headers and "X-Elastic-Product" not in headers:
            self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: what was harmed is counted."""


def _error(status: int) -> bytes:
    kind = "circuit_breaking_exception" if status == 429 else "unavailable_shards_exception"
    return json.dumps({"error": {"type": kind, "reason": "chaos"}, "status": status}).encode()
