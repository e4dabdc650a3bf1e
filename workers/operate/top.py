"""What `rasid top` shows: the state of now, and how fast things go, from two looks at the counters."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workers.model import STAGES
from workers.operate.health import Report, examine
from workers.operate.metrics import OTHER
from workers.store.meters import BULK, DELIVERIES, POLLS
from workers.wiring import Parts

_OUTLETS = 8
"""Outlets that are shown, the busiest first."""


@dataclass(frozen=True, slots=True)
class Look:
    """The installation at one moment."""

    at: datetime
    clock: float
    """Monotonic seconds, for rates."""
    report: Report
    tallies: Mapping[tuple[str, str, str], int]
    meters: Mapping[str, Mapping[tuple[str, ...], int]]
    vitals: Mapping[str, Mapping[str, float]]
    latency: Mapping[str, int]


def look(parts: Parts) -> Look:
    """Ask everything once; some milliseconds."""
    now = datetime.now(UTC)
    return Look(
        at=now,
        clock=time.monotonic(),
        report=examine(parts, now=now),
        tallies=parts.ledger.tallies(),
        meters={name: parts.meters.read(name) for name in (POLLS, BULK, DELIVERIES)},
        vitals=parts.vitals.read(),
        latency=parts.latency.buckets(),
    )


@dataclass(frozen=True, slots=True)
class Motion:
    """What went on between two looks, per second."""

    seconds: float
    stages: dict[str, float]
    """Stage → entries settled a second, whatever came of them."""
    failed: dict[str, float]
    """Stage → attempts that failed and will be made again."""
    outlets: dict[str, float]
    """The busiest outlets → entries settled at any stage."""
    polls: float
    deliveries: float


def motion(before: Look, after: Look) -> Motion:
    """Counters only grow; one that shrank was reset with its Redis, and counts from nothing."""
    seconds = max(0.001, after.clock - before.clock)
    stages: dict[str, float] = dict.fromkeys(STAGES, 0.0)
    failed: dict[str, float] = dict.fromkeys(STAGES, 0.0)
    outlets: Counter[str] = Counter()
    for (stage, status, outlet), number in _grown(before.tallies, after.tallies).items():
        into = failed if status == "failed" else stages
        into[stage] = into.get(stage, 0.0) + number / seconds
        outlets[outlet or OTHER] += number
    busiest = {name: number / seconds for name, number in outlets.most_common(_OUTLETS)}
    rates = {name: sum(_grown(before.meters[name], after.meters[name]).values()) / seconds for name in after.meters}
    return Motion(seconds, stages, failed, busiest, rates[POLLS], rates[DELIVERIES])


def _grown(before: Mapping[Any, int], after: Mapping[Any, int]) -> dict[Any, int]:
    found = {key: number - before.get(key, 0) for key, number in after.items()}
    return {key: number if number >= 0 else after[key] for key, number in found.items() if number}


def quantile(buckets: Mapping[str, int], share: float) -> float | None:
    """The bucket's bound (seconds) under which `share` of the observations lie; None: no observation, or beyond all."""
    total = buckets.get("count", 0)
    bounds = sorted((int(name), number) for name, number in buckets.items() if name.isdigit())
    return next((float(bound) for bound, number in bounds if total and number >= share * total), None)


def as_dict(now: Look, moved: Motion) -> dict[str, Any]:
    """For programs."""
    polls: dict[str, int] = defaultdict(int)
    for labels, number in now.meters[POLLS].items():
        polls[labels[0]] += number
    return {
        "at": now.at.isoformat(),
        "seconds": round(moved.seconds, 3),
        "per_second": {
            "stages": moved.stages,
            "failed": moved.failed,
            "outlets": moved.outlets,
            "polls": moved.polls,
            "deliveries": moved.deliveries,
        },
        "searchable_seconds": {"median": quantile(now.latency, 0.5), "p95": quantile(now.latency, 0.95)},
        "polls": dict(polls),
        "workers": {name: dict(values) for name, values in now.vitals.items()},
        **now.report.as_dict(),
    }
