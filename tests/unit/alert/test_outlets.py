"""Which of a rule's outlets are silent: asked of feeds' states on given times only."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.unit.alert.samples import NOW
from workers.alert.outlets import asked_outlets, silent_outlets
from workers.alert.rules import parse_query
from workers.model import Feed, FeedState


def feed(outlet: str, number: int = 0) -> Feed:
    return Feed(id=f"{outlet}{number}", url=f"https://{outlet}.example/{number}", outlet=outlet)


def state(last: datetime | None, a_week: float, outlet: str, number: int = 0) -> FeedState:
    return FeedState(feed=f"{outlet}{number}", last_new_at=last, entries_per_week=a_week)


def test_an_outlet_is_silent_only_when_every_feed_of_it_is() -> None:
    feeds = [feed("busy"), feed("seldom"), feed("half"), feed("half", 1), feed("new")]
    ago = [NOW - timedelta(days=days) for days in range(8)]
    states = [
        state(ago[2], 700, "busy"),
        state(ago[7], 1, "seldom"),
        state(ago[3], 700, "half"),
        state(ago[0], 7, "half", 1),
        state(None, 0, "new"),
    ]
    found = silent_outlets(feeds, {one.feed: one for one in states}, NOW)
    assert found == {"busy": True, "seldom": False, "half": False}


def test_a_rule_is_asked_of_the_outlets_that_it_names_or_of_all() -> None:
    known = {"a", "b", "c"}
    assert asked_outlets(parse_query("موسكو"), known) == known
    assert asked_outlets(parse_query("موسكو outlet:a"), known) == {"a"}
    assert asked_outlets(parse_query("موسكو NOT outlet:a"), known) == known
    assert asked_outlets(parse_query("outlet:a OR outlet:nobody"), known) == {"a"}
