"""One poll after the other against a real server, with a clock of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.newssite import NewsSite, conditional, rss
from workers.fetch.http import Client
from workers.model import Feed, FeedState, Outlet, dump, load
from workers.poll.poll import Polled, poll_feed
from workers.poll.urls import feed_id
from workers.settings import FetchSettings, PollSettings

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OUTLET = Outlet(id="test", name="صحيفة")
CLIENT = Client(FetchSettings(allow_hosts=("127.0.0.0/8",), total_timeout=5, connect_timeout=2))


class Reader:
    """Polls one feed again and again; the state goes through JSON as it does in the store."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.feed = Feed(id=feed_id(url), url=url, outlet="test")
        self.state = FeedState(feed=self.feed.id)
        self.settings = PollSettings.model_validate(settings)
        self.now = NOW

    def poll(self, after: float | None = None) -> Polled:
        if self.state.next_check_at is not None:
            self.now = self.state.next_check_at if after is None else self.now + timedelta(seconds=after)
        polled = poll_feed(
            self.feed,
            self.state,
            outlet=OUTLET,
            client=CLIENT,
            settings=self.settings,
            now=self.now,
            rng=Random(7),
        )
        self.state = load(FeedState, dump(polled.state))
        assert self.state == polled.state
        assert self.state.next_check_at is not None
        assert self.state.next_check_at > self.now
        return polled


@pytest.fixture
def site() -> Iterator[NewsSite]:
    with NewsSite() as running:
        yield running


def items(*numbers: int) -> bytes:
    return rss([(f"خبر {n}", f"https://www.example.com/{n}", "") for n in numbers])


def test_a_feed_is_asked_conditionally_and_read_when_it_changed(site: NewsSite) -> None:
    shown = {"body": items(1, 2, 3), "etag": '"1"'}
    reader = Reader(site.behave("/feed", conditional(lambda: shown["body"], lambda: str(shown["etag"]))))  # type: ignore[arg-type, return-value]
    first = reader.poll()
    assert len(first.entries) == 3
    assert first.event["status"] == 200
    again = reader.poll()
    assert (again.entries, again.event["status"], again.event["unchanged"]) == ((), 304, True)
    shown.update(body=items(2, 3, 4), etag='"2"')
    changed = reader.poll()
    assert len(changed.entries) == 3, "all that is offered: the ledger knows which are new"
    assert changed.event["fresh"] == 1
    assert site.requests[0].headers.get("if-none-match") is None
    assert site.requests[1].headers["if-none-match"] == '"1"'


def test_the_same_body_is_not_read_twice(site: NewsSite) -> None:
    reader = Reader(site.serve("/feed", items(1, 2)))
    reader.poll()
    assert reader.poll().event["unchanged"]


def test_now_and_then_it_is_asked_without_validators(site: NewsSite) -> None:
    reader = Reader(site.behave("/feed", conditional(lambda: items(1, 2), lambda: '"1"')), full_every=3)
    for _ in range(5):
        reader.poll(after=600)
    assert ["if-none-match" in r.headers for r in site.requests] == [False, True, True, False, True]
    reader.poll(after=7 * 3600)
    assert "if-none-match" not in site.requests[-1].headers


def test_a_server_whose_304_lies_is_found_out(site: NewsSite) -> None:
    shown = {"body": items(1, 2)}
    reader = Reader(site.behave("/feed", conditional(lambda: shown["body"], lambda: '"always"')), full_every=2)
    reader.poll()
    shown["body"] = items(2, 3)
    assert reader.poll().event["status"] == 304
    found = reader.poll()
    assert [entry.url[-1] for entry in found.entries] == ["2", "3"]
    assert reader.state.extra["lying_304"]
    reader.poll()
    assert "if-none-match" not in site.requests[-1].headers, "its validators are not believed any more"


def test_a_poll_that_shares_nothing_is_a_gap_and_shortens(site: NewsSite) -> None:
    reader = Reader(site.serve("/feed", items(*range(10))))
    reader.poll()
    reader.poll()
    before = reader.state.interval
    site.serve("/feed", items(*range(20, 30)))
    polled = reader.poll()
    assert polled.event["gap"]
    assert reader.state.gaps == 1
    assert reader.state.interval < before


def test_failures_are_weighed_wait_longer_and_end_with_the_first_success(site: NewsSite) -> None:
    reader = Reader(site.serve("/feed", b"", 500))
    waits = []
    for _ in range(4):
        assert reader.poll().entries == ()
        waits.append(reader.state.next_check_at - reader.now)  # type: ignore[operator]
    assert waits == sorted(waits)
    assert (reader.state.errors, reader.state.last_error) == (2.0, "http_500: HTTP 500")
    site.serve("/feed", items(1))
    reader.poll()
    assert (reader.state.errors, reader.state.last_error) == (0.0, None)


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"", 200, "empty_body"),
        (b"<html><body>x</body></html>", 200, "html_page"),
        (b"<html><title>Just a moment...</title></html>", 200, "bot_wall"),
        (b"<html><title>Just a moment...</title></html>", 403, "bot_wall"),
        (b"x", 404, "http_404"),
        (b"x", 401, "http_401"),
    ],
)
def test_what_came_instead_is_kept_as_the_error(site: NewsSite, body: bytes, status: int, name: str) -> None:
    reader = Reader(site.serve("/feed", body, status, ETag='"x"'))
    polled = reader.poll()
    assert str(polled.event["error"]).startswith(f"{name}: ")
    assert reader.state.etag is None, "validators of what is no feed are not kept"


def test_a_host_that_is_away_is_temporary(site: NewsSite) -> None:
    reader = Reader("http://127.0.0.1:1/feed")
    reader.poll()
    assert (reader.state.errors, reader.state.last_status) == (0.25, 0)


def test_retry_after_is_obeyed(site: NewsSite) -> None:
    for status in (429, 503):
        reader = Reader(site.serve(f"/{status}", b"x", status, Retry_After="7200"))
        reader.poll()
        assert reader.state.next_check_at >= NOW + timedelta(hours=2)  # type: ignore[operator]


def test_a_permanent_redirect_moves_the_feed_after_it_was_seen_thrice(site: NewsSite) -> None:
    site.serve("/new", items(1, 2))
    reader = Reader(site.serve("/old", b"", 301, Location="/new"))
    for _ in range(4):
        reader.poll()
    assert site.hits("/old") == 3
    assert site.hits("/new") == 4
    assert reader.state.extra["addresses"][0]["url"] == site.url("/old")
    site.serve("/new", b"", 404)
    for _ in range(7):
        reader.poll()
    assert site.hits("/old") > 3, "an address that keeps failing is given up for the first one"


def test_410_marks_the_feed_gone_and_it_is_still_asked(site: NewsSite) -> None:
    reader = Reader(site.serve("/feed", b"", 410))
    reader.poll()
    assert reader.state.gone
    assert timedelta(days=29) < reader.state.next_check_at - NOW < timedelta(days=40)  # type: ignore[operator]
    site.serve("/feed", items(1))
    reader.poll()
    assert not reader.state.gone


def test_entries_that_are_too_old_are_not_taken_where_settings_say_so(site: NewsSite) -> None:
    rows = [("خبر", f"https://www.example.com/{day}", f"{day} Nov 2026 10:00 GMT") for day in (1, 22)]
    reader = Reader(site.serve("/feed", rss(rows)), max_age=7 * 86400)
    assert [entry.url[-2:] for entry in reader.poll().entries] == ["22"]


class Defective:
    """A client under which the process runs out of what it needs."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def get(self, url: str, **_: Any) -> Any:
        raise self.error


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("too deep"), KeyError("defect")])
def test_a_feed_that_cannot_be_polled_for_a_defect_is_a_failing_feed(error: BaseException) -> None:
    """A MemoryError that leaves a task ends its worker; any other would leave the message's next feeds unpolled."""
    feed = Feed(id="f", url="https://www.example.com/feed", outlet="test")
    state = FeedState(feed="f")
    asked = {"outlet": OUTLET, "settings": PollSettings(), "now": NOW, "rng": Random(7)}
    polled = poll_feed(feed, state, client=Defective(error), **asked)
    assert polled.entries == ()
    assert polled.state.errors == 1
    assert str(polled.state.last_error).startswith(f"defect: {type(error).__name__}")
    assert polled.state.next_check_at is not None
    assert polled.state.next_check_at > NOW
