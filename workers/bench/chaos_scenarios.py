"""What is done to the system while articles flow through it. Each scenario is a function over `System` and a chance."""

from __future__ import annotations

import json
import signal
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random

from workers.bench.chaos_marks import HANGS, KILLS
from workers.bench.chaos_proxy import MODES
from workers.bench.chaos_system import System


@dataclass(frozen=True, slots=True)
class Scenario:
    """`harm` begins the flow itself, does its faults, and returns with the system whole again."""

    name: str
    says: str
    harm: Callable[[System, Random], None]
    bound: float = 120.0
    """Seconds that catching up may take after the last fault."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Environment variables in place of the short ones."""


# --- processes ---------------------------------------------------------------------------------------------------


def kill_workers(system: System, chance: Random) -> None:
    """Kill -9 of whatever works: main processes and pool children, at random."""
    system.flow(60)
    kill_some(system, chance, kills=50)


def kill_some(system: System, chance: Random, *, kills: int, pause: float = 0.7, most: float = 60.0) -> None:
    """`kills` processes that are at work, for `most` seconds at most."""
    end, enough = time.monotonic() + most, system.faults + kills
    while system.faults < enough and time.monotonic() < end:
        system.run(chance.uniform(0, 2 * pause))
        victims = [pid for name in ("io", "make") if (pid := system.main(name)) and system.ready(name)]
        victims += system.children("make")
        if victims:
            system.kill(chance.choice(victims))


def stop_workers(system: System, chance: Random, *, rounds: int = 3) -> None:
    """SIGTERM to one worker after the other, as an upgrade does."""
    system.flow(rounds * 8)
    for _ in range(rounds):
        for name in ("io", "make"):
            system.run(chance.uniform(1, 3))
            if pid := system.main(name):
                system.kill(pid, signal.SIGTERM)
                system.until(partial(_replaced, system, name, pid), bound=40)


def _replaced(system: System, name: str, pid: int) -> bool:
    return system.main(name) not in {None, pid}


def beats(system: System, chance: Random, *, kills: int = 3) -> None:
    """Beat is killed again and again, then a second one runs beside it."""
    system.flow(kills * 5)
    for _ in range(kills):
        system.run(chance.uniform(1, 4))
        if pid := system.main("beat"):
            system.kill(pid)
    with system.second_beat():
        system.run(6)


# --- Redis -------------------------------------------------------------------------------------------------------


def kill_redis(system: System, chance: Random, *, kills: int = 5) -> None:
    """Kill -9 of Redis; the supervisor starts it again."""
    system.flow(kills * 5)
    for _ in range(kills):
        system.run(chance.uniform(2, 6))
        system.kill(system.redis_pid())


def freeze_redis(system: System, _: Random, *, seconds: float = 20.0) -> None:
    """Redis stands still and then goes on."""
    system.flow(10)
    system.run(3)
    pid = system.redis_pid()
    system.kill(pid, signal.SIGSTOP)
    try:
        system.run(seconds)
    finally:
        system.kill(pid, signal.SIGCONT)


def redis_away(system: System, _: Random, *, seconds: float = 40.0) -> None:
    """Redis is killed and comes back only later."""
    system.flow(10)
    system.run(3)
    system.kill(system.redis_pid())
    system.tended = False
    system.run(seconds)
    system.tended = True
    system.fault(0)


# --- Elasticsearch -----------------------------------------------------------------------------------------------


def elasticsearch_away(system: System, _: Random, *, seconds: float = 15.0) -> None:
    """Elasticsearch refuses connections, then answers 429, then 503, then not at all."""
    system.flow(seconds * 2)
    for mode in ("refused", "429", "503", "hang"):
        system.run(1)
        system.through(mode, seconds / 2)


def cut_bulks(system: System, _: Random, *, seconds: float = 10.0) -> None:
    """The connection is cut after Elasticsearch applied a bulk: nobody knows that it did."""
    system.flow(seconds)
    system.run(1)
    system.through("cut", seconds)


def poison_document(system: System, chance: Random, *, documents: int = 2) -> None:
    """Some documents are refused with 400: they end in quarantine, the others of their bulk are stored."""
    system.poisoned = set(chance.sample(sorted(system.ids), documents))
    system.proxy.poisoned = set(system.poisoned)
    system.flow(5)
    system.run(5)
    system.fault(documents)


# --- news sites and pages ----------------------------------------------------------------------------------------


def sites_away(system: System, _: Random, *, seconds: float = 8.0) -> None:
    """The news sites close connections without an answer, then nobody listens there."""
    system.flow(seconds)
    system.run(2)
    system.site.broken = True
    system.run(seconds)
    system.site.broken = False
    system.fault()
    system.run(2)
    with system.site_down():
        system.run(seconds)


def killer_pages(system: System, chance: Random) -> None:
    """One page kills the process that reads it, another never ends: both go to quarantine after their attempts."""
    kills, hangs = chance.sample(sorted(system.ids), 2)
    system.poisoned = {kills, hangs}
    system.site.marks = {system.ids[kills]: KILLS, system.ids[hangs]: HANGS}
    system.flow(5)
    system.run(5)
    system.fault(2)


# --- messages and the ledger -------------------------------------------------------------------------------------


def poison_messages(system: System, chance: Random) -> None:
    """Garbage, an empty object, an unknown task and wrong arguments in the queues' lists."""
    system.flow(20)
    for message in (b"\x00garbage", b"{}", _message("rasid.unknown", []), _message("rasid.make", [17])):
        for queue in ("make", "index"):
            system.run(chance.uniform(1, 2))
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


def flush_redis(system: System, _: Random) -> None:
    """FLUSHALL in mid-work: polling again rebuilds everything."""
    system.flow(10)
    system.run(7)
    system.parts.redis.flushall()
    system.fault()


def all_at_once(system: System, chance: Random, *, seconds: float = 45.0) -> None:
    """Workers, Redis and Elasticsearch fail in any order."""
    system.flow(seconds)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        match chance.choice(("kill", "kill", "redis", "elasticsearch", "stop")):
            case "kill":
                kill_some(system, chance, kills=2, most=6)
            case "redis":
                system.kill(system.redis_pid())
            case "elasticsearch":
                system.through(chance.choice(MODES[1:]), chance.uniform(1, 4))
            case "stop" if pid := system.main(chance.choice(("io", "make"))):
                system.kill(pid, signal.SIGTERM)
        system.run(chance.uniform(1, 3))


SCENARIOS = (
    Scenario("kill-workers", "kill -9 of workers and pool processes", kill_workers),
    Scenario("stop-workers", "SIGTERM to one worker after the other", stop_workers),
    Scenario("kill-redis", "kill -9 of Redis", kill_redis),
    Scenario("freeze-redis", "Redis frozen for 20 s", freeze_redis),
    Scenario("redis-away", "Redis away for 40 s", redis_away),
    Scenario("elasticsearch-away", "Elasticsearch refuses, answers 429, 503, hangs", elasticsearch_away),
    Scenario("cut-bulks", "connection cut after a bulk was applied", cut_bulks),
    Scenario("poison-document", "documents that Elasticsearch refuses with 400", poison_document),
    Scenario("beats", "beat killed, then two of them", beats),
    Scenario("sites-away", "news sites reset connections, then are down", sites_away),
    Scenario("poison-messages", "garbage and unknown tasks in the queues", poison_messages),
    Scenario(
        "killer-pages",
        "a page that kills its process, one that hangs",
        killer_pages,
        bound=240,
        settings={"RASID_WORKER_ATTEMPTS": "4"},  # each of a page's attempts costs a lease
    ),
    Scenario("flush-redis", "FLUSHALL in mid-work", flush_redis),
    Scenario("all-at-once", "workers, Redis, Elasticsearch at random", all_at_once),
)
