"""What is done to the news sites, their pages, the clock, beat and the queues while articles flow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from workers.bench.chaos_marks import DNS_FLAG, EATS, HANGS, KILLS
from workers.bench.chaos_system import System

# --- beat and the clock ------------------------------------------------------------------------------------------


def beats(system: System, chance: Random, *, kills: int = 3) -> None:
    """Beat is killed again and again, then a second one runs beside it."""
    for _ in range(kills):
        system.run(chance.uniform(1, 4))
        if pid := system.main("beat"):
            system.kill(pid)
    with _second_beat(system):
        system.run(6)


@contextmanager
def _second_beat(system: System) -> Iterator[None]:
    """Another beat beside the supervisor's, as two hosts by mistake would have it."""
    url, logs = str(system.parts.settings.redis.url), system.folder / "beat-2.log"
    schedule = ["-s", str(system.folder / "beat-2"), "--pidfile", ""]
    with logs.open("ab") as sink:
        beat = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [sys.executable, "-m", "celery", "-A", "workers.celery:app", "beat", *schedule],
            env={**os.environ, **system.supervisor.environment, "RASID_REDIS_URL": url},
            stdout=sink,
            stderr=sink,
        )
    try:
        system.fault()
        yield
    finally:
        beat.terminate()
        beat.wait(20)


def clock_jumps(system: System, _: Random, *, hours: float = 2.0, seconds: float = 6.0) -> None:
    """The wall clock of every process jumps ahead, comes back, and falls behind."""
    for offset in (hours * 3600, 0.0, -hours * 3600, 0.0):
        system.run(2)
        system.set_clock(offset)
        system.run(seconds if offset else 0)


# --- news sites and pages ----------------------------------------------------------------------------------------


def sites_away(system: System, _: Random, *, seconds: float = 4.5) -> None:
    """The news sites close connections without an answer, answer slowly, have no name, are down."""
    system.run(1)
    system.site.broken = True
    system.run(seconds)
    system.site.broken = False
    system.fault()
    system.site.slow(4.0)
    system.run(seconds)
    system.site.slow(0.0)
    system.fault()
    flag = Path(system.supervisor.environment[DNS_FLAG])
    flag.touch()
    system.run(seconds)
    flag.unlink()
    system.fault()
    system.site.stop()
    system.run(seconds)
    system.replace_site()


def killer_pages(system: System, chance: Random) -> None:
    """One page kills the process that reads it, another never ends, a third eats all memory: all to quarantine."""
    late = system.fresh[len(system.fresh) // 3 :]
    urls, chosen = system.ids_of_all(), chance.sample(late, 3)
    for id_, mark in zip(chosen, (KILLS, HANGS, EATS), strict=True):
        system.site.marks[urls[id_]] = mark
    system.poisoned |= set(chosen)
    system.run(8)
    system.fault(3)


# --- messages ----------------------------------------------------------------------------------------------------


def poison_messages(system: System, chance: Random) -> None:
    """Garbage, an empty object, an unknown task and wrong arguments in the queues' lists."""
    for message in (b"\x00garbage", b"{}", _message("rasid.unknown", []), _message("rasid.make", [17])):
        for queue in ("make", "index"):
            system.run(chance.uniform(0.5, 1.5))
            system.push(queue, message)


def _message(task: str, args: list[object]) -> bytes:
    body = b64encode(json.dumps([args, {}, {}]).encode()).decode()
    id_ = str(uuid.uuid4())
    delivery = {"exchange": "", "routing_key": "make"}
    properties = {"correlation_id": id_, "delivery_mode": 2, "delivery_tag": id_, "body_encoding": "base64"}
    message = {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": task, "id": id_, "root_id": id_},
        "properties": properties | {"delivery_info": delivery, "priority": 0},
    }
    return json.dumps(message).encode()
