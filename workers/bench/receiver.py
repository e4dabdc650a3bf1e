"""A webhook's other end on loopback, for benches: it checks signatures and knows idempotency keys."""

from __future__ import annotations

import contextlib
import hmac
import http.server
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

SECRET = "for this run only"  # noqa: S105 - of a receiver on loopback


@dataclass
class Receiver:
    """What arrived: idempotency key → article, and how often each key came."""

    url: str = ""
    told: dict[str, str] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    unsigned: int = 0


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    """A webhook's other end on loopback."""
    found = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signed = self.headers["X-Rasid-Timestamp"].encode() + b"." + body
            wanted = "sha256=" + hmac.digest(SECRET.encode(), signed, "sha256").hex()
            good = hmac.compare_digest(wanted, self.headers["X-Rasid-Signature"])
            if good:
                key = self.headers["Idempotency-Key"]
                found.calls[key] += 1
                found.told[key] = json.loads(body)["articles"][0]["id"]
            else:
                found.unsigned += 1
            self.send_response(204 if good else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_port}/hook"
        yield found
        server.shutdown()
