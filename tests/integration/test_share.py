"""No host holds more than a quarter of the workers, however many of its pages are due."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.newssite import NewsSite, Request, answer
from workers import stages
from workers.model import Feed, FeedEntry
from workers.poll.urls import feed_id
from workers.settings import FetchSettings, RedisSettings, Settings, WorkerSettings
from workers.wiring import Parts

pytestmark = pytest.mark.servers

WORKERS = 8


@pytest.fixture
def parts(redis_url: str, unique_name: str, tmp_path: Path) -> Parts:
    made = Parts(
        Settings(
            data=tmp_path,
            config_dir=Path("config"),
            redis=RedisSettings(url=redis_url, prefix=unique_name),
            worker=WorkerSettings(fetch_threads=WORKERS),
            fetch=FetchSettings(allow_hosts=("127.0.0.0/8",), host_gap=0, host_concurrency=99, obey_robots=False),
        )
    )
    _ = made.ledger, made.hosts, made.shares, made.feeds  # as one process opens them: before its threads begin
    return made


class Slow:
    """Answers only when let, and knows how many waited at once."""

    def __init__(self) -> None:
        self.go, self.lock = threading.Event(), threading.Lock()
        self.came = threading.Semaphore(0)
        self.inside = self.most = 0

    def __call__(self, _: Request) -> Iterator[bytes]:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.came.release()
        self.go.wait(20)
        with self.lock:
            self.inside -= 1
        yield answer(b"", 404)


def run_all(works: list[threading.Thread], slow: Slow, until: threading.Event) -> None:
    for work in works:
        work.start()
    assert until.wait(20)
    for _ in range(WORKERS // 4):  # those that are let in may still be on their way
        assert slow.came.acquire(timeout=20)
    slow.go.set()
    for work in works:
        work.join()


def test_pages_of_a_slow_host_leave_room_for_others(parts: Parts) -> None:
    slow, done = Slow(), threading.Event()
    with NewsSite() as slow_site, NewsSite() as quick_site:
        urls = [slow_site.behave(f"/{n}", slow) for n in range(WORKERS)] + [quick_site.serve("/q", b"x", 410)]
        entries = [FeedEntry(id=f"{n:032x}", feed="f", outlet="o", url=u, link=u) for n, u in enumerate(urls)]
        ids = parts.ledger.offer(entries, now=datetime.now(UTC))
        left = [len(ids) - 2]  # all but the two that wait at the slow host must be through before it answers

        def fetch(id_: str) -> None:
            stages.fetch(parts, [id_])
            left[0] -= 1
            if left[0] == 0:
                done.set()

        run_all([threading.Thread(target=fetch, args=(id_,)) for id_ in ids], slow, done)
    assert slow.most == WORKERS // 4
    rows = [row for id_ in ids if (row := parts.ledger.row(id_))]
    assert rows[-1].status == "gone", "the other host's page went through"
    waiting = [row for row in rows[:-1] if row.stage == "fetch"]
    assert len(waiting) == WORKERS - 2
    assert {row.attempts for row in waiting} == {0}, "to be crowded out is no attempt"


def test_feeds_of_a_slow_host_leave_room_for_others(parts: Parts) -> None:
    slow, done = Slow(), threading.Event()
    with NewsSite() as slow_site, NewsSite() as quick_site:
        urls = [slow_site.behave(f"/{n}", slow) for n in range(WORKERS)] + [quick_site.serve("/q", b"x", 410)]
        feeds = [Feed(id=feed_id(url), url=url, outlet="o") for url in urls]
        for feed in feeds:
            parts.feeds.add(feed, due=datetime.now(UTC))
        left = [len(feeds) - 2]

        def poll(feed: Feed) -> None:
            stages.poll(parts, [feed.id])
            left[0] -= 1
            if left[0] == 0:
                done.set()

        run_all([threading.Thread(target=poll, args=(feed,)) for feed in feeds], slow, done)
    assert slow.most == WORKERS // 4
    assert parts.feeds.state(feeds[-1].id).gone
    assert sum(parts.feeds.state(feed.id).polls for feed in feeds[:-1]) == 2
