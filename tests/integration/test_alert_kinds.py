"""Rules that count, on a real Redis: frequency, spike, new name, silence, change; each told once, twice is once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis

from tests.unit.alert.samples import NOW, analyzer, article, mention, rule
from workers.alert.matcher import Matcher
from workers.model import Alert, AlertRule, Article
from workers.store.counters import RedisMemory

ANALYZER = analyzer()


class Desk:
    """A matcher with a memory of its own, and a clock that articles carry."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self.memory = RedisMemory(client, prefix)
        self.matcher = Matcher([], ANALYZER)

    def ask(self, *rules: AlertRule) -> None:
        self.matcher = Matcher(rules, ANALYZER, memory=self.memory)

    def sees(self, name: str, text: str, minutes: float, **changes: Any) -> list[Alert]:
        at = NOW + timedelta(minutes=minutes)
        found: Article = replace(article(text, id=name, first_seen_at=at, updated_at=at), **changes)
        once = self.matcher.match(found, now=at)
        assert [a.id for a in self.matcher.match(found, now=at)] == [a.id for a in once]
        return once


@pytest.fixture
def desk(redis_client: redis.Redis, unique_name: str) -> Desk:
    return Desk(redis_client, unique_name)


def test_frequency_fires_at_the_nth_article_in_the_window_once(desk: Desk) -> None:
    desk.ask(rule("موسكو", kind="frequency", least=3, window=3600.0))
    told = [len(desk.sees(f"a{n}", "موسكو", n * 10)) for n in range(5)]
    assert told == [0, 0, 1, 0, 0]
    assert [len(desk.sees(f"b{n}", "موسكو", 90 + n)) for n in range(3)] == [0, 1, 0]


def test_frequency_does_not_count_what_left_the_window(desk: Desk) -> None:
    desk.ask(rule("موسكو", kind="frequency", least=3, window=3600.0))
    assert [len(desk.sees(f"a{n}", "موسكو", n * 40)) for n in range(6)] == [0] * 6


def test_a_spike_fires_against_earlier_days_and_once_a_burst(desk: Desk) -> None:
    desk.ask(rule("موسكو", kind="spike", least=5, factor=3.0, window=3600.0))
    day = 24 * 60
    for back in range(21, 0, -1):
        for n in range(8):
            text = "موسكو" if n == 0 else "خبر آخر"
            assert desk.sees(f"d{back}-{n}", text, -back * day - 50 + n * 5) == []
    told = [desk.sees(f"now{n}", "موسكو", -50 + n * 3) for n in range(18)]
    assert [len(alerts) for alerts in told].count(1) == 1
    assert [len(alerts) for alerts in told][:4] == [0, 0, 0, 0]


def test_a_new_name_is_told_after_learning_once_a_name(desk: Desk) -> None:
    desk.ask(rule("موسكو", kind="new_name"))
    text = "موسكو وبيونغ يانغ"
    old = (mention("موسكو", text, entity="moscow"),)
    new = (*old, mention("يانغ", text, entity="yang", kind="person"))
    for n in range(21):
        assert desk.sees(f"a{n}", text, n, mentions=old) == []
    (alert,) = desk.sees("b1", text, 30, mentions=new)
    assert alert.reason == "يانغ"
    assert desk.sees("b2", text, 31, mentions=new) == []


def test_silence_is_told_once_while_others_publish(desk: Desk) -> None:
    desk.ask(rule("outlet:quiet", kind="silence", window=7200.0))
    assert desk.sees("q1", "خبر", 0, outlet="quiet") == []
    told = [alert for n in range(1, 30) for alert in desk.sees(f"o{n}", "خبر", n * 10)]
    assert len({alert.id for alert in told}) == 1
    assert told[0].at == NOW + timedelta(minutes=120)
    assert desk.sees("q2", "خبر", 300, outlet="quiet") == []


def test_a_change_is_told_with_its_difference_and_a_change_elsewhere_is_not(desk: Desk) -> None:
    desk.ask(rule("موسكو", kind="change"))
    assert desk.sees("a1", "موسكو تنفي", 0) == []
    (alert,) = desk.sees("a1", "موسكو تؤكد", 0, revision=2)
    assert alert.reason == "\u2212 موسكو تنفي + موسكو تؤكد"
    assert alert.extra["edits"] == [{"place": "text", "old": "موسكو \u0002تنفي\u0003", "new": "موسكو \u0002تؤكد\u0003"}]
    assert desk.sees("a1", "موسكو تؤكد", 0, revision=3) == []
    (headline,) = desk.sees("a1", "موسكو تؤكد", 0, revision=4, title="قمة في القرية")
    assert [edit["place"] for edit in headline.extra["edits"]] == ["title"]
    assert desk.sees("a2", "باريس", 0, revision=2) == []


def test_a_deletion_is_told_once_to_change_rules_alone(desk: Desk) -> None:
    desk.ask(rule("موسكو", kind="change"), rule("موسكو", id="r2"), rule("موسكو", id="r3", kind="frequency"))
    assert [alert.rule for alert in desk.sees("a1", "موسكو تنفي", 0)] == ["r2", "r3"]
    (alert,) = desk.sees("a1", "موسكو تنفي", 0, revision=2, deleted_at=NOW)
    assert (alert.rule, alert.extra["deleted"]) == ("r1", NOW.isoformat())
    assert [again.id for again in desk.sees("a1", "موسكو تنفي", 0, revision=3, deleted_at=NOW)] == [alert.id]
