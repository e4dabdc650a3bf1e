"""Who makes articles again: this process or several, what became of each, and what is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from typing import Literal, TypeVar

from workers.errors import Quarantine, Retry
from workers.model import Article, Fingerprint
from workers.settings import Settings
from workers.store.archive import Record
from workers.wiring import Parts

Job = TypeVar("Job", Article, Record)
Work = Callable[[Parts, Job], "Remade"]
Result = Literal["changed", "same", "dropped", "unread", "failed", "older"]
LISTED = 1000
"""So many articles that could not be made are named in a report."""


@dataclass(frozen=True, slots=True)
class Remade:
    """What became of one article: `changed` or `same` text and names, `dropped` (no article by today's rules),
    `unread` (its page is not in the archive), `failed`, `older` (a newer version is in the index)."""

    id: str
    result: Result
    article: Article | None = None
    fingerprint: Fingerprint | None = None
    reason: str = ""


@dataclass(slots=True)
class Report:
    """What was done so far."""

    counts: Counter[str] = field(default_factory=Counter)
    troubles: list[Remade] = field(default_factory=list)
    """What was dropped, unread or failed: the first `LISTED`."""

    def note(self, done: Remade) -> None:
        """Count one."""
        self.counts[done.result] += 1
        if done.result in {"dropped", "unread", "failed"} and len(self.troubles) < LISTED:
            self.troubles.append(replace(done, article=None, fingerprint=None))

    def plain(self) -> dict[str, object]:
        """For `--json`."""
        troubles = [{"id": one.id, "result": one.result, "reason": one.reason} for one in self.troubles]
        return {"counts": dict(self.counts), "troubles": troubles}


Say = Callable[[Report], None]


class Crew:
    """Maps jobs in this process, or in several that share what is only read."""

    def __init__(self, here: Parts, processes: int) -> None:
        self._here = here
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        _ = here.pipeline  # loaded before the fork

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def map(self, work: Work[Job], jobs: Sequence[Job]) -> list[Remade]:
        """What became of each job, in their order. Raises `Retry` where a store is away."""
        if self._processes == 1:
            return [_safely(self._here, work, job) for job in jobs]
        try:
            return list(self._opened().map(partial(_in_child, work), jobs, chunksize=8))
        except BrokenProcessPool:  # one page took its process along: each alone, so that it is known which
            return [self._alone(work, job) for job in jobs]

    def _alone(self, work: Work[Job], job: Job) -> Remade:
        self._close()
        try:
            return self._opened().submit(_in_child, work, job).result()
        except BrokenProcessPool:
            return Remade(name_of(job), "failed", reason="it took its process along")

    def _opened(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes, mp_context=get_context("fork"), initializer=_begin, initargs=(self._here.settings,)
            )
        return self._pool

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


_child: list[Parts] = []


def _begin(settings: Settings) -> None:
    _child[:] = [Parts(settings)]  # connections belong to one process


def _in_child(work: Work[Job], job: Job) -> Remade:
    return _safely(_child[0], work, job)


def _safely(here: Parts, work: Work[Job], job: Job) -> Remade:
    try:
        return work(here, job)
    except Retry:
        raise
    except Quarantine as exit_:
        return Remade(name_of(job), "failed", reason=exit_.reason)
    except Exception as error:
        return Remade(name_of(job), "failed", reason=f"{type(error).__name__}: {error}"[:300])


def name_of(job: Article | Record) -> str:
    """What a report calls a job that came to nothing."""
    return job.id if isinstance(job, Article) else job.position
