"""What is done to Redis and to Elasticsearch while articles flow."""

from __future__ import annotations

import signal
import time
from random import Random
from typing import Any

from workers.bench.chaos_servers import wait_for_death
from workers.bench.chaos_system import System

# --- Redis -------------------------------------------------------------------------------------------------------


def kill_redis(system: System, chance: Random, *, kills: int = 5) -> None:
    """Kill -9 of Redis; the supervisor starts it again. Then it stands still for 20 s."""
    for _ in range(kills):
        system.run(chance.uniform(1, 4))
        system.kill(system.redis_pid())
    system.until(lambda: bool(system.parts.redis.ping()), bound=30)
    freeze_redis(system, chance)


def freeze_redis(system: System, _: Random, *, seconds: float = 20.0) -> None:
    """Redis stands still and then goes on."""
    system.run(2)
    pid = system.redis_pid()
    system.kill(pid, signal.SIGSTOP)
    try:
        system.run(seconds)
    finally:
        system.kill(pid, signal.SIGCONT)


def redis_away(system: System, _: Random, *, seconds: float = 75.0) -> None:
    """Redis is killed and comes back only later."""
    system.run(2)
    system.kill(system.redis_pid())
    system.tended = False
    system.run(seconds)
    system.tended = True
    system.fault(0)


def fill_disk_and_cut(system: System, chance: Random) -> None:
    """The disk of Redis is full for a while; then it dies, and comes back with a shorter file, slowly."""
    fill_disk(system, chance)
    cut_and_load(system, chance)


def fill_disk(system: System, _: Random, *, seconds: float = 8.0) -> None:
    """The disk of Redis is full: it refuses every write (MISCONF) until there is room again."""
    system.run(1)
    system.ground.fill(system.redis_pid())
    refused = system.until(lambda: _refuses_writes(system), bound=60)
    system.run(seconds)
    system.ground.empty(system.redis_pid())
    system.fault()
    how = f"Redis met {system.ground.how} and refused writes for {seconds:.0f} s"
    system.notes.append(how if refused else "the disk did not become full")


def _refuses_writes(system: System) -> bool:
    found: Any = system.parts.redis.info("persistence")  # redis-py's types cannot say that this is a dictionary
    return bool(found["aof_last_write_status"] == "err")


def cut_and_load(system: System, _: Random, *, cut: int = 7, seconds: float = 31.0) -> None:
    """Redis dies, its append-only file loses the tail, and loading it takes longer than any fixed wait."""
    system.run(4)
    system.tended = False
    pid = system.redis_pid()
    system.kill(pid)
    wait_for_death(pid)
    file = system.ground.cut_tail(cut)
    system.ground.load_slowly(seconds)
    system.tended = True
    started = time.monotonic()
    system.until(lambda: bool(system.parts.redis.ping()), bound=180)
    system.ground.options("")
    system.fault()
    system.notes.append(f"{cut} bytes cut off {file.name}; loading took {time.monotonic() - started:.0f} s")


def flush_redis(system: System, _: Random) -> None:
    """FLUSHALL in mid-work: polling again and the index rebuild everything."""
    system.run(7)
    system.parts.redis.flushall()
    system.flushed = True
    system.fault()


# --- Elasticsearch -----------------------------------------------------------------------------------------------


def kill_elasticsearch(system: System, _: Random) -> None:
    """Kill -9 of Elasticsearch, and its start."""
    if system.server is None:
        raise RuntimeError("a shared Elasticsearch is not killed")
    system.run(2)
    system.server.kill()
    system.fault()
    system.server.start_again()
    system.until(system.server.ready, bound=180)
    system.fault(0)


def elasticsearch_away(system: System, _: Random, *, seconds: float = 6.0) -> None:
    """Elasticsearch refuses connections, then answers 429, then 503, then not at all."""
    for mode in ("refused", "429", "503", "hang"):
        system.run(1)
        system.through(mode, seconds)


def harm_bulks(system: System, chance: Random) -> None:
    """Two documents are refused; connections are cut after a bulk was applied; the index refuses writes."""
    poison_document(system, chance)
    cut_bulks(system, chance)
    block_writes(system, chance)


def cut_bulks(system: System, _: Random, *, seconds: float = 6.0) -> None:
    """The connection is cut after Elasticsearch applied a bulk: nobody knows that it did."""
    system.run(1)
    system.through("cut", seconds)


def poison_document(system: System, chance: Random, *, documents: int = 2) -> None:
    """Some documents are refused with 400: they end in quarantine, the others of their bulk are stored."""
    chosen = set(chance.sample(system.fresh[len(system.fresh) // 3 :], documents))
    system.poisoned |= chosen
    system.proxy.poisoned |= chosen
    system.fault(documents)


def block_writes(system: System, _: Random, *, seconds: float = 6.0) -> None:
    """The index refuses writes, as at the flood stage of a full disk, until somebody makes room."""
    system.run(1)
    name = f"{system.index}-*"
    for blocked in (True, None):
        system.elasticsearch.indices.put_settings(
            index=name, settings={"index.blocks.read_only_allow_delete": blocked}, expand_wildcards="all"
        )
        system.run(seconds if blocked else 0)
    system.fault()
