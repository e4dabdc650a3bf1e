"""A local site for tests, on loopback: well-behaved pages and feeds, and every misbehaviour that a client must survive.

A path is served by a function that gets the request and yields the raw bytes of the answer, so that it can lie about
lengths, drip, never end, or close at any byte. Requests are recorded in order.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import socketserver
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Request:
    """One request as it came: method, path with query, headers with names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


Behaviour = Callable[[Request], Iterator[bytes]]


@dataclass
class NewsSite:
    """`with NewsSite() as site: site.serve("/feed", body)`; addresses by `site.url("/feed")`."""

    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    sent: int = 0
    """Bytes that the server got rid of: how far a client let a hostile answer go."""

    def __post_init__(self) -> None:
        self._behaviours: dict[str, Behaviour] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.site = self
        self.port = int(self._server.server_address[1])
        self.host = f"127.0.0.1:{self.port}"
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def behave(self, path: str, behaviour: Behaviour) -> str:
        """Serve `path` (without query) by `behaviour`; returns its address."""
        self._behaviours[path] = behaviour
        return self.url(path)

    def serve(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        """Serve a plain answer; header names with underscores for hyphens. Returns the address."""
        return self.behave(path, lambda _: iter([answer(body, status, **headers)]))

    def hits(self, path: str) -> int:
        return sum(1 for request in self.requests if request.path.partition("?")[0] == path)

    def note(self, request: Request) -> Behaviour:
        with self._lock:
            self.requests.append(request)
        return self._behaviours.get(request.path.partition("?")[0], lambda _: iter([answer(b"not here", 404)]))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64
    site: NewsSite

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up in the middle of an answer: that is what is tested."""


class _Handler(socketserver.StreamRequestHandler):
    timeout = 30

    def handle(self) -> None:
        site = self.server.site  # type: ignore[attr-defined]
        site.connections += 1
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError, ValueError):
            while (request := self._read()) is not None:
                for piece in site.note(request)(request):
                    self.wfile.write(piece)
                    self.wfile.flush()
                    site.sent += len(piece)
                if request.headers.get("connection") == "close" or request.path.startswith("/raw"):
                    return

    def _read(self) -> Request | None:
        line = self.rfile.readline(70_000).decode("latin-1").split()
        if len(line) < 2:
            return None
        headers: dict[str, str] = {}
        while (header := self.rfile.readline(70_000)) not in {b"\r\n", b"\n", b""}:
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return Request(line[0], line[1], headers, body)


# --- answers -----------------------------------------------------------------------------------------------------


def answer(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """A whole HTTP/1.1 answer with its Content-Length."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body


def head(*lines: str, status: int = 200) -> bytes:
    """The head of an answer, for bodies of one's own."""
    return "\r\n".join((f"HTTP/1.1 {status} X", *lines, "", "")).encode("utf-8")


def conditional(body: Callable[[], bytes], etag: Callable[[], str]) -> Behaviour:
    """A feed with validators: 304 where the client has the newest."""

    def behave(request: Request) -> Iterator[bytes]:
        tag = etag()
        fresh = request.headers.get("if-none-match") == tag
        yield answer(b"" if fresh else body(), 304 if fresh else 200, ETag=tag, Content_Type="application/rss+xml")

    return behave


def drip(first: bytes, piece: bytes, *, every: float, times: int) -> Behaviour:
    """`first`, then `piece` again and again with pauses."""

    def behave(_: Request) -> Iterator[bytes]:
        yield first
        for _number in range(times):
            time.sleep(every)
            yield piece

    return behave


def endless(first: bytes, piece: bytes, *, most: int = 200_000_000) -> Behaviour:
    """`first`, then `piece` for ever (`most` bytes, so that a test that fails ends too)."""

    def behave(_: Request) -> Iterator[bytes]:
        yield first
        for _number in range(most // len(piece)):
            yield piece

    return behave


def gzip_bomb(size: int) -> bytes:
    """`size` zero bytes, compressed about a thousand times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    megabyte = bytes(1_000_000)
    return b"".join(packer.compress(megabyte) for _ in range(size // 1_000_000)) + packer.flush()


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


# --- feeds and pages that we wrote -------------------------------------------------------------------------------


def rss(items: list[tuple[str, str, str]], *, extra: str = "", encoding: str = "utf-8", declared: str = "") -> bytes:
    """RSS 2.0 of (title, link, pubDate); `extra` goes into the channel."""
    rows = "".join(
        f"<item><title>{title}</title><link>{link}</link>{f'<pubDate>{date}</pubDate>' if date else ''}</item>"
        for title, link, date in items
    )
    text = (
        f'<?xml version="1.0" encoding="{declared or encoding}"?>'
        f'<rss version="2.0"><channel><title>صحيفة الاختبار</title>{extra}{rows}</channel></rss>'
    )
    return text.encode(encoding, "replace")
