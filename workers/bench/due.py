"""`rasid bench due`: claiming due feeds, settling polls and taking hosts' turns on a real Redis with 100,000 feeds.

Measured are the calls that polling makes of the store: a sweep's claim, a poll's read of feed and state, its settle
with state and event, and a host's turn; then whether several claimers at once ever get the same feed. The Redis is one
of its own, started for the run and thrown away.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import redis

from workers.cli.output import json_option, print_json
from workers.model import Feed, FeedState
from workers.settings import FetchSettings
from workers.store.feeds import RedisFeeds
from workers.store.hosts import RedisHosts
from workers.store.redisserver import RedisServer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CLAIM = 200
"""Feeds a sweep claims (`worker.polls_a_tick`)."""
_ROUNDS = 200
_CLAIMERS = 8


def measure(client: redis.Redis, feeds: int, prefix: str = "bench") -> dict[str, Any]:
    """Fill the store with so many feeds over a quarter as many hosts, all due, and time each call. Milliseconds."""
    store = RedisFeeds(client, prefix)
    hosts = RedisHosts(client, prefix, FetchSettings())
    known = [Feed(id=f"{n:016x}", url=f"https://h{n // 4}.example/{n}/rss", outlet=f"o{n // 4}") for n in range(feeds)]
    began = time.perf_counter()
    for feed in known:
        store.add(feed, due=NOW - timedelta(seconds=int(feed.id, 16) % 900))
    filled = time.perf_counter() - began
    states = [_state(feed) for feed in known[:_ROUNDS]]
    event = {"at": NOW.isoformat(), "status": 200, "offered": 20, "fresh": 1, "seconds": 0.31, "new": 1}
    found: dict[str, Any] = {"feeds": feeds, "added_a_second": round(feeds / filled)}
    found |= _timed("settle", lambda n: store.settle(states[n], event))
    found |= _timed("read", lambda n: (store.feed(known[n].id), store.state(known[n].id)))
    found |= _timed("turn", lambda n: _turn(hosts, f"h{n}.example"))
    one_by_one, seconds = _drain(store, 1, most=feeds // 4)
    found |= {"claim_200_ms": round(1000 * seconds / max(len(one_by_one) / CLAIM, 1), 2)}
    together, seconds = _drain(store, _CLAIMERS)
    twice = sum(count > 1 for count in Counter([*one_by_one, *together]).values())
    found |= {"claimers": _CLAIMERS, "claimed_a_second": round(len(together) / seconds), "claimed_twice": twice}
    found["never_claimed"] = feeds - len({*one_by_one, *together}) - _ahead(states)
    found["memory_mb"] = round(client.info("memory")["used_memory"] / 1e6)
    return found


def _state(feed: Feed) -> FeedState:
    """A state as two weeks of polls leave it."""
    seen = tuple(f"{number:032x}" for number in range(30))
    extra = {"title": "صحيفة", "format": "rss20", "encoding": "utf-8", "peak": 0.01, "known": 259200.0, "pace": 70.0}
    return FeedState(
        feed=feed.id,
        etag='"5f3c-62a1"',
        checked_at=NOW,
        next_check_at=NOW + timedelta(hours=1),
        polls=900,
        entries_per_week=70.0,
        last_new_at=NOW,
        seen=seen,
        extra=extra,
    )


def _turn(hosts: RedisHosts, host: str) -> None:
    hosts.acquire(host, NOW)
    hosts.give_back(host)


def _ahead(states: Iterable[FeedState]) -> int:
    """Feeds that the timing of `settle` has put into the future: they are not due."""
    return sum(1 for _ in states)


def _timed(name: str, call: Callable[[int], object]) -> dict[str, float]:
    """Median and 99th percentile of so many calls, in milliseconds."""
    times = []
    for number in range(_ROUNDS):
        began = time.perf_counter()
        call(number)
        times.append(1000 * (time.perf_counter() - began))
    times.sort()
    return {f"{name}_ms": round(times[len(times) // 2], 3), f"{name}_p99_ms": round(times[-2], 3)}


def _drain(store: RedisFeeds, claimers: int, most: int = 10**9) -> tuple[list[str], float]:
    """Claim what is due until nothing is (or `most` are), by so many claimers at once: the ids, and seconds."""
    got: list[str] = []

    def claim() -> None:
        while len(got) < most and (ids := store.claim_due(now=NOW, limit=CLAIM, lease=300)):
            got.extend(ids)

    threads = [threading.Thread(target=claim) for _ in range(claimers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got, time.perf_counter() - began


@click.command("due")
@click.option("--feeds", default=100_000, show_default=True)
@json_option
def command(*, feeds: int, as_json: bool) -> None:
    """Claiming due feeds on a real Redis: milliseconds a call, feeds a second, feeds claimed twice.

    Example: rasid bench due --feeds 100000
    """
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder))
        client = redis.Redis.from_url(server.ensure())
        try:
            found = measure(client, feeds)
        finally:
            client.close()
            server.stop()
    if as_json:
        print_json(found)
    else:
        for name, value in found.items():
            click.echo(f"{name:20} {value}")
