"""A small HTTP/1.1 server on loopback: keep-alive, conditional GET, gzip, counted requests, silent.

`LocalServers` runs one a site, each on a port of its own, because addresses of articles contain the port and ids come
from addresses: give the ports of the run before, and the ids are the same.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

GZIP_FROM = 1400
"""Bytes: what fits into one packet is not compressed."""
IDLE = 60.0
"""Seconds after which a silent keep-alive connection is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is served at one path."""

    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    modified: datetime | None = None
    """Together with the ETag, what makes the answer conditional; None: no validators are sent."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        return f'"{hashlib.blake2b(self.body, digest_size=8).hexdigest()}"'


Respond = Callable[[str], "Answer | None"]
"""Path with query → the answer, or None for 404."""


class LocalServers:
    """One server a site, on loopback. `make(site, root)` gives a site's `Respond` once its address is known."""

    def __init__(
        self,
        sites: tuple[str, ...],
        make: Callable[[str, str], Respond],
        *,
        ports: Mapping[str, int] | None = None,
        latency: float = 0.0,
        compress: bool = True,
    ) -> None:
        self.requests: Counter[str] = Counter()
        """How often each address (`http://127.0.0.1:port/path`) was asked for."""
        self.statuses: Counter[tuple[str, int]] = Counter()
        """The same by address and status of the answer."""
        self._servers = {site: _Server((ports or {}).get(site, 0), self, latency, compress) for site in sites}
        self.ports = {site: server.server_port for site, server in self._servers.items()}
        for site, server in self._servers.items():
            server.respond = make(site, self.root(site))
        self._threads: list[threading.Thread] = []

    def root(self, site: str) -> str:
        """The address of a site, without a trailing slash."""
        return f"http://127.0.0.1:{self.ports[site]}"

    def start(self) -> None:
        """Answer requests until `stop`. The ports are taken from the constructor on."""
        for site, server in self._servers.items():
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), name=f"site-{site}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Stop answering, close every connection and free the ports."""
        running = bool(self._threads)
        for server in self._servers.values():
            if running:
                server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, port: int, counts: LocalServers, latency: float, compress: bool) -> None:
        self.respond: Respond = lambda _: None
        self.latency = latency
        self.compress = compress
        self._counts = counts
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def count(self, path: str, status: int) -> None:
        address = f"http://127.0.0.1:{self.server_port}{path}"
        with self._lock:
            self._counts.requests[address] += 1
            self._counts.statuses[address, status] += 1

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle of an answer is no event of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "nginx"
    sys_version = ""
    timeout = IDLE
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        server = self.server
        if server.latency:
            time.sleep(server.latency)
        answer = server.respond(self.path) or Answer(status=404, body=b"<h1>404</h1>")
        status = 304 if self._is_fresh(answer) else answer.status
        server.count(self.path, status)
        self._send(answer, status)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _is_fresh(self, answer: Answer) -> bool:
        """RFC 9110, 13.2.2: If-None-Match decides alone; If-Modified-Since only without it."""
        if answer.modified is None or answer.status != 200:
            return False
        if (tags := self.headers.get("If-None-Match")) is not None:
            return answer.etag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        with contextlib.suppress(TypeError, ValueError):
            return parsedate_to_datetime(self.headers["If-Modified-Since"]) >= answer.modified.replace(microsecond=0)
        return False

    def _send(self, answer: Answer, status: int) -> None:
        body = b"" if status == 304 else answer.body
        self.send_response(status)
        if answer.modified is not None:
            self.send_header("ETag", answer.etag)
            self.send_header("Last-Modified", format_datetime(answer.modified.astimezone(UTC), usegmt=True))
        if status != 304:
            self.send_header("Content-Type", answer.content_type)
            if self.server.compress and len(body) >= GZIP_FROM and "gzip" in self.headers.get("Accept-Encoding", ""):
                body = gzip.compress(body, 1, mtime=0)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
            self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the demo's screen belongs to its progress."""
