"""robots.txt of hosts, kept in Redis for a day; the last good one for thirty, for when the host is in trouble."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import redis

from workers.errors import Retry
from workers.fetch.charset import decode
from workers.fetch.http import Client, FetchError, Limits, Response
from workers.fetch.robots import MAX_ROBOTS, crawl_delay, permits
from workers.settings import FetchSettings
from workers.store.hosts import host_key

_KEEP = 30 * 86400
_AWAY = 600.0
"""Seconds before an unreachable robots.txt is asked for again."""
_LIMITS = Limits(wire=MAX_ROBOTS, body=MAX_ROBOTS, seconds=20)
_CUT = frozenset({"too_large", "bomb", "bad_encoding", "headers", "redirects", "bad_url"})
"""Ends that mean the host has no usable robots.txt: RFC 9309 lets such a host be asked."""


class RedisRobots:
    """Implements `fetch.robots.Robots`; key `<prefix>:robots:<origin>`, shared by all workers."""

    def __init__(self, client: redis.Redis, prefix: str, http: Client, settings: FetchSettings) -> None:
        self._redis = client
        self._prefix = prefix
        self._http = http
        self._settings = settings

    def allowed(self, url: str, *, now: datetime) -> bool:
        """Whether `url` may be asked for; raises `Retry` while robots.txt cannot be had and none is known."""
        if not self._settings.obey_robots:
            return True
        parts = urlsplit(url)
        text = self._text(f"{parts.scheme}://{parts.netloc}", now)
        return permits(text, url)

    def _text(self, origin: str, now: datetime) -> str:
        key = f"{self._prefix}:robots:{origin}"
        known: Any = self._redis.hgetall(key)
        checked, text = float(known.get(b"checked", 0)), known.get(b"text")
        trouble = known.get(b"trouble", b"").decode()
        age = now.timestamp() - checked
        if known and age < (_AWAY if trouble else self._settings.robots_keep):
            if text is None:
                raise Retry(f"robots.txt: {trouble}", after=max(_AWAY - age, 1.0), burn_attempt=False)
            return str(text.decode())
        return self._ask(origin, key, text, now)

    def _ask(self, origin: str, key: str, old: bytes | None, now: datetime) -> str:
        try:
            answer = self._http.get(f"{origin}/robots.txt", accept="text/plain,*/*;q=0.5", limits=_LIMITS)
        except FetchError as error:
            if error.kind not in _CUT and error.kind != "refused_address":
                return self._trouble(key, str(error), old, now)
            text = ""
        else:
            if answer.status == 429 or answer.status >= 500:
                return self._trouble(key, f"HTTP {answer.status}", old, now)
            text = _content(answer)
        self._keep(key, {"text": text, "trouble": "", "checked": now.timestamp()})
        if delay := min(crawl_delay(text), self._settings.host_gap_most):
            self._redis.hset(host_key(self._prefix, urlsplit(origin).netloc), "crawl_delay", str(delay))
        return text

    def _trouble(self, key: str, trouble: str, old: bytes | None, now: datetime) -> str:
        self._keep(key, {"trouble": trouble, "checked": now.timestamp()})
        if old is None:
            raise Retry(f"robots.txt: {trouble}", after=_AWAY, burn_attempt=False)
        return old.decode()

    def _keep(self, key: str, row: Any) -> None:
        with self._redis.pipeline() as pipe:
            pipe.hset(key, mapping=row)
            pipe.expire(key, _KEEP)
            pipe.execute()


def _content(answer: Response) -> str:
    """The rules; none where the host answers 4xx or with a page."""
    if answer.status >= 300 or answer.body.lstrip()[:1] == b"<":
        return ""
    return decode(answer.body, answer.headers.get("content-type"))[0]
