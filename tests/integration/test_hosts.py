"""Host pacing and robots.txt on a real Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis

from tests.newssite import NewsSite
from workers.errors import Retry
from workers.fetch.http import Client
from workers.settings import FetchSettings
from workers.store.hosts import RedisHosts
from workers.store.robots import RedisRobots

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOST = "news.example"


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def hosts(redis_client: redis.Redis, unique_name: str) -> RedisHosts:
    return RedisHosts(redis_client, unique_name, FetchSettings(host_gap=3, host_lease=90, host_concurrency=2))


@pytest.fixture
def site() -> Iterator[NewsSite]:
    with NewsSite() as running:
        yield running


def test_turns_keep_the_gap_and_never_more_than_two_are_under_way(hosts: RedisHosts) -> None:
    assert hosts.acquire(HOST, NOW) == 0
    assert hosts.acquire(HOST, later(1)) == pytest.approx(2)
    assert hosts.acquire("other.example", later(1)) == 0
    assert hosts.acquire(HOST, later(3)) == 0
    assert hosts.acquire(HOST, later(60)) > 0, "two are under way"
    hosts.release(HOST, elapsed=0.1, status=200, now=later(60))
    assert hosts.acquire(HOST, later(60)) == 0


def test_a_turn_that_is_never_given_back_is_forgotten(hosts: RedisHosts) -> None:
    assert [hosts.acquire(HOST, later(n * 4)) for n in (0, 1)] == [0, 0]
    assert hosts.acquire(HOST, later(80)) > 0
    assert hosts.acquire(HOST, later(95)) == 0


def test_answers_change_the_pace(hosts: RedisHosts) -> None:
    hosts.acquire(HOST, NOW)
    hosts.release(HOST, elapsed=0.1, status=429, now=NOW, retry_after=30)
    assert hosts.acquire(HOST, later(10)) == pytest.approx(20)
    assert hosts.acquire(HOST, later(31)) == 0
    assert hosts.acquire(HOST, later(36)) == pytest.approx(3), "the gap has grown to eight"
    hosts.release(HOST, elapsed=0.1, status=0, now=later(40))
    assert hosts.acquire(HOST, later(50)) == pytest.approx(590), "left alone for ten minutes"


def test_a_page_that_says_nothing_about_its_host_leaves_the_pace(hosts: RedisHosts) -> None:
    hosts.acquire(HOST, NOW)
    hosts.release(HOST, elapsed=9, status=None, now=NOW)
    assert hosts.pace(HOST).latency == 0
    assert hosts.acquire(HOST, later(3)) == 0


def test_many_workers_at_once_get_two_turns(hosts: RedisHosts) -> None:
    turns: list[float] = []
    fast = RedisHosts(hosts._redis, hosts._prefix, FetchSettings(host_gap=0))

    def work() -> None:
        turns.append(fast.acquire(HOST, NOW))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(turn == 0 for turn in turns) == 2


# --- robots.txt --------------------------------------------------------------------------------------------------


def robots_for(client: redis.Redis, name: str) -> RedisRobots:
    settings = FetchSettings(allow_hosts=("127.0.0.0/8",), total_timeout=5)
    return RedisRobots(client, name, Client(settings), settings)


def test_robots_txt_is_asked_once_a_day(redis_client: redis.Redis, unique_name: str, site: NewsSite) -> None:
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /no\nCrawl-delay: 9")
    robots = robots_for(redis_client, unique_name)
    assert [robots.allowed(site.url(path), now=NOW) for path in ("/yes", "/no/1", "/no?x")] == [True, False, False]
    robots_for(redis_client, unique_name).allowed(site.url("/"), now=later(86000))
    assert site.hits("/robots.txt") == 1
    robots.allowed(site.url("/"), now=later(87000))
    assert site.hits("/robots.txt") == 2
    assert RedisHosts(redis_client, unique_name, FetchSettings()).pace(site.host).crawl_delay == 9


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_host_without_robots_txt_may_be_asked(
    redis_client: redis.Redis, unique_name: str, site: NewsSite, status: int
) -> None:
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /", status)
    assert robots_for(redis_client, unique_name).allowed(site.url("/x"), now=NOW)


def test_a_page_in_its_place_forbids_nothing(redis_client: redis.Redis, unique_name: str, site: NewsSite) -> None:
    site.serve("/robots.txt", b"<html>User-agent: *\nDisallow: /</html>")
    assert robots_for(redis_client, unique_name).allowed(site.url("/x"), now=NOW)


def test_trouble_means_waiting_unless_an_older_one_is_known(
    redis_client: redis.Redis, unique_name: str, site: NewsSite
) -> None:
    site.serve("/robots.txt", b"x", 503)
    robots = robots_for(redis_client, unique_name)
    for seconds in (0, 10):
        with pytest.raises(Retry) as caught:
            robots.allowed(site.url("/x"), now=later(seconds))
        assert not caught.value.burn_attempt
    assert site.hits("/robots.txt") == 1, "it is not asked again at once"
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /no")
    assert not robots.allowed(site.url("/no"), now=later(700))
    site.serve("/robots.txt", b"x", 500)
    assert not robots.allowed(site.url("/no"), now=later(90_000))
