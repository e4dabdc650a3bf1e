"""The Celery app of the chaos bench: the real one, with pages that harm the process and names that fail to resolve.

Only the bench starts workers with this app. No parser has been found to have such pages; what follows the call is the
real flow: a process that is gone, one that does not come back, one that has no memory left.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any

from workers.bench.chaos_marks import DNS_FLAG, EATS, HANGS, KILLS
from workers.bench.chaos_site import DOMAIN
from workers.celery import app
from workers.pipeline import Made, Pipeline

__all__ = ["app"]

_MOUTHFUL = 16 * 1024 * 1024
_make = Pipeline.make
_resolve = socket.getaddrinfo


def _make_or_die(self: Pipeline, page: Any, html: str, **options: Any) -> Made:
    if KILLS in html:
        os.kill(os.getpid(), signal.SIGKILL)
    if HANGS in html:
        threading.Event().wait()
    eaten = []
    while EATS in html:
        eaten.append(bytearray(_MOUTHFUL))
    return _make(self, page, html, **options)


def _resolve_or_fail(host: Any, *rest: Any, **options: Any) -> Any:
    if isinstance(host, str) and host.endswith(f".{DOMAIN}"):
        if Path(os.environ[DNS_FLAG]).exists():
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        host = "127.0.0.1"
    return _resolve(host, *rest, **options)


Pipeline.make = _make_or_die  # type: ignore[method-assign]
socket.getaddrinfo = _resolve_or_fail
