"""The one HTTP client: feeds, pages, robots.txt, hubs and webhooks all go through it.

What it holds (research: reliability, section 4): no request leaves for an address that is not public, whatever the
name, its encoding, its DNS answers or a redirect say; time, head, wire and decoded size and redirects are capped for
the whole exchange; of the compressions only gzip is asked for and taken, decoded in bounded steps; TLS is verified.
Every other end is a `FetchError` with a named kind. No cookies, no proxies from the environment.
"""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import certifi
import urllib3
from urllib3 import HTTPHeaderDict
from urllib3 import exceptions as errors

from workers.fetch.bodies import gunzipped, joined
from workers.fetch.guard import FetchError, Guard, Target
from workers.fetch.wire import Budget, Dialer, Resolver, pool_manager
from workers.poll.urls import names_user, normal_url
from workers.settings import FetchSettings

__all__ = ["Client", "FetchError", "Limits", "Response"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_PIECE = 65536
_NO_ENCODING = frozenset({"", "identity", "none", "utf-8", "utf8", "binary", "8bit"})
"""Content-Encoding values that name no compression; real servers send them by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps of one exchange: bytes as sent and decoded, seconds in all with redirects."""

    wire: int
    body: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer, whatever its status; `body` is decoded from gzip, not from its charset."""

    url: str
    final_url: str
    status: int
    headers: HTTPHeaderDict
    body: bytes
    redirects: tuple[tuple[int, str], ...] = ()
    """Each redirect's status and the address that it led to."""
    elapsed: float

    @property
    def moved_to(self) -> str | None:
        """Where the address has moved for good: the target of the leading permanent redirects, if any."""
        target = None
        for status, address in self.redirects:
            if status not in _PERMANENT:
                break
            target = address
        return target


class Getter(Protocol):
    """What asks for a page: a `Client`, or one turn of it at a paced host."""

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str | None = None,
        limits: Limits | None = None,
        verify: bool = True,
    ) -> Response: ...


class Client:
    """A guarded client; safe to use from several threads at once. Connections are kept and used again."""

    def __init__(self, settings: FetchSettings, *, resolver: Resolver | None = None) -> None:
        self._settings = settings
        self._dialer = Dialer(Guard.of(settings.allow_hosts, settings.ports), settings.connect_timeout, resolver)
        common: dict[str, Any] = {"num_pools": 256, "maxsize": settings.host_concurrency}
        self._verified = pool_manager(self._dialer, cert_reqs="CERT_REQUIRED", ca_certs=certifi.where(), **common)
        self._unverified = pool_manager(self._dialer, cert_reqs="CERT_NONE", assert_hostname=False, **common)
        self.user_agent = settings.user_agent.replace("{contact}", settings.contact)

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str | None = None,
        limits: Limits | None = None,
        verify: bool = True,
    ) -> Response:
        """GET, conditional where validators are given, redirects followed; raises `FetchError`."""
        headers = self._headers(accept)
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        return self._follow(url, headers, limits, self._verified if verify else self._unverified)

    def post(
        self, url: str, *, body: bytes, headers: Mapping[str, str], limits: Limits | None = None, verify: bool = True
    ) -> Response:
        """POST to a hub or a webhook. A redirect is handed back, never followed; raises `FetchError`."""
        started = time.monotonic()
        self._dialer.current.budget = self._budget(limits)
        target = self._dialer.guard.target(url)
        sent = self._headers(None) | dict(headers)
        manager = self._verified if verify else self._unverified
        raw = self._ask(manager, "POST", target, sent, body)
        answer = self._read(raw, limits)
        return Response(
            url=url,
            final_url=target.url,
            status=raw.status,
            headers=raw.headers,
            body=answer,
            elapsed=time.monotonic() - started,
        )

    # --- one exchange ---

    def _headers(self, accept: str | None) -> dict[str, str]:
        return {
            "User-Agent": self.user_agent,
            "Accept": accept or "text/html,application/xhtml+xml,*/*;q=0.5",
            "Accept-Language": "ar,*;q=0.5",
            "Accept-Encoding": "gzip",
        }

    def _budget(self, limits: Limits | None) -> Budget:
        settings = self._settings
        return Budget(
            seconds=limits.seconds if limits else settings.total_timeout,
            head=settings.max_header_bytes,
            body=limits.wire if limits else settings.max_wire_bytes,
        )

    def _follow(
        self, url: str, headers: dict[str, str], limits: Limits | None, manager: urllib3.PoolManager
    ) -> Response:
        started = time.monotonic()
        self._dialer.current.budget = self._budget(limits)
        hops: list[tuple[int, str]] = []
        target = self._dialer.guard.target(url)
        while True:
            raw = self._ask(manager, "GET", target, headers)
            location = raw.headers.get("Location")
            if raw.status not in _REDIRECTS or not location:
                break
            raw.drain_conn() if raw.headers.get("Content-Length", "x") == "0" else raw.close()
            target = self._next(target, location, [url, *(address for _, address in hops)])
            hops.append((raw.status, target.url))
        return Response(
            url=url,
            final_url=target.url,
            status=raw.status,
            headers=raw.headers,
            body=self._read(raw, limits),
            redirects=tuple(hops),
            elapsed=time.monotonic() - started,
        )

    def _next(self, target: Target, location: str, visited: list[str]) -> Target:
        if len(visited) > self._settings.max_redirects:
            raise FetchError("redirects", f"more than {self._settings.max_redirects} redirects")
        address = normal_url(_repaired(location), target.url)
        if not address:
            raise FetchError("redirects", f"a redirect leads to {location[:200]!r}")
        if address in visited or address == target.url:
            raise FetchError("redirects", f"redirects lead in a circle to {address}")
        if names_user(location):
            raise FetchError("redirects", "a redirect leads to an address with a user name")
        return self._dialer.guard.target(address)

    def _ask(
        self,
        manager: urllib3.PoolManager,
        method: str,
        target: Target,
        headers: dict[str, str],
        body: bytes | None = None,
    ) -> urllib3.BaseHTTPResponse:
        self._dialer.current.target = target
        for attempt in (1, 2):
            seconds = self._dialer.current.budget.remaining()
            try:
                pool = manager.connection_from_url(target.url)
                return pool.urlopen(
                    method,
                    "/" + target.url.split("/", 3)[3],
                    body=body,
                    headers=headers,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    decode_content=False,
                    timeout=urllib3.Timeout(connect=seconds, read=seconds),
                )
            except FetchError:
                raise
            except (errors.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
                if attempt == 1 and method == "GET" and _went_stale(error):
                    continue
                raise _named(error, target) from None
        raise AssertionError

    # --- the body ---

    def _read(self, raw: urllib3.BaseHTTPResponse, limits: Limits | None) -> bytes:
        most = limits.body if limits else self._settings.max_body_bytes
        encoding = raw.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _NO_ENCODING | {"gzip", "x-gzip"}:
            raw.close()
            raise FetchError("bad_encoding", f"Content-Encoding {encoding[:60]!r} was not asked for")
        try:
            pieces = raw.stream(_PIECE, decode_content=False)
            body = gunzipped(pieces, most) if encoding.endswith("gzip") else joined(pieces, most)
        except FetchError:
            raw.close()
            raise
        except (errors.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raw.close()
            raise _named(error, None) from None
        raw.release_conn()
        return body


# --- naming what went wrong --------------------------------------------------------------------------------------


def _named(error: Exception, target: Target | None) -> FetchError:
    cause: BaseException = error
    while True:
        inner = next((a for a in cause.args if isinstance(a, Exception)), None) or getattr(cause, "reason", None)
        if not isinstance(inner, BaseException) or inner is cause:
            break
        cause = inner
    host = f"{target.host}: " if target else ""
    if isinstance(cause, FetchError):
        return cause
    if isinstance(cause, ssl.SSLError) or isinstance(error, errors.SSLError):
        return FetchError("tls", f"{host}{getattr(cause, 'verify_message', '') or cause}")
    if isinstance(cause, TimeoutError | errors.TimeoutError):
        return FetchError("timeout", f"{host}no answer in time")
    if isinstance(cause, http.client.LineTooLong) or "headers" in str(cause):
        return FetchError("headers", f"{host}{cause}")
    if isinstance(cause, ConnectionError) and not isinstance(cause, http.client.RemoteDisconnected):
        return FetchError("connect", f"{host}{cause.strerror or cause}")
    return FetchError("protocol", f"{host}{type(cause).__name__}: {cause}"[:300])


def _went_stale(error: Exception) -> bool:
    """A kept connection that the server closed just before it was used again."""
    cause = error.args[1] if isinstance(error, errors.ProtocolError) and len(error.args) > 1 else error
    return isinstance(cause, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError)


def _repaired(location: str) -> str:
    """Header values are read as Latin-1; a Location in raw UTF-8 (Arabic paths) is put right."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location
