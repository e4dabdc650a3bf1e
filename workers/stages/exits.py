"""The exits of a stage (`workers.errors`), written to the ledger: entries wait, end, or are left to a person."""

from __future__ import annotations

import json
import platform
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version
from typing import TypeVar

import redis
import structlog

from workers.errors import Drop, Quarantine, Retry
from workers.model import Outcome, Stage
from workers.ports import Row
from workers.stages import looks
from workers.versions import rules_version
from workers.wiring import Parts

T = TypeVar("T")

log = structlog.get_logger("rasid")

_MOST_TRACE = 20_000
"""Characters of a traceback that are kept, its end."""
_SPREAD = 60.0
"""Seconds by which waits for a host or the index differ at most: their turn comes by pacing. A clock that was wrong
makes such a wait hours long; it is brought forward by as much (`store.shift`), and what is left of it is the spread."""
_LIBRARIES = ("rasid", "lxml", "trafilatura", "elasticsearch", "redis", "celery")


def attempt(parts: Parts, row: Row, stage: Stage, work: Callable[[], T]) -> T | None:
    """Run `work` for a claimed row; an exit that it takes is written to the ledger and None is returned."""
    if row.attempts > parts.settings.worker.attempts:
        jail(parts, row, stage, f"a worker died or gave up {row.attempts - 1} times at this stage")
        return None
    with structlog.contextvars.bound_contextvars(entry=row.id, stage=stage):
        try:
            return work()
        except Drop as drop:
            if looks.is_second(row):  # the article stays what it was
                looks.left(parts, row, stage, drop.reason)
                return None
            nothing: dict[str, bytes | None] = {"page": None, "html": None}
            parts.ledger.advance(row, outcome(row, stage, drop.status, drop.reason), None, payloads=nothing)
        except Quarantine as exit_:
            jail(parts, row, stage, exit_.reason, exit_)
        except Retry as retry:
            wait(parts, row, stage, retry)
        except (redis.ConnectionError, redis.TimeoutError) as away:  # it says nothing about the entry
            wait(parts, row, stage, Retry(f"Redis: {away}"[:200], burn_attempt=False))
        except (MemoryError, RecursionError) as error:  # MemoryError would take the whole worker down
            jail(parts, row, stage, f"{type(error).__name__}: too much for one process", error)
        except Exception as error:  # a defect: counted, tried again, and in the end a person looks
            log.exception("stage failed", attempts=row.attempts)
            wait(parts, row, stage, Retry(f"{type(error).__name__}: {error}"[:500]), error)
    return None


def wait(parts: Parts, row: Row, stage: Stage, retry: Retry, error: BaseException | None = None) -> None:
    """Give the entry back to be tried again later, or to a person when its attempts are used up (`error`: why)."""
    worker = parts.settings.worker
    if retry.burn_attempt and row.attempts >= worker.attempts:
        jail(parts, row, stage, f"after {row.attempts} attempts: {retry.reason}", error or retry)
        return
    backoff = min(worker.backoff_most, worker.backoff_first * 2 ** (row.attempts - 1))
    seconds = max(retry.after or 0.0, 0.0 if retry.after and not retry.burn_attempt else backoff)
    spread = seconds / 4 if retry.burn_attempt else min(seconds / 4, _SPREAD)
    until = _now() + timedelta(seconds=seconds + parts.random.uniform(0.0, spread))
    failed = outcome(row, stage, "failed", retry.reason)
    parts.ledger.postpone(row, failed, until=until, burn=retry.burn_attempt)
    said = {"reason": retry.reason, "seconds": round(seconds, 1), "attempts": row.attempts}
    log.info("postponed", entry=row.id, stage=stage, **said)


def jail(parts: Parts, row: Row, stage: Stage, reason: str, error: BaseException | None = None) -> None:
    """Quarantine the entry with what the stage was given, the exception, and the versions that met it."""
    if stage == "fetch" and looks.is_second(row):
        looks.left(parts, row, stage, reason)
        return
    evidence = {"versions": json.dumps(_versions() | {"rules": rules_version(parts.settings)}).encode()}
    if error is not None:
        evidence["exception"] = "".join(traceback.format_exception(error))[-_MOST_TRACE:].encode()
    parts.ledger.quarantine(row, outcome(row, stage, "quarantined", reason), evidence=evidence)
    log.warning("quarantined", entry=row.id, stage=stage, url=row.entry.url, reason=reason)


def outcome(row: Row, stage: Stage, status: str, reason: str = "") -> Outcome:
    """How `stage` ended for the entry, now."""
    return Outcome(entry=row.id, stage=stage, status=status, reason=reason, at=_now())


@cache
def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}


def _now() -> datetime:
    return datetime.now(UTC)
