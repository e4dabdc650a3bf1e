"""Going through the whole ledger without holding it up: what the daily audit reads.

`SCAN` sees every row that is there from start to end; a row that moves meanwhile is read as it was at one moment or
another. Whoever finds something wrong therefore looks twice (`placed`), in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis

from workers.model import STAGES
from workers.store.times import from_ms

_BATCH = 1000
_FIELDS = ("stage", "status", "feeds", "first_seen", "ruled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one entry stands. `stage` empty: nothing is to be done; `status` empty: it has no outcome yet."""

    id: str
    stage: str
    status: str
    feeds: tuple[str, ...]
    first_seen: datetime
    scheduled: bool
    """Whether the sweeper knows that the entry waits at its stage (true of all that wait nowhere)."""
    jailed: bool
    """Whether it stands in the list of quarantined entries, or a person has ruled that it stays out."""


class LedgerWalk:
    """Reads what `store.ledger` wrote under the prefix `prefix`."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._prefix = prefix

    def places(self) -> Iterator[list[Place]]:
        """Every row, in batches."""
        for ids in self._ids("art"):
            yield self.placed(ids)

    def placed(self, ids: Sequence[str]) -> list[Place]:
        """The rows of `ids` that exist, each read with its stage's list at one moment."""
        with self._redis.pipeline(transaction=True) as pipe:
            for id_ in ids:
                pipe.hmget(f"{self._prefix}:art:{id_}", _FIELDS)
                pipe.zscore(f"{self._prefix}:quarantine", id_)
                for stage in STAGES:
                    pipe.zscore(f"{self._prefix}:pend:{stage}", id_)
            answers = pipe.execute()
        width = 2 + len(STAGES)
        found = (
            _place(id_, answers[i * width], answers[i * width + 1], answers[i * width + 2 : (i + 1) * width])
            for i, id_ in enumerate(ids)
        )
        return [place for place in found if place is not None]

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that have a row."""
        wanted = list(ids)
        with self._redis.pipeline(transaction=False) as pipe:
            for id_ in wanted:
                pipe.exists(f"{self._prefix}:art:{id_}")
            return {id_ for id_, there in zip(wanted, pipe.execute(), strict=True) if there}

    def waiting(self) -> Iterator[tuple[str, list[str]]]:
        """Every stage's list of waiting entries, in batches: (stage, ids)."""
        for stage in STAGES:
            ids: list[str] = []
            for member, _ in self._redis.zscan_iter(f"{self._prefix}:pend:{stage}", count=_BATCH):
                ids.append(member.decode())
                if len(ids) >= _BATCH:
                    yield stage, ids
                    ids = []
            if ids:
                yield stage, ids

    def payloads(self) -> Iterator[list[tuple[str, str]]]:
        """Every payload that is kept, in batches: (entry, name)."""
        for names in self._ids("load"):
            yield [(entry, name) for entry, _, name in (key.partition(":") for key in names)]

    def _ids(self, kind: str) -> Iterator[list[str]]:
        start = f"{self._prefix}:{kind}:"
        found: list[str] = []
        for key in self._redis.scan_iter(match=start + "*", count=_BATCH):
            found.append(key.decode().removeprefix(start))
            if len(found) >= _BATCH:
                yield list(dict.fromkeys(found))
                found = []
        if found:
            yield list(dict.fromkeys(found))


def _place(id_: str, fields: list[bytes | None], jailed: object, scores: list[object]) -> Place | None:
    if fields[0] is None:
        return None
    stage, status, feeds, first_seen = ((value or b"").decode() for value in fields[:4])
    by_stage = dict(zip(STAGES, scores, strict=True))
    return Place(
        id=id_,
        stage=stage,
        status=status,
        feeds=tuple(feeds.split()),
        first_seen=from_ms(int(first_seen or 0)),
        scheduled=not stage or by_stage.get(stage) is not None,  # type: ignore[call-overload]
        jailed=jailed is not None or fields[4] is not None,
    )
