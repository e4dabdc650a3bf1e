"""Who may ask what this machine serves (page, metrics): on loopback everybody on it, beyond it who has the token.

Without a token only requests that name this machine (`Host: 127.0.0.1`, `localhost`) are answered: a web page elsewhere
whose name is made to point at 127.0.0.1 (DNS rebinding) could otherwise read along in somebody's browser.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING

from workers.errors import Fault, UserError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_TEXT = ("Content-Type", "text/plain; charset=utf-8")


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address, no port) is this machine and nothing else."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_host(host: str, token: str | None, *, place: str) -> None:
    """Raise `UserError` where `host` is open to others and there is no token."""
    if not is_loopback(host) and not token:
        mend = "set RASID_WEB_TOKEN (or RASID_WEB_TOKEN_FILE), or leave it at 127.0.0.1"
        raise UserError(Fault(place, f"{host} is not loopback and there is no token", mend))


class Guarded:
    """A WSGI application behind the door."""

    def __init__(self, application: WSGIApplication, token: str | None) -> None:
        self._application = application
        self._token = token

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._token is None:
            if is_loopback(_name(environ.get("HTTP_HOST", "localhost"))):
                return self._application(environ, start_response)
            body = b"this machine is asked under another's name; set a token to allow that\n"
            start_response("421 Misdirected Request", [_TEXT, ("Content-Length", str(len(body)))])
            return [body]
        if self._knows_token(environ.get("HTTP_AUTHORIZATION", "")):
            return self._application(environ, start_response)
        body = b"a token is needed: Authorization: Bearer ..., or as the password of any user name\n"
        headers = [_TEXT, ("Content-Length", str(len(body))), ("WWW-Authenticate", 'Basic realm="rasid"')]
        start_response("401 Unauthorized", headers)
        return [body]

    def _knows_token(self, header: str) -> bool:
        kind, _, given = header.partition(" ")
        if kind.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode("utf-8", "replace").partition(":")[2]
            except binascii.Error:
                return False
        elif kind.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode(), str(self._token).encode())


def _name(host: str) -> str:
    """The name of a Host header without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
