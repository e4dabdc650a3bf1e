"""Whether all is well: what `rasid status` prints and judges. Pure judgement over numbers that the stores gave."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from workers.errors import Retry
from workers.model import STAGES, Feed, FeedState
from workers.queues import QUEUES
from workers.wiring import Parts

SILENT_AFTER = timedelta(minutes=5)
"""A sweep is due every few seconds; none for this long means that beat or every worker is down."""
STUCK_AFTER = 900.0
"""Seconds that a due entry may wait before its queue counts as stuck."""


@dataclass(frozen=True, slots=True)
class Report:
    """The state of one installation. `problems` empty: all is well."""

    queues: dict[str, int]
    pending: dict[str, int]
    oldest_wait: dict[str, float]
    outcomes: dict[str, int]
    feeds: dict[str, int]
    index: dict[str, Any]
    last_sweep: datetime | None
    alerts_waiting: int
    problems: list[str] = field(default_factory=list)


def examine(parts: Parts, *, now: datetime) -> Report:
    """Ask every store, and judge."""
    counts = parts.ledger.counts()
    states = parts.feeds.states()
    report = Report(
        queues={queue: parts.queued(queue) for queue in QUEUES},
        pending={stage: counts[f"pending:{stage}"] for stage in STAGES},
        oldest_wait={stage: round(parts.ledger.oldest_wait(stage, now=now), 1) for stage in STAGES},
        outcomes={name.partition(":")[2]: n for name, n in counts.items() if name.startswith("outcome:") and n},
        feeds=dict(Counter(feed_health(f, states.get(f.id), now=now) for f in parts.feeds.feeds())),
        index=_index(parts),
        last_sweep=parts.last_sweep(),
        alerts_waiting=parts.outbox.waiting(now=now),
    )
    report.problems.extend(_problems(report, now))
    return report


def _index(parts: Parts) -> dict[str, Any]:
    try:
        return parts.index.stats()
    except Retry as away:
        nothing = {"articles": 0, "bytes": 0, "last_indexed": None}
        return {"name": parts.index.name, **nothing, "healthy": False, "reason": away.reason}


def feed_health(feed: Feed, state: FeedState | None, *, now: datetime) -> str:
    """One word for a feed: new, ok, failing, silent (against its own rhythm), gone, redirected."""
    if state is None or state.checked_at is None:
        return "new"
    if state.gone:
        return "gone"
    if state.errors > 0:
        return "failing"
    if state.moved_to and state.moved_to != feed.url:
        return "redirected"
    return "silent" if _silent(state, now) else "ok"


def _silent(state: FeedState, now: datetime) -> bool:
    """No new entry for ten times the usual gap, and for two days at least."""
    if state.last_new_at is None or state.entries_per_week <= 0:
        return False
    usual = timedelta(weeks=1) / state.entries_per_week
    return now - state.last_new_at > max(usual * 10, timedelta(days=2))


def _problems(report: Report, now: datetime) -> list[str]:
    found = []
    if report.last_sweep is None:
        found.append("no sweep has run yet: is `rasid up` running?")
    elif abs(now - report.last_sweep) > SILENT_AFTER:
        found.append(f"the last sweep ran {report.last_sweep:%Y-%m-%d %H:%M} UTC: beat or the workers are down")
    found += [
        f"{stage}: an entry is overdue by {seconds:.0f} s"
        for stage, seconds in report.oldest_wait.items()
        if seconds > STUCK_AFTER
    ]
    if not report.index.get("healthy", False):
        problem = report.index.get("reason") or "no answer"
        found.append(f"the index ({report.index.get('name')}) is not healthy: {problem}")
    if report.outcomes.get("quarantined"):
        found.append(f"{report.outcomes['quarantined']} entries in quarantine: see `rasid explain`")
    polled = sum(report.feeds.values()) - report.feeds.get("new", 0)
    if polled and report.feeds.get("failing", 0) > polled / 2:
        found.append(f"{report.feeds['failing']} of {polled} polled feeds fail")
    return found
