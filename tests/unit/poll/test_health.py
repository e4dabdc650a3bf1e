"""A feed's one word, from states as polls leave them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tests.newssite import NewsSite, rss
from workers.fetch.http import Client
from workers.model import Feed, FeedState, Outlet
from workers.poll.health import WORDS, explain, feed_health
from workers.poll.poll import poll_feed
from workers.settings import FetchSettings, PollSettings

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FEED = Feed(id="f", url="https://a.example/rss", outlet="o")
WELL = FeedState(feed="f", checked_at=NOW, last_new_at=NOW, entries_per_week=70, extra={"pace": 70.0})


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


@pytest.mark.parametrize(
    ("state", "word", "said"),
    [
        (None, "new", ""),
        (WELL, "ok", ""),
        (replace(WELL, errors=0.25, last_error="dns: away"), "failing", "dns: away"),
        (replace(WELL, errors=30, last_error="http_404: HTTP 404"), "dead", "404"),
        (replace(WELL, gone=True, errors=60), "gone", ""),
        (replace(WELL, moved_to="https://b.example/"), "redirected", "moved to https://b.example/"),
        (replace(WELL, extra={**WELL.extra, "url": "https://b.example/"}), "redirected", "moved to https://b.example/"),
        (replace(WELL, gaps=2, extra={**WELL.extra, "gap_at": ago(hours=40).isoformat()}), "gap", "gaps: 2"),
        (replace(WELL, gaps=2, extra={**WELL.extra, "gap_at": ago(days=3).isoformat()}), "ok", "gaps: 2"),
        (replace(WELL, last_new_at=ago(hours=20)), "ok", ""),
        (replace(WELL, last_new_at=ago(hours=30)), "silent", "usually every 2 hours"),
        (replace(WELL, last_new_at=ago(days=9), entries_per_week=0.1), "silent", "nothing new since 2026-11-14"),
        (replace(WELL, last_new_at=ago(days=9), extra={"pace": 1.0}), "ok", ""),
        (replace(WELL, extra={"insecure": True}), "ok", "not checked"),
    ],
)
def test_words(state: FeedState | None, word: str, said: str) -> None:
    assert feed_health(FEED, state, now=NOW, settings=PollSettings()) == word
    assert word in WORDS
    assert said in "; ".join(explain(FEED, state, now=NOW))


def test_a_feed_that_stopped_stays_silent_and_one_that_stopped_long_ago_is_so_from_the_first_poll() -> None:
    """The believed rate fades with every poll that brings nothing: silence is measured against the rhythm before."""
    client = Client(FetchSettings(allow_hosts=("127.0.0.0/8",), total_timeout=5))
    with NewsSite() as site:
        rows = [("خبر", f"https://www.example.com/{n}", f"Mon, 23 Nov 2026 {n:02}:00:00 GMT") for n in range(12)]
        feed = replace(FEED, url=site.serve("/rss", rss(rows)))
        state, now = FeedState(feed="f"), NOW
        words = []
        while now < NOW + timedelta(days=40):
            found = poll_feed(
                feed,
                state,
                outlet=Outlet(id="o", name="o"),
                client=client,
                settings=PollSettings(),
                now=now,
                rng=Random(1),
            )
            state, now = found.state, found.state.next_check_at or now
            words.append((now - NOW, feed_health(feed, state, now=now)))
        assert {word for age, word in words if age < timedelta(hours=20)} == {"ok"}
        assert {word for age, word in words if age > timedelta(days=2)} == {"silent"}
        old = [("خبر", f"https://www.example.com/{n}", f"{n + 1} Mar 2021 10:00 GMT") for n in range(20)]
        feed = replace(feed, url=site.serve("/old", rss(old)))
        first = poll_feed(
            feed,
            FeedState(feed="f"),
            outlet=Outlet(id="o", name="o"),
            client=client,
            settings=PollSettings(),
            now=NOW,
            rng=Random(1),
        )
        assert feed_health(feed, first.state, now=NOW) == "silent"
