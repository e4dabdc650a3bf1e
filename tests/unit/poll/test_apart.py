"""A feed that may take long is read in a process of its own, and given up at its limit."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.newssite import rss
from workers.model import Feed, Outlet
from workers.poll.apart import IN_PLACE_BYTES, read_feed
from workers.poll.parse import ParsedFeed, parse_feed
from workers.settings import PollSettings

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OUTLET = Outlet(id="o", name="صحيفة", timezone="Asia/Riyadh")
FEED = Feed(id="f" * 16, url="https://a.example/rss", outlet="o")
TTL = "<ttl>30</ttl><skipHours><hour>3</hour></skipHours>"


def read(body: bytes, **settings: int) -> ParsedFeed:
    poll = PollSettings.model_validate(settings)
    return read_feed(body, url=FEED.url, feed=FEED, outlet=OUTLET, headers={"ETag": "x"}, now=NOW, settings=poll)


def test_a_large_feed_is_read_as_a_small_one_would_be() -> None:
    items = [(f"خبر {n} & آخر", f"https://www.example.com/{n}?x=1", "9 يوليو 2024 10:00") for n in range(30)]
    body = rss(items, extra=f"{TTL}<!-- {'x' * IN_PLACE_BYTES} -->")
    apart = read(body)
    in_place = parse_feed(body, url=FEED.url, feed=FEED, outlet=OUTLET, headers={}, now=NOW, settings=PollSettings())
    assert apart == in_place
    assert len(apart.entries) == 30
    assert apart.hints.skip_hours == {3}


def test_what_takes_too_long_is_given_up() -> None:
    body = b"<rss><channel><item><title>x</title><description>" + b"&" * 9_000_000 + b"</description></item></channel>"
    assert len(body) > IN_PLACE_BYTES
    found = read(body, parse_seconds=1)
    assert found.failure == "too_complex"
    assert "reading it took" in found.problems[0]


def test_what_takes_too_much_memory_is_given_up() -> None:
    """One character beyond the first plane makes Python keep all of them in four bytes."""
    text = "a" * 9_500_000 + "\U0001f4f0"
    found = read(f"<rss><channel><item><title>{text}</title></item></channel></rss>".encode(), parse_memory=200_000_000)
    assert found.failure == "too_complex"
    assert "MemoryError" in found.problems[0]


def test_more_tags_than_are_read_are_not_begun() -> None:
    found = read(b"<rss><channel><item>" + b"<a/>" * 200_001 + b"</item></channel></rss>")
    assert found.problems == ("too_complex: more than 200000 tags in 2000 entries",)
