"""Whether all is well: what `rasid status` prints and judges. Pure judgement over numbers that the stores gave."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from workers.clean.drift import Drift
from workers.errors import Retry
from workers.model import STAGES, FeedState
from workers.operate.audit import Audit, last_audit
from workers.poll.health import feed_health
from workers.queues import QUEUES
from workers.stages.pressure import Pressure, measure
from workers.wiring import Parts

SILENT_AFTER = timedelta(minutes=5)
"""A sweep is due every few seconds; none for this long means that beat or every worker is down."""
STUCK_AFTER = 900.0
"""Seconds that a due entry may wait before its queue counts as stuck."""
FEEDS_LATE_AFTER = 3600.0
"""Seconds that a feed may wait to be polled although nothing slows polling."""
AUDIT_AFTER = timedelta(hours=50)
"""The audit runs daily; after two missed ones somebody should ask why."""


@dataclass(frozen=True, slots=True)
class Report:
    """The state of one installation. `problems` empty: all is well."""

    queues: dict[str, int]
    pending: dict[str, int]
    oldest_wait: dict[str, float]
    outcomes: dict[str, int]
    feeds: dict[str, int]
    feeds_overdue: float
    """Seconds that the feed which waits longest is overdue."""
    index: dict[str, Any]
    last_sweep: datetime | None
    alerts_waiting: int
    alerts_dead: int
    channels_open: dict[str, datetime]
    """Channels that failed again and again, and until when they are left alone."""
    pressure: Pressure
    audit: Audit | None
    drift: dict[str, list[Drift]] = field(default_factory=dict)
    """Outlets whose pages give something else than they used to: a redesign, most often."""
    quarantined: int = 0
    """Entries that wait for a person; `outcomes` counts those as well that one has dropped."""
    regaining: float = 0.0
    """Hours of articles that are still to be read back after a loss of Redis."""
    stopped: list[str] = field(default_factory=list)
    """What keeps the flow from going on: /readyz says no while there is any."""
    noticed: list[str] = field(default_factory=list)
    """What a person should look at; the flow goes on."""

    @property
    def problems(self) -> list[str]:
        """Everything that is not as it should be, the worst first."""
        return self.stopped + self.noticed

    def as_dict(self) -> dict[str, Any]:
        """For programs; the audit without its single findings (`rasid audit --last --json` has them)."""
        found = asdict(self)
        found["pressure"] = {
            "level": self.pressure.level,
            "signals": [{**asdict(signal), "level": signal.level} for signal in self.pressure.signals],
        }
        if self.audit is not None:
            kept = {key: value for key, value in found["audit"].items() if key not in {"findings", "feeds"}}
            found["audit"] = {**kept, "problems": self.audit.problems}
        return {"problems": self.problems, **found}


def examine(parts: Parts, *, now: datetime) -> Report:
    """Ask every store, and judge."""
    counts = parts.ledger.counts()
    states = parts.feeds.states()
    outbox = parts.outbox.counts()
    report = Report(
        queues={queue: parts.queued(queue) for queue in QUEUES},
        pending={stage: counts[f"pending:{stage}"] for stage in STAGES},
        oldest_wait={stage: round(parts.ledger.oldest_wait(stage, now=now), 1) for stage in STAGES},
        outcomes={name.partition(":")[2]: n for name, n in counts.items() if name.startswith("outcome:") and n},
        feeds=_feeds(parts, states, now),
        feeds_overdue=round(parts.feeds.oldest_wait(now=now), 1),
        index=_index(parts),
        last_sweep=parts.last_sweep(),
        alerts_waiting=parts.outbox.waiting(now=now),
        alerts_dead=outbox["dead"],
        channels_open={name: until for name, until in parts.outbox.breakers().items() if until > now},
        pressure=measure(parts),
        audit=last_audit(parts),
        drift=parts.drift.found(),
        quarantined=parts.ledger.jailed(),
        regaining=round(parts.regain.left() / 3600, 2),
    )
    report.stopped.extend(_stopped(report, now))
    report.noticed.extend(_noticed(report, now))
    return report


def _feeds(parts: Parts, states: dict[str, FeedState], now: datetime) -> dict[str, int]:
    settings = parts.settings.poll
    return dict(Counter(feed_health(f, states.get(f.id), now=now, settings=settings) for f in parts.feeds.feeds()))


def _index(parts: Parts) -> dict[str, Any]:
    try:
        return parts.index.stats()
    except Retry as away:
        nothing = {"articles": 0, "bytes": 0, "last_indexed": None}
        return {"name": parts.index.name, **nothing, "healthy": False, "reason": away.reason}


def _stopped(report: Report, now: datetime) -> list[str]:
    found = []
    if report.last_sweep is None:
        found.append("no sweep has run yet: is `rasid up` running?")
    elif abs(now - report.last_sweep) > SILENT_AFTER:
        found.append(f"the last sweep ran {report.last_sweep:%Y-%m-%d %H:%M} UTC: beat or the workers are down")
    if not report.index.get("healthy", False):
        problem = report.index.get("reason") or "no answer"
        found.append(f"the index ({report.index.get('name')}) is not healthy: {problem}")
    found += [str(signal) for signal in report.pressure.pressing if signal.level >= 1]
    return found


def _noticed(report: Report, now: datetime) -> list[str]:
    found = [str(signal) for signal in report.pressure.pressing if signal.level < 1]
    if report.regaining:
        days = report.regaining / 24
        found.append(f"Redis was lost: {days:.1f} days of articles are still to be read back from the index")
    found += [
        f"{stage}: an entry is overdue by {seconds:.0f} s"
        for stage, seconds in report.oldest_wait.items()
        if seconds > STUCK_AFTER
    ]
    if report.feeds_overdue > FEEDS_LATE_AFTER and report.pressure.level == 0:
        found.append(
            f"a feed is overdue by {report.feeds_overdue:.0f} s: too few fetch workers (worker.fetch_threads)?"
        )
    polled = sum(report.feeds.values()) - report.feeds.get("new", 0)
    failing = report.feeds.get("failing", 0) + report.feeds.get("dead", 0)
    if polled and failing > polled / 2:
        found.append(f"{failing} of {polled} polled feeds fail: see `rasid feeds list`")
    if report.quarantined:
        found.append(f"{report.quarantined} entries in quarantine: see `rasid quarantine list`")
    for channel, until in report.channels_open.items():
        found.append(f"the channel {channel} fails and is left alone until {until:%H:%M:%S} UTC")
    if report.alerts_dead:
        found.append(f"{report.alerts_dead} alert deliveries were given up: see `rasid alerts history --dead`")
    return found + _drifted(report.drift) + _audited(report.audit, now)


_NAMED_OUTLETS = 10
"""Outlets that are named with what changed; of more only the number."""


def _drifted(drift: dict[str, list[Drift]]) -> list[str]:
    found = [
        f"{outlet}: its pages changed ({'; '.join(map(str, jumps))}): rasid explain {jumps[0].examples[0]}"
        for outlet, jumps in list(drift.items())[:_NAMED_OUTLETS]
    ]
    more = len(drift) - _NAMED_OUTLETS
    return [*found, f"{more} more outlets changed: see `rasid status --json`"] if more > 0 else found


def _audited(audit: Audit | None, now: datetime) -> list[str]:
    if audit is None:
        return []
    if now - datetime.fromisoformat(audit.at) > AUDIT_AFTER:
        return [f"the ledger was last audited {audit.at[:16]}: run `rasid audit`"]
    if audit.sound:
        return []
    said = ", ".join(f"{number} {kind}" for kind, number in audit.problems.items())
    return [f"the audit of {audit.at[:16]} found {said}: see `rasid audit --last`"]
