"""One turn at a host: the client that a paced request goes through, so that pacing sees what the request showed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from workers.fetch.guard import UNREACHABLE
from workers.fetch.http import Client, FetchError, Response
from workers.poll.hints import retry_after


class Hosts(Protocol):
    """What pacing is told (`store.hosts.RedisHosts`)."""

    def release(
        self, host: str, *, elapsed: float, status: int, now: datetime, retry_after: float | None = None
    ) -> None: ...

    def give_back(self, host: str) -> None: ...


@dataclass(slots=True)
class Turn:
    """Asks like a `Client`, and remembers what came of the last request."""

    client: Client
    clock: Callable[[], datetime]
    asked: bool = False
    elapsed: float = 0.0
    status: int = 0
    wait: float | None = None

    def get(self, url: str, **options: Any) -> Response:
        """As `Client.get`."""
        self.asked = True
        started = time.monotonic()
        try:
            answer = self.client.get(url, **options)
        except FetchError as error:
            self.status = 0 if error.kind in UNREACHABLE else 200
            raise
        else:
            self.status = answer.status
            self.wait = retry_after(answer.headers, self.clock())
            return answer
        finally:
            self.elapsed = time.monotonic() - started


@contextmanager
def turn(hosts: Hosts, host: str, client: Client, clock: Callable[[], datetime]) -> Iterator[Turn]:
    """The turn at `host` that was acquired before; it is given back with what the request showed, whatever happens."""
    taken = Turn(client, clock)
    try:
        yield taken
    finally:
        if taken.asked:
            now = clock()
            hosts.release(host, elapsed=taken.elapsed, status=taken.status, now=now, retry_after=taken.wait)
        else:
            hosts.give_back(host)
