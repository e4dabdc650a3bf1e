"""What a scenario left behind, counted from outside: ledger rows, the real index, the file that alerts were sent to."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psutil

from workers.bench.chaos_system import ALERT_OUTLET, System
from workers.store.ledger import FINAL


@dataclass(slots=True)
class Verdict:
    """What a scenario left behind. `ok`: nothing lost, nothing twice, nothing unsettled, only what must be jailed."""

    scenario: str
    offered: int
    lost: int = 0
    """Offered entries without a row or without a final outcome, and stored ones that the index does not have."""
    twice: int = 0
    """Documents in the index beyond one an entry."""
    alerts_lost: int = 0
    alerts_twice: int = 0
    """Alerts beyond one a rule and article that were sent under different ids."""
    alerts_repeated: int = 0
    """The same delivery written again by a sender that took over from a killed one (its delivery id is the same)."""
    unsettled: int = 0
    jailed: int = 0
    jailed_wrongly: int = 0
    """Quarantined entries that the scenario did not poison, and poisoned ones that were not quarantined."""
    leftover: int = 0
    """Processes of killed workers that outlived them."""
    faults: int = 0
    seconds: float = 0.0
    catch_up: float = 0.0
    """Seconds from the last fault to the last entry's outcome."""
    outcomes: dict[str, int] = field(default_factory=dict)
    harmed: dict[str, int] = field(default_factory=dict)
    """Requests to Elasticsearch that the proxy answered wrongly, by mode."""
    restarts: int = 0
    """Processes that the supervisor started again."""
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        bad = (self.lost, self.twice, self.alerts_lost, self.alerts_twice, self.unsettled, self.jailed_wrongly)
        return not any(bad) and not self.leftover


class Judge:
    """Waits until a system has settled, and counts."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._ids = system.ids

    def settled(self) -> bool:
        """Whether every article was offered and has its end, and no alert waits."""
        found = self._system.parts.ledger.counts()
        if any(number for name, number in found.items() if name.startswith("pending:")):
            return False
        ended = sum(number for name, number in found.items() if name.startswith("outcome:"))
        return ended >= len(self._ids) and not self._system.parts.outbox.counts()["due"] and not self._open_rows()

    def _open_rows(self) -> list[str]:
        rows = {id_: self._system.parts.ledger.row(id_) for id_ in self._ids}
        return [id_ for id_, row in rows.items() if row is None or row.stage is not None or row.status not in FINAL]

    def judge(self, scenario: str, *, bound: float, started: float) -> Verdict:
        """Wait up to `bound` seconds for the last outcome, have every feed polled once more, and count."""
        self._system.until(self.settled, bound=bound)
        caught = time.monotonic() - self._system.last_fault
        since = datetime.now(UTC)
        self._system.flow(0)
        self._system.until(lambda: self._polled_since(since) and self.settled(), bound=30)
        verdict = Verdict(scenario, len(self._ids), faults=self._system.faults, catch_up=round(caught, 1))
        verdict.harmed, verdict.restarts = dict(self._system.proxy.harmed), self._system.supervisor.restarts
        self._judge_entries(verdict)
        self._judge_alerts(verdict)
        verdict.leftover = len(self._leftover())
        verdict.seconds = round(time.monotonic() - started, 1)
        return verdict

    def _polled_since(self, moment: datetime) -> bool:
        states = self._system.parts.feeds.states().values()
        return len(states) > 0 and all(s.checked_at is not None and s.checked_at >= moment for s in states)

    def _judge_entries(self, verdict: Verdict) -> None:
        rows = {id_: self._system.parts.ledger.row(id_) for id_ in self._ids}
        status = {id_: row.status for id_, row in rows.items() if row is not None}
        stored = {id_ for id_, how in status.items() if how in {"indexed", "updated", "duplicate"}}
        found = self._documents()
        missing = stored - found.keys()
        verdict.unsettled = len(self._open_rows())
        verdict.lost = len(self._ids.keys() - status.keys()) + len(missing)
        verdict.twice = sum(found.values()) - len(found) + len(found.keys() - self._ids.keys())
        jailed = {id_ for id_, how in status.items() if how == "quarantined"}
        verdict.jailed, verdict.jailed_wrongly = len(jailed), len(jailed ^ self._system.poisoned)
        verdict.outcomes = dict(Counter(how or "open" for how in status.values()))
        counted = sum(n for name, n in self._system.parts.ledger.counts().items() if name.startswith("outcome:"))
        if counted != len(self._ids) - verdict.unsettled:
            verdict.notes.append(f"the ledger counts {counted} outcomes")
        for id_ in sorted(jailed ^ self._system.poisoned)[:3]:
            row = rows[id_]
            verdict.notes.append(f"{id_}: {status.get(id_)}: {row.reason if row else ''}")

    def _documents(self) -> Counter[str]:
        """How many documents carry each id, in every generation of the index."""
        self._system.elasticsearch.indices.refresh(index=f"{self._system.index}-v*")
        found: Counter[str] = Counter()
        after: list[Any] | None = None
        while True:
            answer = self._system.elasticsearch.search(
                index=f"{self._system.index}-v*", size=2000, sort=["id"], source=False, search_after=after
            )
            hits = answer["hits"]["hits"]
            found.update(hit["_id"] for hit in hits)
            if len(hits) < 2000:
                return found
            after = hits[-1]["sort"]

    def _judge_alerts(self, verdict: Verdict) -> None:
        file = self._system.folder / "data" / "alerts.jsonl"
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
        deliveries: dict[str, set[str]] = {}
        for line in lines:
            for article in line["articles"]:
                deliveries.setdefault(article["id"], set()).add(line["delivery_id"])
        begins = f"{self._system.site.root(ALERT_OUTLET)}/"
        must = {id_ for id_, url in self._ids.items() if url.startswith(begins)} - self._system.poisoned
        verdict.alerts_lost = len(must - deliveries.keys())
        verdict.alerts_twice = sum(len(ids) - 1 for ids in deliveries.values())
        verdict.alerts_repeated = len(lines) - len({line["delivery_id"] for line in lines})
        if verdict.alerts_repeated:
            verdict.notes.append(f"{verdict.alerts_repeated} deliveries were sent again under their delivery id")

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
