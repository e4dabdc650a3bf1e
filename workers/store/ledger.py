"""The ledger in Redis (`ports.Ledger`): every entry's place in the flow. A message is a hint, this is the truth.

Celery on Redis loses messages under kill -9, `acks_late` or not (6 of 2,763 measured); a ledger with a sweeper lost
none (0 of 2,056). Times are kept in milliseconds. `store.ledger_scripts` holds the moves, `P` is the key prefix.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import redis
import structlog
from redis.commands.core import Script

from workers.model import STAGES, FeedEntry, Outcome, Stage, dump, load
from workers.ports import Row
from workers.store import ledger_scripts as scripts
from workers.store.events import RedisEvents, outcome_event
from workers.store.times import from_ms, to_ms

log = structlog.get_logger("rasid")

FINAL = frozenset({"indexed", "updated", "duplicate", "not_article", "not_arabic", "gone", "refused", "quarantined"})
"""Outcomes that end an entry; exactly one stands in a settled row."""
PAYLOADS = ("page", "html", "raw", "article")
"""What stages leave for the next one: kept while an entry is in the flow or in quarantine."""
EVIDENCE = ("exception", "versions")
"""What is kept of an entry in quarantine beside its payloads."""


class RedisLedger:
    """`ports.Ledger` on one Redis with an append-only file."""

    def __init__(
        self, client: redis.Redis, prefix: str, *, keep: float, grace: float = 30.0, events: RedisEvents | None = None
    ) -> None:
        """`keep`: seconds that an ended row stays after the last feed offered it.

        `grace`: a message is sent right after a move; the sweeper asks for the entry only so many seconds later.
        `events`: where final outcomes are told to, for those who watch.
        """
        self._events = events
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._prefix = prefix
        self._keep_ms = int(keep * 1000)
        self._grace_ms = int(grace * 1000)
        self._offer = client.register_script(scripts.OFFER)
        self._claim = client.register_script(scripts.CLAIM)
        self._advance = client.register_script(scripts.ADVANCE)
        self._postpone = client.register_script(scripts.POSTPONE)
        self._quarantine = client.register_script(scripts.QUARANTINE)
        self._release = client.register_script(scripts.RELEASE)
        self._due = client.register_script(scripts.DUE)

    # --- keys ---

    def _row_key(self, entry: str) -> str:
        return f"{self._prefix}:art:{entry}"

    def _trail(self, entry: str) -> str:
        return f"{self._prefix}:trail:{entry}"

    def _pend(self, stage: str) -> str:
        return f"{self._prefix}:pend:{stage}"

    def _load_key(self, entry: str, name: str) -> str:
        return f"{self._prefix}:load:{entry}:{name}"

    @property
    def _counts(self) -> str:
        return f"{self._prefix}:outcomes"

    @property
    def _jail(self) -> str:
        return f"{self._prefix}:quarantine"

    @property
    def _events_key(self) -> str:
        return f"{self._prefix}:events"

    def _event(self, row: Row, outcome: Outcome, final: str) -> tuple[int, bytes]:
        """How many events are kept, and this outcome as one; empty where it is not final or nobody watches."""
        if self._events is None or not final:
            return 0, b""
        return self._events.most, outcome_event(row, outcome)

    # --- moves ---

    def offer(self, entries: Sequence[FeedEntry], *, now: datetime) -> list[str]:
        """Write all of them; returns the ids that are to be fetched (new, or said differently by their feed now)."""
        calls = []
        for entry in entries:
            keys = [self._row_key(entry.id), self._pend("fetch"), self._trail(entry.id), self._counts]
            packed = zlib.compress(dump(entry), 1)
            args: list[Any] = [to_ms(now), entry.id, entry.feed, _saying(entry), packed, self._keep_ms]
            calls.append((keys, args))
        answers = self._run(self._offer, calls)
        return [entry.id for entry, answer in zip(entries, answers, strict=True) if answer]

    def claim(self, stage: Stage, ids: Sequence[str], *, lease: float, now: datetime) -> list[Row]:
        """Take those of `ids` that wait at `stage` and nobody holds, for `lease` seconds; each claim is an attempt."""
        end = to_ms(now) + int(lease * 1000)
        calls = [([self._row_key(i), self._pend(stage)], [to_ms(now), i, stage, end]) for i in dict.fromkeys(ids)]
        answers = self._run(self._claim, calls)
        rows = []
        for (_, args), answer in zip(calls, answers, strict=True):
            if answer:
                rows.append(_row(str(args[1]), _pairs(answer), claimed=True))
        return rows

    def advance(
        self,
        row: Row,
        outcome: Outcome,
        to: Stage | None,
        *,
        payloads: Mapping[str, bytes | None] | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> bool:
        """Settle the claimed stage, its payloads (None deletes one) and facts at once. `to` None ends the entry."""
        loads = payloads or {}
        stage = _held(row)
        keys = [self._row_key(row.id), self._pend(stage), self._trail(row.id), self._counts, self._pend(to or "none")]
        keys += [self._events_key, *(self._load_key(row.id, name) for name in loads)]
        final = outcome.status if outcome.status in FINAL else ""
        now = to_ms(outcome.at)
        args: list[Any] = [now, row.id, stage, row.token, to or "", dump(outcome), final, outcome.reason]
        args += [
            now + self._grace_ms,
            self._keep_ms,
            _tally(row, outcome),
            *self._event(row, outcome, final),
            len(loads),
            *(value or b"" for value in loads.values()),
        ]
        for name, value in (facts or {}).items():
            args += [name, value]
        settled = bool(self._advance(keys=keys, args=args))
        if settled:  # one line a stage and entry: with those of `stages`, all that happened to an entry
            log.info("settled", entry=row.id, stage=stage, status=outcome.status, reason=outcome.reason, to=to)
        return settled

    def postpone(self, row: Row, outcome: Outcome, *, until: datetime, burn: bool) -> bool:
        """Give the claim back, to be done again at `until`. `burn` False takes the attempt back as well."""
        stage = _held(row)
        keys = [self._row_key(row.id), self._pend(stage), self._trail(row.id), self._counts]
        args: list[Any] = [to_ms(outcome.at), row.id, stage, row.token, to_ms(until), dump(outcome), int(burn)]
        args.append(_tally(row, outcome))
        return bool(self._postpone(keys=keys, args=args))

    def quarantine(self, row: Row, outcome: Outcome, *, evidence: Mapping[str, bytes] | None = None) -> bool:
        """End the entry as quarantined; its payloads and `evidence` stay until a person rules."""
        found = evidence or {}
        stage = _held(row)
        keys = [self._row_key(row.id), self._pend(stage), self._trail(row.id), self._counts, self._jail]
        keys += [self._events_key, *(self._load_key(row.id, f"evidence-{name}") for name in found)]
        args: list[Any] = [to_ms(outcome.at), row.id, stage, row.token, dump(outcome), outcome.reason]
        args += [_tally(row, outcome), *self._event(row, outcome, "quarantined"), *found.values()]
        return bool(self._quarantine(keys=keys, args=args))

    def release(self, entry: str, *, now: datetime) -> bool:
        """Send a quarantined entry back to the stage that it was stuck at, with no attempts counted."""
        stuck = self._redis.hget(self._row_key(entry), "stuck_at")
        if stuck is None:
            return False
        stage = stuck.decode()
        keys = [self._row_key(entry), self._jail, self._counts, self._pend(stage)]
        keys += [self._load_key(entry, f"evidence-{name}") for name in EVIDENCE]
        return bool(self._release(keys=keys, args=[to_ms(now), entry, stage]))

    def due(self, stage: Stage, *, now: datetime, limit: int, hide: float) -> list[str]:
        """Ids that wait at `stage` and are due, hidden from the next call for `hide` seconds."""
        found = self._due(keys=[self._pend(stage)], args=[to_ms(now), limit, to_ms(now) + int(hide * 1000)])
        return [id_.decode() for id_ in found]

    # --- questions ---

    def payload(self, entry: str, name: str) -> bytes | None:
        """What an earlier stage left for the next one."""
        found: bytes | None = self._redis.get(self._load_key(entry, name))
        return found

    def payloads(self, ids: Sequence[str], name: str) -> dict[str, bytes]:
        """The payload `name` of each of `ids` that has one."""
        if not ids:
            return {}
        values = self._redis.mget([self._load_key(i, name) for i in ids])
        return {i: value for i, value in zip(ids, values, strict=True) if value is not None}

    def row(self, entry: str) -> Row | None:
        """One entry's row."""
        fields = self._redis.hgetall(self._row_key(entry))
        return _row(entry, fields, claimed=False) if fields else None

    def trail(self, entry: str) -> list[Outcome]:
        """Every stage's outcomes in order of time (the last 50)."""
        return [load(Outcome, raw) for raw in self._redis.lrange(self._trail(entry), 0, -1)]

    def quarantined(self, *, limit: int) -> list[Row]:
        """Quarantined entries, newest first."""
        ids = [raw.decode() for raw in self._redis.zrevrange(self._jail, 0, limit - 1)]
        return [row for i in ids if (row := self.row(i)) is not None]

    def jailed(self) -> int:
        """How many entries wait in quarantine for a person; those that one has ruled on (`drop`) no longer do."""
        return int(self._redis.zcard(self._jail))

    def drop(self, entry: str) -> bool:
        """A person rules that a quarantined entry stays out: its payloads go, its row ages like any ended one."""
        if self._redis.zscore(self._jail, entry) is None:
            return False
        names = (*PAYLOADS, *(f"evidence-{name}" for name in EVIDENCE))
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrem(self._jail, entry)
            pipe.hset(self._row_key(entry), "ruled", "dropped")
            pipe.delete(*(self._load_key(entry, name) for name in names))
            pipe.pexpire(self._row_key(entry), self._keep_ms)
            pipe.pexpire(self._trail(entry), self._keep_ms)
            pipe.execute()
        return True

    def counts(self) -> dict[str, int]:
        """Waiting entries by stage (`pending:fetch`) and ended ones by status (`outcome:indexed`)."""
        found = {f"pending:{stage}": number for stage, number in self.waiting().items()}
        for name, number in self._redis.hgetall(self._counts).items():
            if b"|" not in name:
                found[f"outcome:{name.decode()}"] = int(number)
        return found

    def waiting(self) -> dict[Stage, int]:
        """Waiting entries by stage."""
        return {stage: int(self._redis.zcard(self._pend(stage))) for stage in STAGES}

    def mean_payload(self, stage: Stage, name: str, *, sample: int) -> float:
        """Mean bytes of the payload `name` over the `sample` entries that are due first at `stage`; 0 where none is."""
        ids = self._redis.zrange(self._pend(stage), 0, sample - 1)
        if not ids:
            return 0.0
        with self._redis.pipeline(transaction=False) as pipe:
            for id_ in ids:
                pipe.strlen(self._load_key(id_.decode(), name))
            return float(sum(pipe.execute()) / len(ids))

    def tallies(self) -> dict[tuple[str, str, str], int]:
        """How often each (stage, status, outlet) happened."""
        found = {}
        for name, number in self._redis.hgetall(self._counts).items():
            if b"|" in name:
                stage, status, outlet = name.decode().split("|", 2)
                found[stage, status, outlet] = int(number)
        return found

    def oldest_wait(self, stage: Stage, *, now: datetime) -> float:
        """Seconds that the longest overdue entry of `stage` is overdue; 0 when none is."""
        first = self._redis.zrange(self._pend(stage), 0, 0, withscores=True)
        return max(0.0, (to_ms(now) - first[0][1]) / 1000) if first else 0.0

    def _run(self, script: Script, calls: Sequence[tuple[list[str], list[Any]]]) -> list[Any]:
        if not calls:
            return []
        with self._redis.pipeline(transaction=False) as pipe:
            for keys, args in calls:
                script(keys=keys, args=args, client=pipe)
            answers: list[Any] = pipe.execute()
        return answers


def _held(row: Row) -> Stage:
    if row.stage is None or not row.token:
        raise ValueError(f"row {row.id} is not claimed")
    return row.stage


def _tally(row: Row, outcome: Outcome) -> str:
    return f"{outcome.stage}|{outcome.status}|{row.entry.outlet}"


def _saying(entry: FeedEntry) -> str:
    """What the feed says of the entry, as a short hash: another one means that the outlet changed the headline.

    Dates are left out: feeds without any get the time of the poll, and relative ones move by themselves.
    """
    return hashlib.sha256(entry.title.encode()).hexdigest()[:16]


def _pairs(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _row(entry: str, fields: Mapping[bytes, bytes], *, claimed: bool) -> Row:
    text = {k.decode(): v for k, v in fields.items()}
    stage = text["stage"].decode()
    next_at = int(text["next_at"])
    return Row(
        id=entry,
        stage=cast("Stage", stage) if stage else None,
        attempts=int(text["attempts"]),
        entry=load(FeedEntry, zlib.decompress(text["entry"])),
        feeds=tuple(text["feeds"].decode().split()),
        first_seen=from_ms(int(text["first_seen"])),
        status=text["status"].decode(),
        reason=text["reason"].decode(),
        next_at=from_ms(next_at) if next_at else None,
        facts={k[2:]: v.decode() for k, v in text.items() if k.startswith("f:")},
        token=text["token"].decode() if claimed else "",
    )
