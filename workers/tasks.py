"""Thin tasks: call the stage, hint the next one. What a stage does stands in stages/, the truth in the ledger.

A hint that gets lost costs a sweep's delay; a hint that comes twice finds nothing to claim.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from celery.signals import beat_init, setup_logging, worker_init, worker_process_init

from workers import stages
from workers.celery import app
from workers.errors import Retry, UserError
from workers.log import configure
from workers.lots import batches
from workers.memory import bound_memory
from workers.operate.audit import daily
from workers.operate.trace import start
from workers.settings import settings
from workers.stages import keeping
from workers.stages import push as pushing
from workers.stages import regain as regaining
from workers.store.vitals import keep_reporting
from workers.wiring import forget_parts, parts, preload


@app.task(name="rasid.sweep")
def sweep() -> None:
    """Beat's only call: hint everything that is due and unsettled."""
    work = stages.sweep(parts())
    for feeds in work.feeds:
        poll.delay(feeds)
    tasks = {"fetch": fetch, "make": make, "index": index, "alert": alert}
    for stage, lots in work.entries.items():
        for ids in lots:
            tasks[stage].delay(ids)
    if work.alerts:
        deliver.delay()
    if work.moved:
        restory.delay()
    if work.events:
        publish.delay()
    if work.retire:
        retire.delay()
    if work.audit:
        audit.delay()
    if work.regain:
        regain.delay()
    if work.push:
        push.delay()


@app.task(name="rasid.poll")
def poll(feeds: Sequence[str]) -> None:
    """Poll feeds, then hint their new entries."""
    _hint(fetch, stages.poll(parts(), feeds))


@app.task(name="rasid.push")
def push() -> None:
    """Ask hubs, read what they delivered, then hint the new entries."""
    _hint(fetch, pushing.work(parts()))


@app.task(name="rasid.fetch")
def fetch(ids: Sequence[str]) -> None:
    """Fetch pages, then hint their making."""
    _hint(make, stages.fetch(parts(), ids))


@app.task(name="rasid.make")
def make(ids: Sequence[str]) -> None:
    """Make articles, then hint their indexing. The time limit is meant for one page: after a third of the lease no
    further one is begun, and the rest goes as a message of its own."""
    until, done = time.monotonic() + settings().worker.lease_make / 3, list[str]()
    for number, id_ in enumerate(ids):
        if time.monotonic() > until:
            make.delay(ids[number:])
            break
        done += stages.make(parts(), [id_])
    _hint(index, done)


@app.task(name="rasid.index")
def index(ids: Sequence[str]) -> None:
    """Index articles, then hint their matching."""
    _hint(alert, stages.index(parts(), ids))


@app.task(name="rasid.alert")
def alert(ids: Sequence[str]) -> None:
    """Match articles against the alert rules, then hint delivery."""
    if stages.alert(parts(), ids):
        deliver.delay()


@app.task(name="rasid.restory")
def restory() -> None:
    """Bring the stories of indexed articles up to date."""
    with suppress(Retry):  # the index is away: what moved stays noted, and the next sweep asks again
        stages.restory(parts())


@app.task(name="rasid.publish")
def publish() -> None:
    """Write polls and outcomes to where Kibana finds them."""
    with suppress(Retry):  # the index is away: they wait
        stages.publish(parts())


@app.task(name="rasid.retire")
def retire() -> None:
    """Remove what is past its time (settings `keep`)."""
    keeping.retire(parts())


@app.task(name="rasid.audit")
def audit() -> None:
    """The day's audit: every entry has one final outcome, or is listed."""
    daily(parts())


@app.task(name="rasid.regain")
def regain() -> None:
    """Read back from the index what Redis lost."""
    with suppress(Retry):  # the index is away: what is left stays noted
        regaining.read_back(parts())


@app.task(name="rasid.deliver")
def deliver() -> None:
    """Send the alerts that are due."""
    stages.deliver(parts())


def _hint(task: object, ids: Sequence[str]) -> None:
    for batch in batches(ids, settings().worker.batch):
        task.delay(batch)  # type: ignore[attr-defined]


@setup_logging.connect
def _logging(**_: object) -> None:
    configure(settings().log)


@worker_init.connect
def _before_work(sender: Any, **_: object) -> None:
    configure(settings().log)  # Celery asks for it only after this
    _check_schema()
    preload()  # lexicon, catalogue and rules are read once and shared by the children
    if "thread" in str(sender.pool_cls):  # no children to come: what the first alert would wait for is made ready too
        parts().warm()
        keep_reporting(parts().vitals, str(sender.hostname))
        _trace(str(sender.hostname))


def _check_schema() -> None:
    """A worker that cannot understand what is kept, or that would not be understood, does not start."""
    try:
        parts().schema.check()
    except UserError as error:
        raise SystemExit(f"rasid: {error}") from None
    finally:
        forget_parts()  # the children of this process open connections of their own


@worker_process_init.connect
def _after_forking(**_: object) -> None:
    forget_parts()  # connections belong to one process
    bound_memory(settings().worker.child_memory)
    keep_reporting(parts().vitals, f"make@{os.uname().nodename}")
    _trace(f"make@{os.uname().nodename}")


@beat_init.connect
def _ticking(**_: object) -> None:
    keep_reporting(parts().vitals, f"beat@{os.uname().nodename}")
    _trace(f"beat@{os.uname().nodename}")


def _trace(name: str) -> None:
    try:
        start(settings().trace, name.partition("@")[0])
    except UserError as error:
        raise SystemExit(f"rasid: {error}") from None
