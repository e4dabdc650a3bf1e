"""What hubs call: `GET /websub/<feed>/<key>` verifies a subscription, `POST` delivers. Answered by the web port.

Nothing here asks or parses: a delivery is checked (address, size, signature) and kept, the workers read it. Everybody
on the internet may call, so an address that is not ours is answered before a byte of a body is read.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from workers.poll import websub
from workers.poll.websub import Subscription
from workers.wiring import Parts

Answer = tuple[str, bytes]
"""Status line and a plain text."""

_UNKNOWN: Answer = ("404 Not Found", b"no such subscription\n")
_GONE: Answer = ("410 Gone", b"this feed is not followed any more\n")
_TAKEN: Answer = ("202 Accepted", b"")


def answer(parts: Parts, environ: Mapping[str, Any]) -> Answer:
    """Answer one request below `/websub/`."""
    subscription, gone = _subscription(parts, environ.get("PATH_INFO", ""))
    if subscription is None:
        return _GONE if gone else _UNKNOWN
    method = environ.get("REQUEST_METHOD")
    if method == "GET":
        return _verified(parts, subscription, environ.get("QUERY_STRING", ""))
    if method == "POST":
        return _delivered(parts, subscription, environ)
    return "405 Method Not Allowed", b""


def _subscription(parts: Parts, path: str) -> tuple[Subscription | None, bool]:
    """The subscription that the address names; or whether its feed is unknown, for which hubs want a 410."""
    feed, _, key = path.removeprefix(websub.PATH).partition("/")
    found = parts.push.subscription(feed) if parts.settings.poll.push_url and feed and len(feed) <= 64 else None
    if found is None:
        return None, bool(feed) and bool(key) and bool(parts.settings.poll.push_url)
    return (found, False) if _same(found.key, key) else (None, False)


def _same(known: str, given: str) -> bool:
    return hmac.compare_digest(known.encode(), given.encode("utf-8", "surrogateescape"))


def _verified(parts: Parts, subscription: Subscription, query: str) -> Answer:
    try:
        asked = dict(parse_qsl(query, max_num_fields=20))
    except ValueError:
        return _UNKNOWN
    found = websub.verify(subscription, asked, datetime.now(UTC), parts.settings.poll.push_lease)
    if found is None:
        return _UNKNOWN
    granted, due = found
    parts.push.change(subscription.feed, lambda known: _granted(known, granted))
    parts.push.postpone(subscription.feed, due=due)
    return "200 OK", asked.get("hub.challenge", "").encode()


def _granted(known: Subscription, granted: Subscription) -> Subscription:
    """What the verification decides, beside what deliveries changed meanwhile."""
    return replace(
        known,
        state=granted.state,
        tries=granted.tries,
        lease=granted.lease,
        expires_at=granted.expires_at,
        note=granted.note,
    )


def _delivered(parts: Parts, subscription: Subscription, environ: Mapping[str, Any]) -> Answer:
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        return "411 Length Required", b""
    if int(length) > parts.settings.poll.push_bytes:
        return "413 Content Too Large", b""
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() not in {"", "identity"}:
        return "415 Unsupported Media Type", b"send it uncompressed\n"
    body = environ["wsgi.input"].read(int(length))
    now = datetime.now(UTC)
    if not websub.signed(subscription, environ.get("HTTP_X_HUB_SIGNATURE", ""), body):
        problem = "a delivery was not signed with our secret; it was ignored"
        parts.push.change(subscription.feed, lambda known: replace(known, note=problem))
        return _TAKEN  # WebSub, section 5.2: acknowledged, so that nobody learns what is wrong with it
    kind = str(environ.get("CONTENT_TYPE", ""))[:200]
    if not parts.push.deliver(subscription.feed, kind, body, now=now):
        return "503 Service Unavailable", b"come again later\n"
    return _TAKEN
