"""The sweep: what is due and unsettled, asked of every store. Beat calls nothing else."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from workers.errors import Retry
from workers.lots import batches
from workers.model import STAGES, Stage
from workers.stages import looks, loss, originals
from workers.stages.pressure import feel, polls_allowed
from workers.store.shift import SLACK
from workers.wiring import Parts

log = structlog.get_logger("rasid")

FEEDS_A_MESSAGE = 4
"""Polls wait for slow hosts; a small batch keeps one of them from holding up many."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a sweep found to be due, in batches."""

    feeds: list[list[str]]
    entries: dict[Stage, list[list[str]]]
    alerts: bool
    moved: bool
    """Whether stories changed under articles that may be indexed."""
    events: bool = False
    """Whether polls and outcomes wait to become documents."""
    retire: bool = False
    """Whether this sweep is the day's first: what is past its time is to be removed."""
    audit: bool = False
    """Whether the day's audit of the ledger is due."""
    regain: bool = False
    """Whether what Redis lost is to be read back, and nobody is at it."""
    push: bool = False
    """Whether a hub is to be asked, or one has delivered."""


def sweep(parts: Parts) -> Work:
    """What is due and unsettled. Claims feeds, and hides the entries that it names for a while."""
    now, worker = _now(), parts.settings.worker
    _notice_clock(parts, now)
    loss.note_birth(parts, now)
    pressure = feel(parts, now=now)
    if pressure.level < 1:  # a second look is new work, as a poll is
        looks.open_due(parts, now)
    entries: dict[Stage, list[list[str]]] = {}
    for stage in STAGES:
        if stage == "fetch" and pressure.holds_fetch:  # a page more could not be kept: it waits where it is
            continue
        ids = parts.ledger.due(stage, now=now, limit=worker.sweep_limit, hide=worker.hint_again)
        entries[stage] = batches(ids, worker.batch)
    allowed = _polls_allowed(parts, pressure.level)
    feeds = parts.feeds.claim_due(now=now, limit=allowed, lease=parts.settings.poll.lease) if allowed else []
    parts.heartbeat(now)
    parts.schema.stamp()
    _mend_outbox(parts, now)
    alerts = parts.outbox.waiting(now=now) > 0
    moved = originals.waiting(parts) or bool(parts.duplicates.stories.moved(1))
    events = parts.events is not None and parts.events.waiting() > 0
    retire, audited = parts.first_today("retire", now), parts.first_today("audit", now)
    lost = parts.regain.is_left() and not parts.regain.under_way()
    pushes = bool(parts.settings.poll.push_url) and parts.push.waiting(now=now)
    return Work(
        batches(feeds, FEEDS_A_MESSAGE),
        entries,
        alerts,
        moved,
        events=events,
        retire=retire,
        audit=audited,
        regain=lost,
        push=pushes,
    )


def _notice_clock(parts: Parts, now: datetime) -> None:
    """A clock that was set back would keep everything waiting until it is where it was."""
    last = parts.last_sweep()
    if last is not None and (back := (last - now).total_seconds()) > SLACK:
        moved = parts.shift.bring_forward(back, now=now)
        log.error("the clock went back", seconds=round(back), brought_forward=moved)


def _mend_outbox(parts: Parts, now: datetime) -> None:
    """After a loss of Redis, unsent alerts come back from the index; what the index has not seen goes there."""
    with suppress(Retry):  # the index is away: the next sweep asks again
        parts.outbox.recover(now=now)
        parts.outbox.flush()


def _polls_allowed(parts: Parts, level: float) -> int:
    config = parts.settings
    return polls_allowed(
        level,
        feeds=parts.feeds.count() if level else 0,
        most=config.worker.polls_a_tick,
        tick=config.worker.tick,
        interval=config.poll.first_interval,
        chance=parts.random.random(),
    )


def _now() -> datetime:
    return datetime.now(UTC)
