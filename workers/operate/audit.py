"""The daily audit of the ledger: every entry that feeds offered has one final outcome, or is listed with its place.

It asks five questions, each of all entries, and changes nothing:
1. Has every row an outcome, or a stage at which the sweeper knows that it waits? How long has it waited?
2. Has every entry that a feed offers now a row?
3. Do the lists (waiting, quarantine) name only rows that stand there?
4. Are payloads left that nothing needs any more?
5. Does the index hold what the ledger says is indexed?
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from workers.errors import Retry
from workers.model import STAGES
from workers.store.ledger import FINAL
from workers.store.ledger_walk import LedgerWalk, Place
from workers.wiring import Parts

log = structlog.get_logger("rasid.audit")

LISTED = 200
"""Entries that a report names; of the others it gives the number."""
_SAMPLE = 200
"""Indexed entries that are looked up one by one."""
_UNREFRESHED = timedelta(minutes=10)
IN_INDEX = frozenset({"indexed", "updated", "duplicate"})

PROBLEMS = {
    "late": "waits longer than it should",
    "nowhere": "has neither an outcome nor a stage",
    "unscheduled": "waits at a stage, but the sweeper does not know it",
    "lost": "is offered by a feed, but the ledger has no row of it",
    "stray": "stands in a stage's list without waiting there",
    "unjailed": "is quarantined, but stands in no list for a person",
    "leftover": "left a payload behind that nothing needs",
    "unindexed": "is indexed by the ledger, but the index does not have it",
}
"""What a finding means. `waiting` is no problem: the entry is on its way."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One entry that is not simply done: what is with it, where it stands, for how long (seconds since first seen)."""

    kind: str
    """`waiting`, or a key of `PROBLEMS`."""
    entry: str
    place: str
    age: float
    feed: str = ""


@dataclass(slots=True)
class Audit:
    """One audit. `sound`: every entry is accounted for."""

    at: str
    seconds: float = 0.0
    entries: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    feeds: dict[str, dict[str, int]] = field(default_factory=dict)
    """Feed → `offered`, and how many of these ended with which outcome, or wait (`waiting`)."""
    index: dict[str, Any] = field(default_factory=dict)
    """`articles` in the index, `ledger`: entries that should be there; or `away` with the reason."""
    found: dict[str, int] = field(default_factory=dict)
    """How many entries of each kind of finding."""
    findings: list[Finding] = field(default_factory=list)
    """The first `LISTED` of each kind, the oldest first."""

    @property
    def problems(self) -> dict[str, int]:
        """The findings that are problems."""
        return {kind: number for kind, number in self.found.items() if kind in PROBLEMS and number}

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def audit(parts: Parts, *, now: datetime | None = None) -> Audit:
    """Go through the whole ledger; 25,000 entries a second or so. Keeps the result for `rasid status` and /metrics."""
    now, started = now or datetime.now(UTC), time.monotonic()
    run = _Run(parts, now)
    run.rows()
    run.offers()
    run.strays()
    run.leftovers()
    run.index()
    result = run.done()
    result.seconds = round(time.monotonic() - started, 3)
    parts.redis.set(f"{parts.settings.redis.prefix}:audit", json.dumps(asdict(result), ensure_ascii=False))
    return result


def daily(parts: Parts) -> Audit:
    """What beat asks for once a day: an audit, told in the log."""
    result = audit(parts)
    (log.info if result.sound else log.error)(
        "audit", entries=result.entries, problems=result.problems, waiting=result.waiting, seconds=result.seconds
    )
    return result


def last_audit(parts: Parts) -> Audit | None:
    """The last audit that ran; None before the first."""
    raw = parts.redis.get(f"{parts.settings.redis.prefix}:audit")
    if not isinstance(raw, bytes):
        return None
    kept = json.loads(raw)
    return Audit(**{**kept, "findings": [Finding(**finding) for finding in kept["findings"]]})


class _Run:
    def __init__(self, parts: Parts, now: datetime) -> None:
        self._parts = parts
        self._now = now
        self._walk = LedgerWalk(parts.redis, parts.settings.redis.prefix)
        self._late = timedelta(seconds=parts.settings.worker.audit_late)
        self._indexed: list[str] = []
        self._in_index = 0
        self._fresh = 0
        """Of these, the ones of the last minutes: Elasticsearch counts an article only after a refresh."""
        self._found: dict[str, list[Finding]] = defaultdict(list)
        self.result = Audit(at=now.isoformat())

    # --- 1. rows ---

    def rows(self) -> None:
        outcomes: Counter[str] = Counter()
        waiting: Counter[str] = Counter(dict.fromkeys(STAGES, 0))
        feeds: dict[str, Counter[str]] = defaultdict(Counter)
        for batch in self._walk.places():
            for place in batch:
                self.result.entries += 1
                end = "waiting" if place.stage else place.status
                (waiting if place.stage else outcomes)[place.stage or place.status or "none"] += 1
                for feed in place.feeds:
                    feeds[feed].update(("offered", end))
                self._note_indexed(place)
            self._look_twice([place for place in batch if _kind(place, self._now, self._late)])
        self.result.outcomes, self.result.waiting = dict(outcomes), dict(waiting)
        self.result.feeds = {feed: dict(counts) for feed, counts in sorted(feeds.items())}

    def _look_twice(self, suspects: Iterable[Place]) -> None:
        """What moved between two looks is alive."""
        for place in self._walk.placed([suspect.id for suspect in suspects]):
            if kind := _kind(place, self._now, self._late):
                where = place.stage or place.status or "nowhere"
                self._find(kind, place.id, where, first_seen=place.first_seen, feed=" ".join(place.feeds))

    def _note_indexed(self, place: Place) -> None:
        keep = self._parts.settings.keep.articles
        if place.status not in IN_INDEX:
            return
        if keep and self._now - place.first_seen > timedelta(seconds=keep):  # retention took it
            return
        self._in_index += 1
        self._fresh += self._now - place.first_seen < _UNREFRESHED
        if len(self._indexed) < _SAMPLE:
            self._indexed.append(place.id)

    # --- 2. what feeds offer ---

    def offers(self) -> None:
        """Every id of each feed's last poll has a row; those that lie past the rows' own time are left out."""
        if self._parts.settings.poll.max_age:  # entries too old for us are offered and not taken
            return
        oldest = self._now - timedelta(seconds=self._parts.settings.worker.keep_rows)
        for feed, state in self._parts.feeds.states().items():
            if state.last_new_at is None or state.last_new_at < oldest:
                continue
            for id_ in set(state.seen) - self._walk.known(state.seen):
                self._find("lost", id_, "offered", first_seen=state.last_new_at, feed=feed)

    # --- 3. lists ---

    def strays(self) -> None:
        for stage, ids in self._walk.waiting():
            there = {place.id for place in self._walk.placed(ids) if place.stage == stage}
            gone = [id_ for id_ in ids if id_ not in there]
            again = {place.id: place for place in self._walk.placed(gone)}
            for id_ in gone:
                place = again.get(id_)
                if place is None or (place.stage != stage and self._still_listed(stage, id_)):
                    self._find("stray", id_, stage, first_seen=place.first_seen if place else None)

    def _still_listed(self, stage: str, id_: str) -> bool:
        key = f"{self._parts.settings.redis.prefix}:pend:{stage}"
        return self._parts.redis.zscore(key, id_) is not None

    # --- 4. payloads ---

    def leftovers(self) -> None:
        """Payloads of entries that ended (and are not in quarantine) or that have no row any more."""
        for batch in self._walk.payloads():
            names = dict(batch)
            needed = {p.id for p in self._walk.placed(list(names)) if p.stage or p.status == "quarantined"}
            for id_ in names.keys() - needed:
                self._find("leftover", id_, names[id_])

    # --- 5. the index ---

    def index(self) -> None:
        """Up to `_SAMPLE` articles one by one; the rest by their number, which may only be larger than the ledger's:
        the index keeps articles whose rows have aged away."""
        try:
            stats = self._parts.index.stats()
            missing = [id_ for id_ in self._indexed if self._parts.index.get(id_) is None]
        except Retry as away:
            stats = {"healthy": False, "reason": away.reason}
        self.result.index = {"ledger": self._in_index}
        if not stats.get("healthy"):
            self.result.index["away"] = str(stats.get("reason", "no answer"))
            return
        articles = self.result.index["articles"] = int(stats["articles"])
        for place in self._walk.placed(missing):
            if place.status in IN_INDEX:
                feed = " ".join(place.feeds)
                self._find("unindexed", place.id, place.status, first_seen=place.first_seen, feed=feed)
        if not missing and articles < self._in_index - self._fresh:
            self.result.found["unindexed"] = self._in_index - articles

    def _find(self, kind: str, entry: str, place: str, *, first_seen: datetime | None = None, feed: str = "") -> None:
        self.result.found[kind] = self.result.found.get(kind, 0) + 1
        age = (self._now - first_seen).total_seconds() if first_seen else 0.0
        mine = self._found[kind]
        mine.append(Finding(kind, entry, place, round(age, 1), feed))
        if len(mine) >= 2 * LISTED:
            self._found[kind] = _oldest(mine)

    def done(self) -> Audit:
        """The result, with the oldest of each kind listed."""
        self.result.findings = [finding for kind in sorted(self._found) for finding in _oldest(self._found[kind])]
        self.result.found = {kind: number for kind, number in self.result.found.items() if number}
        return self.result


def _oldest(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: -finding.age)[:LISTED]


def _kind(place: Place, now: datetime, late: timedelta) -> str:
    """What a row is found to be; empty: it ended as it should."""
    if place.stage:
        if not place.scheduled:
            return "unscheduled"
        return "late" if now - place.first_seen > late and not place.status else "waiting"
    if place.status not in FINAL:
        return "nowhere"
    return "unjailed" if place.status == "quarantined" and not place.jailed else ""


def listed(result: Audit) -> Iterator[Finding]:
    """The findings in a person's order: problems first, then the oldest."""
    yield from sorted(result.findings, key=lambda f: (f.kind == "waiting", f.kind, -f.age))
