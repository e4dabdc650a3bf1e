"""The scenarios in their order, and what is done to worker processes. Each is a function over `System` and a chance."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from workers.bench import chaos_stores as stores
from workers.bench import chaos_world as world
from workers.bench.chaos_proxy import MODES
from workers.bench.chaos_system import System
from workers.bench.soak import Sampler


@dataclass(frozen=True, slots=True)
class Scenario:
    """`harm` does its faults while articles are published, and returns with the system whole again."""

    name: str
    says: str
    harm: Callable[[System, Random], None]
    stretch: float
    """Seconds within which the scenario's articles are published: as long as its faults take, or less where nothing can
    be done with them meanwhile, so that catching up does not take the time of all."""
    bound: float = 150.0
    """Seconds that catching up may take after the last fault."""


def kill_workers(system: System, chance: Random, *, kills: int = 50) -> None:
    """Kill -9 of whatever works: main processes and pool children, at random."""
    kill_some(system, chance, kills=kills)


def kill_some(system: System, chance: Random, *, kills: int, pause: float = 0.3, most: float = 90.0) -> None:
    """`kills` processes that are at work, for `most` seconds at most."""
    end, enough = time.monotonic() + most, system.faults + kills
    while system.faults < enough and time.monotonic() < end:
        system.run(chance.uniform(0, 2 * pause))
        victims = [pid for name in ("io", "make") if (pid := system.main(name)) and system.ready(name)]
        victims += system.children("make") * 2  # these are replaced in a blink, a main process takes seconds to start
        if victims:
            system.kill(chance.choice(victims))


def stop_workers(system: System, chance: Random, *, rounds: int = 2) -> None:
    """SIGTERM to one worker after the other, as an upgrade does."""
    for _ in range(rounds):
        for name in ("io", "make"):
            system.run(chance.uniform(0.5, 2))
            if pid := system.main(name):
                system.kill(pid, signal.SIGTERM)
                system.until(partial(_replaced, system, name, pid), bound=40)


def _replaced(system: System, name: str, pid: int) -> bool:
    return system.main(name) not in {None, pid}


def all_at_once(system: System, chance: Random, *, seconds: float = 30.0) -> None:
    """Workers, beat, Redis, Elasticsearch and the news sites fail in any order, and over one another."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        match chance.choice(("kill", "kill", "redis", "freeze", "elasticsearch", "stop", "beat", "sites")):
            case "kill":
                kill_some(system, chance, kills=2, most=6)
            case "redis":
                system.kill(system.redis_pid())
            case "freeze":
                stores.freeze_redis(system, chance, seconds=3)
            case "elasticsearch":
                system.site.broken = chance.random() < 0.3
                system.through(chance.choice(MODES[1:]), chance.uniform(1, 4))
                system.site.broken = False
            case "sites":
                system.site.broken = True
                kill_some(system, chance, kills=1, most=2)
                system.site.broken = False
            case "stop" if pid := system.main(chance.choice(("io", "make"))):
                system.kill(pid, signal.SIGTERM)
            case "beat" if pid := system.main("beat"):
                system.kill(pid)
        system.run(chance.uniform(0.5, 2))


def soak(system: System, _: Random, *, seconds: float = 60.0) -> None:
    """No fault for a minute: no process may grow in memory or open files. So short after the faults caches still fill,
    and 3 % are let pass; `make soak` is the sharp one."""
    sampler = Sampler(system)
    sampler.watch(seconds)
    growths = sampler.growths(seconds, memory=0.03)
    system.growing += [f"{g.process} {g.what}" for g in growths if not g.ok]
    for growth in growths:
        found = growth.found
        system.notes.append(
            f"{growth.process} {growth.what}: {found.level:.1f}, {found.slope:+.1f} an hour "
            f"({found.least:+.1f} to {found.most:+.1f})"
        )


SCENARIOS = (
    Scenario("flush-redis", "FLUSHALL in mid-work", stores.flush_redis, 10),
    Scenario("kill-workers", "50 times kill -9 of workers and pool processes", kill_workers, 35),
    Scenario("stop-workers", "SIGTERM to one worker after the other", stop_workers, 25),
    Scenario("poison-messages", "garbage and unknown tasks in the queues", world.poison_messages, 10),
    Scenario("kill-redis", "Redis killed 5 times, then frozen for 20 s", stores.kill_redis, 25),
    Scenario("redis-away", "Redis away for 75 s", stores.redis_away, 25),
    Scenario("redis-disk", "Redis: disk full; then killed, its file cut, 31 s to load", stores.fill_disk_and_cut, 25),
    Scenario("kill-elasticsearch", "kill -9 of Elasticsearch and its start", stores.kill_elasticsearch, 20),
    Scenario("elasticsearch-away", "Elasticsearch refuses, answers 429, 503, hangs", stores.elasticsearch_away, 25),
    Scenario("bulks", "bulks cut after they were applied; read-only; 400", stores.harm_bulks, 20),
    Scenario("sites-away", "news sites reset, slow, without a name, down", world.sites_away, 20),
    Scenario("beats", "beat killed, then two of them", world.beats, 12),
    Scenario("soak", "a minute without a fault", soak, 55),
    Scenario("killer-pages", "pages that kill, hang, and eat memory", world.killer_pages, 8),
    Scenario("clock", "the clock jumps 2 h ahead, back, 2 h behind, back", world.clock_jumps, 20),
    Scenario("all-at-once", "everything at random, and over one another", all_at_once, 30),
)
