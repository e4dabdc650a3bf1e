"""The connection classes under the client: addresses checked before connecting, every read under one deadline and cap.

urllib3's timeouts hold for a single read, so a server that drips a byte a second holds a worker for ever. Here each
read of the socket asks the request's `Budget` how much time and how many bytes are left; head and body alike.
"""

from __future__ import annotations

import concurrent.futures
import http.client
import io
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from workers.fetch.guard import FetchError, Guard, Target

Resolver = Callable[[str, int], list[str]]
"""Host and port → addresses in the order to try; raises OSError."""

_BUFFER = 8192


class Budget:
    """What one exchange may still use: seconds until `deadline` (monotonic), bytes of head, then bytes of body."""

    def __init__(self, *, seconds: float, head: int, body: int) -> None:
        self.deadline = time.monotonic() + seconds
        self.seconds = seconds
        self._head = head
        self._body = body
        self._left = 0
        self._in_body = False

    def begin_head(self) -> None:
        """A new exchange (the first or after a redirect): its head is counted from zero."""
        self._in_body, self._left = False, self._head + _BUFFER

    def begin_body(self) -> None:
        self._in_body, self._left = True, self._body

    def remaining(self) -> float:
        """Seconds left; raises `FetchError` when none is."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise FetchError("timeout", f"not finished after {self.seconds:g} seconds")
        return left

    def spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            if self._in_body:
                raise FetchError("too_large", f"more than {self._body} bytes were sent")
            raise FetchError("headers", f"more than {self._head} bytes of headers were sent")


class Current(threading.local):
    """The exchange that this thread is in: connections of a pool learn from it what they are opened for."""

    target: Target
    budget: Budget


class _Reader(io.RawIOBase):
    """The socket's own file, each read under the budget. Its file, not the socket: it keeps a socket open that
    http.client has closed already, as it does where the server will close the connection."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._budget.remaining())
        try:
            count = self._file.readinto(buffer)
        except TimeoutError:
            raise FetchError("timeout", f"not finished after {self._budget.seconds:g} seconds") from None
        self._budget.spend(count or 0)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _Bounded:
    """Stands for the socket where http.client asks it for a file to read from."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._sock = sock
        self._budget = budget

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock, self._budget), _BUFFER)


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, budget: Budget, **options: Any) -> None:
        super().__init__(_Bounded(sock, budget), **options)  # type: ignore[arg-type]

    def _read_status(self) -> tuple[str, int, str]:
        """http.client takes 102 and 103 (early hints) for the answer; like 100 they only announce it."""
        version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, 100 if status in {102, 103} else status, reason


class Dialer:
    """Resolves once, checks every answer, connects to a checked address. Shared by all connections of a client."""

    def __init__(self, guard: Guard, connect_timeout: float, resolver: Resolver | None = None) -> None:
        self.guard = guard
        self.current = Current()
        self._connect_timeout = connect_timeout
        self._resolver = resolver or system_resolver
        self._threads = concurrent.futures.ThreadPoolExecutor(8, thread_name_prefix="resolve")

    def connect(self) -> socket.socket:
        """A connected socket for the thread's current target; raises `FetchError`."""
        target, budget = self.current.target, self.current.budget
        addresses = self._resolve(target, budget)
        self.guard.check(target, addresses)
        failure: OSError | None = None
        for address in addresses[:4]:  # a name with dozens of dead addresses must not eat the deadline one by one
            seconds = min(self._connect_timeout, budget.remaining())
            try:
                return socket.create_connection((address, target.port), timeout=seconds)
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise FetchError("timeout", f"{target.host} did not accept a connection")
        raise FetchError("connect", f"{target.host}:{target.port}: {failure.strerror if failure else 'no address'}")

    def _resolve(self, target: Target, budget: Budget) -> list[str]:
        work = self._threads.submit(self._resolver, target.host, target.port)
        try:
            found = work.result(timeout=min(self._connect_timeout, budget.remaining()))
        except TimeoutError:
            raise FetchError("dns", f"{target.host}: no answer from the resolver") from None
        except (OSError, UnicodeError) as error:
            raise FetchError("dns", f"{target.host}: {getattr(error, 'strerror', None) or error}") from None
        if not found:
            raise FetchError("dns", f"{target.host} has no address")
        return found


def system_resolver(host: str, port: int) -> list[str]:
    """The system's answer, each address once."""
    answers = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def pool_manager(dialer: Dialer, **options: Any) -> urllib3.PoolManager:
    """A PoolManager whose every connection goes through `dialer`."""

    class _Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return dialer.connect()

        def getresponse(self) -> Any:
            return _bounded_answer(self, dialer, super().getresponse)

    class _Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return dialer.connect()

        def getresponse(self) -> Any:
            return _bounded_answer(self, dialer, super().getresponse)

    class _PlainPool(HTTPConnectionPool):
        ConnectionCls = _Plain

    class _SecurePool(HTTPSConnectionPool):
        ConnectionCls = _Secure

    manager = urllib3.PoolManager(**options)
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return manager


def _bounded_answer(connection: Any, dialer: Dialer, answer: Callable[[], Any]) -> Any:
    budget = dialer.current.budget
    budget.begin_head()
    connection.response_class = lambda sock, **options: _Response(sock, budget, **options)
    found = answer()
    budget.begin_body()
    return found
