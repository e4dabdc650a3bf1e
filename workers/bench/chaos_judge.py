"""What harm left behind, counted from outside: ledger rows, the real index, the file that alerts were sent to."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psutil

from workers.bench.chaos_system import ALERT_OUTLET, System
from workers.store.ledger import FINAL
from workers.store.ledger_walk import LedgerWalk

STORED = frozenset({"indexed", "updated", "duplicate"})


@dataclass(slots=True)
class Verdict:
    """What is so after a scenario, over all articles that were ever published before it and in it.

    `ok`: nothing lost, nothing twice, nothing unsettled, and only that is in quarantine which must be.
    """

    scenario: str
    published: int
    lost: int = 0
    """Articles without a final outcome in the ledger that the index does not have either (after a FLUSHALL it alone
    knows those that left the feeds), and articles that the ledger says are stored and the index does not have."""
    twice: int = 0
    """Documents in the index beyond one an article."""
    alerts_lost: int = 0
    alerts_twice: int = 0
    """Lines in the alerts' file beyond one a rule and article, under whatever delivery id."""
    unsettled: int = 0
    jailed: int = 0
    jailed_wrongly: int = 0
    """Quarantined entries that were not poisoned; in the last verdict also poisoned ones that were not quarantined."""
    leftover: int = 0
    """Processes of killed workers that outlived them."""
    growing: int = 0
    """Processes whose memory or open files grew (scenario `soak`)."""
    faults: int = 0
    seconds: float = 0.0
    catch_up: float = 0.0
    """Seconds from the last fault, or from the last article's publication after it, to the last outcome."""
    outcomes: dict[str, int] = field(default_factory=dict)
    harmed: dict[str, int] = field(default_factory=dict)
    """Requests to Elasticsearch that the proxy answered wrongly so far, by mode."""
    restarts: int = 0
    """Processes that the supervisor started again so far."""
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        bad = (self.lost, self.twice, self.alerts_lost, self.alerts_twice, self.unsettled, self.jailed_wrongly)
        return not any(bad) and not self.leftover and not self.growing


class Judge:
    """Waits until a system has settled, and counts."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._open: set[str] = set()
        self._known = 0
        self._faults = 0

    def settled(self) -> bool:
        """Whether all that was to be published is out and has its end, and no alert waits. What kills or hangs its
        reader takes its time, and is not waited for."""
        system = self._system
        if time.monotonic() < system.site.publishing.ends or self._busy():
            return False
        self._look()
        return self._open <= system.poisoned and not system.parts.outbox.counts()["due"]

    def _look(self) -> None:
        """Which of all that are out have not ended."""
        ids = list(self._system.ids())
        self._open.update(ids[self._known :])
        self._known = len(ids)
        self._open -= self._ended(sorted(self._open))

    def _busy(self) -> bool:
        """Whether so many wait that it cannot be over: a few commands, where looking at each takes the processor from
        those who work."""
        return sum(self._system.parts.ledger.waiting().values()) > len(self._system.poisoned)

    def forget(self) -> None:
        """Look at every article again: Redis lost what it knew."""
        self._known = 0
        self._open.clear()

    def _ended(self, ids: list[str]) -> set[str]:
        standing = self._standing(ids)
        ended = {id_ for id_, (stage, status) in standing.items() if not stage and status in FINAL}
        if self._system.flushed and (rolled_out := set(ids) - standing.keys()):
            ended |= rolled_out & self._documents().keys()
        return ended

    def _standing(self, ids: list[str]) -> dict[str, tuple[str, str]]:
        """Stage and status of those that have a row."""
        walk = LedgerWalk(self._system.parts.redis, self._system.parts.settings.redis.prefix)
        return {place.id: (place.stage, place.status) for place in walk.placed(ids)}

    def judge(self, scenario: str, *, bound: float, started: float) -> Verdict:
        """Wait up to `bound` seconds for the last outcome, and count."""
        self._system.until(self.settled, bound=bound)
        caught = time.monotonic() - max(self._system.last_fault, self._system.site.publishing.ends)
        return self._count(scenario, caught, started)

    def judge_all(self, *, started: float) -> Verdict:
        """The last verdict: every feed was polled once more, and what was poisoned is in quarantine."""
        system = self._system
        since = system.now()
        for feed in system.parts.feeds.feeds():
            system.parts.feeds.hasten(feed.id, due=since)
        system.until(lambda: self._polled_since(since) and self.settled() and not self._open, bound=120)
        system.until(self._at_rest, bound=60)
        verdict = self._count("in the end", 0.0, started, last=True)
        verdict.leftover = len(self._leftover())
        return verdict

    def _polled_since(self, moment: datetime) -> bool:
        states = self._system.parts.feeds.states().values()
        return len(states) > 0 and all(s.checked_at is not None and s.checked_at >= moment for s in states)

    def _at_rest(self) -> bool:
        """Whether nothing waits anywhere: pages that were being looked at again have their end too."""
        return not any(self._system.parts.ledger.waiting().values())

    def _count(self, scenario: str, caught: float, started: float, *, last: bool = False) -> Verdict:
        system = self._system
        verdict = Verdict(scenario, len(system.ids()), faults=system.faults - self._faults, catch_up=round(caught, 1))
        self._faults = system.faults
        verdict.notes, system.notes = system.notes, []
        verdict.growing, system.growing = len(system.growing), []
        verdict.harmed, verdict.restarts = dict(system.proxy.harmed), system.supervisor.restarts
        self._count_entries(verdict, last=last)
        self._count_alerts(verdict)
        verdict.seconds = round(time.monotonic() - started, 1)
        return verdict

    def _count_entries(self, verdict: Verdict, *, last: bool) -> None:
        self._look()
        system, ids = self._system, self._system.ids()
        standing = self._standing(list(ids))
        found = self._documents()
        patient = set() if last else system.poisoned
        stored = {id_ for id_, (_, status) in standing.items() if status in STORED}
        unknown = ids.keys() - standing.keys() - (found.keys() if system.flushed else set())
        verdict.lost = len(unknown - patient) + len(stored - found.keys())
        verdict.twice = sum(found.values()) - len(found) + len(found.keys() - ids.keys())
        verdict.unsettled = len(self._open - patient)
        jailed = {id_ for id_, (_, status) in standing.items() if status == "quarantined"}
        wrongly = jailed ^ system.poisoned if last else jailed - system.poisoned
        verdict.jailed, verdict.jailed_wrongly = len(jailed), len(wrongly)
        verdict.outcomes = dict(Counter(status or "open" for _, status in standing.values()))
        if rolled_out := len(ids) - len(standing):
            verdict.outcomes["in the index only"] = rolled_out
        self._explain(verdict, sorted((unknown | wrongly | (self._open - patient)) - (set() if last else patient)))

    def _explain(self, verdict: Verdict, ids: list[str]) -> None:
        for id_ in ids[:5]:
            if row := self._system.parts.ledger.row(id_):
                said = f"{row.stage or 'no stage'}, {row.status or 'open'}, {row.attempts} attempts, {row.reason}"
                verdict.notes.append(f"{id_}: {said}")
            else:
                verdict.notes.append(f"{id_}: no row")

    def _documents(self) -> Counter[str]:
        """How many documents carry each id, in every generation of the index."""
        client, name = self._system.elasticsearch, f"{self._system.index}-v*"
        client.indices.refresh(index=name)
        found: Counter[str] = Counter()
        after: list[Any] | None = None
        while True:
            answer = client.search(index=name, size=5000, sort=["id"], source=False, search_after=after)
            hits = answer["hits"]["hits"]
            found.update(hit["_id"] for hit in hits)
            if len(hits) < 5000:
                return found
            after = hits[-1]["sort"]

    def _count_alerts(self, verdict: Verdict) -> None:
        file = self._system.folder / "data" / "alerts.jsonl"
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
        deliveries: dict[str, list[str]] = {}
        for line in lines:
            for article in line["articles"]:
                deliveries.setdefault(article["id"], []).append(line["delivery_id"])
        begins = f"{self._system.site.root(ALERT_OUTLET)}/"
        must = {id_ for id_, url in self._system.ids().items() if url.startswith(begins)} - self._system.poisoned
        verdict.alerts_lost = len(must - deliveries.keys())
        verdict.alerts_twice = sum(len(ids) - 1 for ids in deliveries.values())
        if same := sum(len(ids) - len(set(ids)) for ids in deliveries.values()):
            verdict.notes.append(f"{same} of the repeated alerts carry the delivery id of the first")

    def _leftover(self) -> list[int]:
        """Processes in the session of a worker that is no more."""
        alive = set(self._system.supervisor.processes().values())
        gone = self._system.sessions - alive
        found = []
        for pid in psutil.pids():
            with suppress(OSError):
                if os.getsid(pid) in gone:
                    found.append(pid)
        return found
