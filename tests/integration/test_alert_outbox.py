"""The outbox on a real Redis: recorded once, leased, retried, held and folded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import redis

from workers.model import Alert
from workers.settings import AlertSettings
from workers.store.outbox import RedisOutbox

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LEASE = 60.0


@pytest.fixture
def outbox(redis_client: redis.Redis, unique_name: str) -> RedisOutbox:
    return RedisOutbox(redis_client, unique_name, AlertSettings())


def alert(number: int = 1, **changes: object) -> Alert:
    base = Alert(
        id=f"{number:032x}", rule="nato", article=f"a{number}", story=f"s{number}", at=NOW, channels=("desk", "hook")
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def take(outbox: RedisOutbox, at: datetime = NOW) -> list[Alert]:
    return outbox.due(now=at, limit=50, lease=LEASE)


def test_an_alert_is_recorded_once_and_due_once_a_channel(outbox: RedisOutbox) -> None:
    assert outbox.record([alert()]) == [alert()]
    assert outbox.record([alert()]) == []
    assert sorted(found.channels for found in take(outbox)) == [("desk",), ("hook",)]
    assert take(outbox) == []


def test_an_article_that_met_the_rule_does_not_fire_again_under_another_story(outbox: RedisOutbox) -> None:
    assert outbox.record([alert(1)])
    assert outbox.record([alert(2, article="a1")]) == []
    assert outbox.record([alert(3, article="a9", story="s9")])


def test_a_reprint_folded_into_a_story_does_not_fire_when_it_is_made_again_elsewhere(outbox: RedisOutbox) -> None:
    outbox.record([alert(1)])
    assert outbox.record([alert(1, article="reprint")]) == []
    assert outbox.record([alert(2, article="reprint")]) == []


def test_a_sender_that_dies_leaves_the_delivery_to_the_next_after_the_lease(outbox: RedisOutbox) -> None:
    outbox.record([alert(channels=("hook",))])
    first = take(outbox)[0]
    assert take(outbox, NOW + timedelta(seconds=LEASE - 1)) == []
    second = take(outbox, NOW + timedelta(seconds=LEASE + 1))[0]
    assert (first.extra["interrupted"], second.extra["interrupted"]) == (False, True)
    assert first.extra["delivery_id"] == second.extra["delivery_id"]
    assert second.extra["attempt"] == 2


def test_a_delivered_alert_stays_delivered_whoever_reports_late(outbox: RedisOutbox) -> None:
    outbox.record([alert(channels=("hook",))])
    found = take(outbox)[0]
    outbox.delivered(found.id, "hook", at=NOW)
    outbox.retry(found, "timeout", now=NOW)
    outbox.delivered(found.id, "hook", at=NOW)
    assert take(outbox, NOW + timedelta(days=2)) == []
    kept = outbox.get(found.id)
    assert kept is not None
    assert kept.delivered_at == NOW
    assert kept.extra["deliveries"] == {"hook": "sent"}


def test_retries_wait_longer_each_time_and_end_as_a_dead_letter_within_a_day(outbox: RedisOutbox) -> None:
    outbox.record([alert(channels=("hook",))])
    at, waits, state = NOW, [], "waiting"
    while state == "waiting":
        found = outbox.due(now=at, limit=1, lease=LEASE)
        if not found:
            at += timedelta(seconds=30)
            continue
        waits.append((at - NOW).total_seconds() / 3600)
        state = outbox.retry(found[0], "503", now=at)
    assert len(waits) == 8
    assert waits == sorted(waits)
    assert 23 < waits[-1] < 26
    letter = outbox.dead_letters(limit=10)[0]
    assert (letter.channel, letter.reason, letter.attempts) == ("hook", "503", 8)


def test_a_dead_letter_is_sent_again_when_asked_under_a_new_delivery_id(outbox: RedisOutbox) -> None:
    outbox.record([alert(channels=("hook",))])
    found = take(outbox)[0]
    outbox.dead(found, "gone", now=NOW)
    assert outbox.counts() == {"recorded": 1, "due": 0, "dead": 1}
    assert outbox.resend(found.id, "hook", now=NOW)
    again = take(outbox)[0]
    assert again.extra["delivery_id"] != found.extra["delivery_id"]
    assert outbox.counts()["dead"] == 0
    assert not outbox.resend("unknown", "hook", now=NOW)


def test_a_wait_that_says_nothing_of_the_alert_burns_no_attempt(outbox: RedisOutbox) -> None:
    outbox.record([alert(channels=("hook",))])
    outbox.retry(take(outbox)[0], "paced", now=NOW, burn=False)
    again = take(outbox, NOW + timedelta(minutes=1))[0]
    assert again.extra["attempt"] == 1


def test_a_channel_that_fails_again_and_again_is_left_alone_and_tried_later(outbox: RedisOutbox) -> None:
    outbox.record([alert(n, channels=("hook",)) for n in range(1, 8)])
    for found in take(outbox)[:5]:
        outbox.retry(found, "refused", now=NOW)
    outbox.record([alert(20, channels=("hook",)), alert(21, channels=("desk",))])
    assert [found.channels for found in take(outbox)] == [("desk",)]
    later = NOW + timedelta(seconds=61)
    assert outbox.breakers()["hook"] <= later
    found = next(found for found in take(outbox, later) if found.channels == ("hook",))
    outbox.delivered(found.id, "hook", at=later)
    assert outbox.breakers() == {}


def test_held_alerts_of_a_rule_go_as_one_message_at_their_release(outbox: RedisOutbox) -> None:
    release = NOW + timedelta(hours=7)
    outbox.record([alert(n, channels=("desk",), release=release) for n in (1, 2, 3)])
    assert take(outbox) == []
    found = take(outbox, release)
    assert [a.extra["kind"] for a in found] == ["gathered"]
    assert [m.article for m in found[0].extra["members"]] == ["a1", "a2", "a3"]
    outbox.delivered(found[0].id, "desk", at=release)
    assert {a.extra["deliveries"]["desk"] for a in outbox.history(limit=10)} == {"sent"}


def test_an_alert_that_comes_when_its_gathering_is_being_sent_goes_alone(outbox: RedisOutbox) -> None:
    release = NOW + timedelta(hours=1)
    outbox.record([alert(1, channels=("desk",), release=release)])
    take(outbox, release)
    outbox.record([alert(2, channels=("desk",), release=release)])
    assert [a.article for a in take(outbox, release)] == ["a2"]


def test_a_throttled_rule_sends_one_message_now_and_the_rest_at_the_throttles_end(outbox: RedisOutbox) -> None:
    minutes = [timedelta(minutes=m) for m in (0, 1, 2)]
    for number, after in enumerate(minutes, 1):
        outbox.record([alert(number, at=NOW + after, channels=("desk",), throttle=600.0)])
    assert [a.article for a in take(outbox, NOW + minutes[2])] == ["a1"]
    outbox.delivered(alert(1).id, "desk", at=NOW)
    found = take(outbox, NOW + timedelta(seconds=600))
    assert [[m.article for m in a.extra["members"]] for a in found] == [["a2", "a3"]]
    outbox.record([alert(4, at=NOW + timedelta(seconds=700), channels=("desk",), throttle=600.0)])
    outbox.record([alert(5, at=NOW + timedelta(seconds=1900), channels=("desk",), throttle=600.0)])
    outbox.delivered(found[0].id, "desk", at=NOW)
    assert take(outbox, NOW + timedelta(seconds=1199)) == []
    assert len(take(outbox, NOW + timedelta(seconds=1200))) == 1


def test_a_follow_up_tells_once_who_joined_the_story(outbox: RedisOutbox) -> None:
    wants = {"follow_up": True}
    outbox.record([alert(1, channels=("desk",), extra=wants)])
    take(outbox)
    for reprint in ("b", "c", "b"):
        outbox.record([alert(1, article=reprint, channels=("desk",), extra=wants)])
    found = take(outbox, NOW + timedelta(hours=2))
    follow = [a for a in found if a.extra["kind"] == "follow"]
    assert [[m.article for m in a.extra["members"]] for a in follow] == [["b", "c"]]


def test_a_snoozed_rule_is_recorded_and_not_sent(outbox: RedisOutbox) -> None:
    outbox.snooze("nato", datetime.now(UTC) + timedelta(hours=1), now=datetime.now(UTC))
    assert outbox.record([alert()])
    assert take(outbox) == []
    outbox.snooze("nato", NOW, now=datetime.now(UTC))
    assert outbox.snoozed("nato") is None
    outbox.record([alert(2)])
    assert len(take(outbox)) == 2


def test_acknowledging_names_who_and_when(outbox: RedisOutbox) -> None:
    outbox.record([alert()])
    assert outbox.ack(alert().id, "mona", at=NOW)
    kept = outbox.get(alert().id)
    assert kept is not None
    assert kept.extra["acked"] == f"{NOW.isoformat()} mona"
    assert not outbox.ack("unknown", "mona", at=NOW)


def test_history_is_newest_first_and_can_ask_for_one_rule(outbox: RedisOutbox) -> None:
    for number in (1, 2, 3):
        outbox.record([alert(number, rule=f"r{number % 2}", at=NOW + timedelta(minutes=number))])
    assert [a.article for a in outbox.history(limit=2)] == ["a3", "a2"]
    assert [a.article for a in outbox.history(limit=9, rule="r1")] == ["a3", "a1"]
