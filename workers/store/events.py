"""What happened, for those who watch: polls and final outcomes, on their way from Redis to documents for Kibana.

One Redis stream (`P:events`), written in the same script that moves the ledger and read in batches by whoever holds the
turn. A batch leaves the stream only after the index has it, so an event may be written twice, under the same id. While
the index is away the stream keeps the newest events: they are a view, the truth is in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
import redis
from redis.exceptions import LockError

from workers.model import Feed, Outcome
from workers.ports import Row
from workers.store.meters import poll_result

TURN = 60.0
"""Seconds after which a publisher that died loses its turn."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: `kind` (`polls`, `outcomes`) and `id` name its document."""

    position: str
    kind: str
    id: str
    document: Mapping[str, Any]


class RedisEvents:
    """The stream of one Redis; `most` events are kept at most (a little more, Redis trims by nodes)."""

    def __init__(self, client: redis.Redis, prefix: str, *, most: int) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._key = f"{prefix}:events"
        self._turn = f"{prefix}:events:turn"
        self.most = most

    def add(self, kind: str, id_: str, document: Mapping[str, Any]) -> None:
        """Append one event."""
        fields = {"kind": kind, "id": id_, "doc": orjson.dumps(document, default=str)}
        self._redis.xadd(self._key, fields, maxlen=self.most, approximate=True)

    def waiting(self) -> int:
        """Events that no index has yet."""
        return int(self._redis.xlen(self._key))

    def turn(self) -> Turn:
        """`with events.turn() as mine`: false where somebody else publishes just now."""
        return Turn(self._redis.lock(self._turn, timeout=TURN, thread_local=False))

    def take(self, limit: int) -> list[Event]:
        """The oldest events; they stay until `done`."""
        return [
            Event(position.decode(), fields[b"kind"].decode(), fields[b"id"].decode(), orjson.loads(fields[b"doc"]))
            for position, fields in self._redis.xrange(self._key, count=limit)
        ]

    def done(self, events: Sequence[Event]) -> None:
        """Forget events that the index has."""
        if events:
            self._redis.xdel(self._key, *(event.position for event in events))


class Turn:
    """One at a time: whether it is this one, and the end of it."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock

    def __enter__(self) -> bool:
        return bool(self._lock.acquire(blocking=False))

    def __exit__(self, *_: object) -> None:
        with suppress(LockError):  # not ours, or it ran out meanwhile
            self._lock.release()


def outcome_event(row: Row, outcome: Outcome) -> bytes:
    """The document of an entry's final outcome; its id is the entry's, so that a later outcome replaces it."""
    entry = row.entry
    return orjson.dumps(
        {
            "at": outcome.at.isoformat(),
            "entry": row.id,
            "outlet": entry.outlet,
            "feeds": list(row.feeds),
            "url": entry.url,
            "title": entry.title[:300],
            "stage": outcome.stage,
            "status": outcome.status,
            "reason": outcome.reason[:300],
            "first_seen": row.first_seen.isoformat(),
            "seconds": round((outcome.at - row.first_seen).total_seconds(), 1),
        }
    )


def poll_event(feed: Feed, event: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The id and the document of one poll: what of the feed's own event is of use to those who watch many feeds."""
    named = {"feed": feed.id, "outlet": feed.outlet, "url": feed.url, "title": feed.title, "result": _result(event)}
    found = named | {name: event[name] for name in _POLL_FIELDS if event.get(name) not in (None, "", [])}
    return f"{feed.id}-{event['at']}", found


def _result(event: Mapping[str, Any]) -> str:
    return "failed" if event.get("error") else poll_result(event)


_POLL_FIELDS = ("at", "next", "status", "offered", "fresh", "new", "gap", "error", "format", "problems", "seconds")
