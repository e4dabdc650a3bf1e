"""Backpressure: how full every store is, and how much polling that still allows. Nothing is ever dropped for it.

Each signal has two bounds. Below `slow` it is no pressure (level 0), at `stop` polling ends (level 1), between them
polls are thinned in proportion: work that waits goes on, only new work comes later. A feed that is polled late says
the same things later; a store that is full loses them.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from workers.settings import PressureSettings, Settings
    from workers.wiring import Parts

log = structlog.get_logger("rasid.pressure")

_SAMPLE = 50
"""Waiting articles whose size is looked at to estimate the bytes of all of them."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that can be full. `value` and the bounds have the same unit; `level` is 0 (free) to 1 (full)."""

    name: str
    value: float
    slow: float
    stop: float
    unit: str
    """`messages`, `entries`, `bytes` or `share`."""

    @property
    def level(self) -> float:
        """Where `value` stands between the bounds. Free space presses from below: there `slow` is above `stop`."""
        if self.slow == self.stop:
            return float(self.value >= self.stop)
        return min(1.0, max(0.0, (self.value - self.slow) / (self.stop - self.slow)))

    @property
    def said(self) -> str:
        """The value for a person."""
        return self.amount(self.value, self.unit)

    @property
    def said_stop(self) -> str:
        """The bound at which polling stops, for a person."""
        return self.amount(self.stop, self.unit)

    @staticmethod
    def amount(value: float, unit: str) -> str:
        """A number with its unit, for a person."""
        if unit == "share":
            return f"{value:.0%}"
        if unit != "bytes":
            return f"{value:,.0f}"
        for size, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "KB")):
            if value >= size:
                return f"{value / size:,.1f} {name}"
        return f"{value:.0f} B"

    def __str__(self) -> str:
        doing = "polling has stopped" if self.level >= 1 else f"polling is slowed by {self.level:.0%}"
        bounds = f"slows at {self.amount(self.slow, self.unit)}, stops at {self.said_stop}"
        return f"{LABELS[self.name]}: {self.said}, {doing} ({bounds})"


LABELS = {
    "messages": "messages in the fullest queue",
    "fetch": "entries that wait for fetch",
    "make": "entries that wait for make",
    "index": "entries that wait for index",
    "alert": "entries that wait for alert",
    "backlog": "entries that wait at all stages",
    "redis_memory": "memory of Redis in use",
    "index_bytes": "articles held in Redis until the index takes them",
    "disk": "free space of the data folder",
}
_HOLDS_FETCH = frozenset({"redis_memory", "disk"})
"""What a fetched page makes fuller by itself; at their end pages are left where they are, too."""


@dataclass(frozen=True, slots=True)
class Pressure:
    """All signals at one moment."""

    signals: tuple[Signal, ...]

    @property
    def level(self) -> float:
        """The fullest signal's level: 0 polling is free, 1 it has stopped."""
        return max((signal.level for signal in self.signals), default=0.0)

    @property
    def pressing(self) -> list[Signal]:
        """The signals that slow polling, the fullest first."""
        return sorted((s for s in self.signals if s.level > 0), key=lambda s: -s.level)

    @property
    def holds_fetch(self) -> bool:
        """Whether a page more could not be kept: then fetching waits as well."""
        return any(s.level >= 1 and s.name in _HOLDS_FETCH for s in self.signals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What the stores say of themselves; bytes, and counts of entries or messages."""

    queues: Mapping[str, int]
    waiting: Mapping[str, int]
    index_bytes: int
    redis_used: int
    redis_limit: int
    disk_free: int


def judge(readings: Readings, bounds: PressureSettings, *, backlog_most: int) -> Pressure:
    """Each reading against its bounds. A signal whose `stop` is 0 is switched off."""
    slow = bounds.slow_share
    signals = [Signal("messages", max(readings.queues.values(), default=0), *_pair(bounds.messages, slow), "messages")]
    for stage, most in (
        ("fetch", bounds.waiting_fetch),
        ("make", bounds.waiting_make),
        ("index", bounds.waiting_index),
        ("alert", bounds.waiting_alert),
    ):
        signals.append(Signal(stage, readings.waiting.get(stage, 0), *_pair(most, slow), "entries"))
    signals.append(Signal("backlog", sum(readings.waiting.values()), *_pair(backlog_most, slow), "entries"))
    signals.append(Signal("index_bytes", readings.index_bytes, *_pair(bounds.index_bytes, slow), "bytes"))
    used = readings.redis_used / readings.redis_limit if readings.redis_limit else 0.0
    signals.append(Signal("redis_memory", used, bounds.redis_slow, bounds.redis_stop, "share"))
    signals.append(Signal("disk", readings.disk_free, bounds.disk_slow, bounds.disk_stop, "bytes"))
    return Pressure(tuple(s for s in signals if s.stop > 0))


def _pair(stop: float, slow_share: float) -> tuple[float, float]:
    return stop * slow_share, stop


def polls_allowed(level: float, *, feeds: int, most: int, tick: float, interval: float, chance: float) -> int:
    """How many feeds a tick may claim.

    Without pressure `most`. Under pressure every feed once an `interval` (seconds) is full pace, and (1 − level) of
    that is allowed; `chance` (0..1) rounds a fraction up or down, so that few feeds are thinned as evenly as many.
    """
    if level <= 0:
        return most
    if level >= 1:
        return 0
    pace = feeds * tick / interval * (1 - level)
    return min(most, math.floor(pace) + (math.modf(pace)[0] > chance))


def read(parts: Parts) -> Readings:
    """Ask Redis and the disk; a few commands, a millisecond. The index's bytes are estimated from the oldest 50."""
    from workers.queues import QUEUES  # noqa: PLC0415 - only here; the judgement above is pure

    memory: dict[str, Any] = parts.redis.info("memory")
    waiting = parts.ledger.waiting()
    return Readings(
        queues={queue: parts.queued(queue) for queue in QUEUES},
        waiting={str(stage): number for stage, number in waiting.items()},
        index_bytes=round(parts.ledger.mean_payload("index", "article", sample=_SAMPLE) * waiting["index"]),
        redis_used=int(memory["used_memory"]),
        redis_limit=int(memory.get("maxmemory") or 0) or memory_limit(parts.settings, memory),
        disk_free=disk_free(parts.settings.data),
    )


def memory_limit(settings: Settings, memory: Mapping[str, Any]) -> int:
    """Bytes that Redis may use where it has no `maxmemory`: as set, or half of its machine's memory."""
    return settings.pressure.redis_bytes or int(memory.get("total_system_memory") or 0) // 2


def disk_free(folder: Path) -> int:
    """Free bytes where `folder` lies, or will lie."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    return shutil.disk_usage(os.fspath(there)).free


def measure(parts: Parts) -> Pressure:
    """The pressure of now."""
    settings = parts.settings
    return judge(read(parts), settings.pressure, backlog_most=settings.worker.backlog_most)


def feel(parts: Parts, *, now: datetime) -> Pressure:
    """The pressure of now, as the sweep asks for it: a change by a tenth, up or down, is logged once and kept."""
    pressure = measure(parts)
    key = f"{parts.settings.redis.prefix}:pressure"
    step, before = round(pressure.level, 1), last_change(parts)
    if step != before.get("level", 0.0):
        kept = {"level": step, "at": now.isoformat(), "signals": [s.name for s in pressure.pressing]}
        parts.redis.set(key, json.dumps(kept))
        said = [str(signal) for signal in pressure.pressing] or ["polling is free again"]
        (log.warning if step else log.info)("backpressure", level=step, before=before.get("level", 0.0), said=said)
    return pressure


def last_change(parts: Parts) -> dict[str, Any]:
    """`level` (a tenth), `at` (ISO time) and `signals` of the last change that a sweep saw; empty before the first."""
    raw = parts.redis.get(f"{parts.settings.redis.prefix}:pressure")
    return dict(json.loads(raw)) if isinstance(raw, bytes) else {}
