"""Who makes articles again: this process or several, what became of each, and what is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from multiprocessing import get_context
from typing import Literal, TypeVar

from workers.errors import Quarantine, Retry
from workers.lots import batches
from workers.model import Article, Fingerprint
from workers.settings import Settings
from workers.store.archive import Record
from workers.wiring import Parts

Job = TypeVar("Job", Article, Record)
Work = Callable[[Parts, Sequence[Job]], "list[Remade]"]
"""What becomes of some jobs, done together."""
Result = Literal["changed", "same", "dropped", "unread", "failed", "older"]
CHUNK = 8
"""Jobs at least that a process is given at once."""
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


def each(work: Callable[[Parts, Job], Remade]) -> Work[Job]:
    """`work` on one job, for some of them."""
    return partial(_each, work)


def _each(work: Callable[[Parts, Job], Remade], here: Parts, lot: Sequence[Job]) -> list[Remade]:
    return [work(here, job) for job in lot]


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

    def map(self, work: Work[Job], jobs: Sequence[Job], *, together: int = 1) -> list[Remade]:
        """What became of each job, in their order; so many are done together. Raises `Retry` where a store is away."""
        lots = batches(jobs, together)
        if self._processes == 1:
            return [done for lot in lots for done in _safely(self._here, work, lot)]
        try:
            done = self._opened().map(partial(_in_child, work), lots, chunksize=max(1, CHUNK // together))
            return list(chain.from_iterable(done))
        except BrokenProcessPool:  # one page took its process along: each alone, so that it is known which
            return [done for job in jobs for done in self._alone(work, job)]

    def _alone(self, work: Work[Job], job: Job) -> list[Remade]:
        self._close()
        try:
            return self._opened().submit(_in_child, work, [job]).result()
        except BrokenProcessPool:
            return [Remade(name_of(job), "failed", reason="it took its process along")]

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


def _in_child(work: Work[Job], lot: Sequence[Job]) -> list[Remade]:
    return _safely(_child[0], work, lot)


def _safely(here: Parts, work: Work[Job], lot: Sequence[Job]) -> list[Remade]:
    try:
        return work(here, lot)
    except Retry:
        raise
    except Exception as error:
        if len(lot) > 1:  # each alone, so that it is known which
            return [done for job in lot for done in _safely(here, work, [job])]
        reason = error.reason if isinstance(error, Quarantine) else f"{type(error).__name__}: {error}"[:300]
        return [Remade(name_of(lot[0]), "failed", reason=reason)]


def name_of(job: Article | Record) -> str:
    """What a report calls a job that came to nothing."""
    return job.id if isinstance(job, Article) else job.position
