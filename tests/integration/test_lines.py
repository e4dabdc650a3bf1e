"""Learned lines in a real Redis: counted once a page, believed, ruled, halved."""

from __future__ import annotations

import redis

from workers.clean.learn import learn_key
from workers.settings import CleanSettings
from workers.store.lines import RedisLines


def test_lines_are_counted_once_a_page(redis_client: redis.Redis, unique_name: str) -> None:
    lines = RedisLines(redis_client, unique_name, CleanSettings())
    slogan = learn_key("معا نصنع الخبر")
    for page in range(30):
        assert lines.observe("window", f"p{page}", [slogan, f"line {page}"])
    assert not lines.observe("window", "p3", [slogan])
    [count] = lines.counts("window")
    assert (count.key, count.pages, count.of) == (slogan, 30, 30)
    assert dict(lines.learned("window")) == {slogan: "30-of-30"}
    assert lines.outlets() == ["window"]


def test_a_ruling_goes_before_the_count(redis_client: redis.Redis, unique_name: str) -> None:
    lines = RedisLines(redis_client, unique_name, CleanSettings())
    for page in range(30):
        lines.observe("window", f"p{page}", ["slogan"])
    lines.rule("window", "Slogan!", "rejected")
    assert lines.learned("window") == {}
    lines.rule("window", "Never seen", "accepted")
    assert list(lines.learned("window")) == ["never seen"]
    lines.rule("window", "slogan", "")
    assert set(lines.learned("window")) == {"slogan", "never seen"}


def test_old_templates_fade_and_memory_is_bounded(redis_client: redis.Redis, unique_name: str) -> None:
    settings = CleanSettings(learn_window=50, learn_lines=100)
    lines = RedisLines(redis_client, unique_name, settings)
    for page in range(50):
        lines.observe("window", f"p{page}", ["old", *(f"once {page} {n}" for n in range(5))])
    assert [(count.key, count.pages, count.of) for count in lines.counts("window")] == [("old", 25, 25)]
    for page in range(50, 74):
        lines.observe("window", f"p{page}", ["new", *(f"once {page} {n}" for n in range(5))])
    counts = {count.key: count.pages for count in lines.counts("window")}
    assert counts == {"old": 25, "new": 24}
    assert redis_client.hlen(f"{unique_name}:lines:window:count") <= 110
