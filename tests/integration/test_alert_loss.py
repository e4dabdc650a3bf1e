"""A Redis that loses everything: alerts are neither sent again nor forgotten, in Elasticsearch and in SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from tests.integration.test_alert_outbox import alert
from workers.errors import Retry
from workers.index import open_alerts
from workers.index.alerts import ElasticAlerts
from workers.model import Alert
from workers.ports import AlertHistory
from workers.settings import AlertSettings, ElasticsearchSettings, Settings
from workers.store.outbox import RedisOutbox

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
Lose = Callable[[], None]


@pytest.fixture(params=["elasticsearch", "embedded"])
def history(request: pytest.FixtureRequest, unique_name: str, tmp_path: Path) -> Iterator[AlertHistory]:
    url = request.getfixturevalue("elasticsearch_url") if request.param == "elasticsearch" else None
    server = ElasticsearchSettings(url=url, index=unique_name)
    made = open_alerts(Settings(data=tmp_path, elasticsearch=server, config_dir=Path("config")))
    made.init()
    yield made
    if isinstance(made, ElasticAlerts):
        made.client.indices.delete(index=made.index, ignore_unavailable=True)
        made.close()


@pytest.fixture
def outbox(redis_client: redis.Redis, unique_name: str, history: AlertHistory) -> RedisOutbox:
    made = RedisOutbox(redis_client, unique_name, AlertSettings(), history)
    made.recover(now=NOW)  # the first start
    return made


@pytest.fixture
def lose(redis_client: redis.Redis, unique_name: str) -> Lose:
    def everything() -> None:
        for key in redis_client.scan_iter(f"{unique_name}:*", count=1000):
            redis_client.delete(key)

    return everything


def send(outbox: RedisOutbox, at: datetime) -> list[str]:
    """Send what is due; the delivery ids."""
    found = outbox.due(now=at, limit=50, lease=60)
    for due in found:
        outbox.delivered(due.id, due.channels[0], at=at)
    outbox.flush()
    return sorted(due.extra["delivery_id"] for due in found)


def test_what_was_sent_is_not_sent_again_under_a_story_of_another_name(outbox: RedisOutbox, lose: Lose) -> None:
    outbox.record([alert(1)])
    assert len(send(outbox, NOW)) == 2
    lose()
    renamed = alert(9, article="a1", story="made anew")
    assert outbox.record([renamed]) == []
    assert outbox.record([alert(1)]) == []
    assert send(outbox, LATER) == []


def test_reprints_of_a_story_that_was_told_before_the_loss_stay_told(outbox: RedisOutbox, lose: Lose) -> None:
    outbox.record([alert(1)])
    outbox.record([alert(1, article="reprint")])
    send(outbox, NOW)
    outbox.flush()
    lose()
    assert outbox.record([alert(9, article="reprint", story="anew")]) == []
    assert outbox.record([alert(9, article="a third print", story="anew")]) == []
    outbox.flush()
    lose()
    assert outbox.record([alert(10, article="a third print", story="anew again")]) == []
    assert send(outbox, LATER) == []


def test_what_was_not_sent_goes_out_once_under_its_old_delivery_id(outbox: RedisOutbox, lose: Lose) -> None:
    outbox.record([alert(1)])
    outbox.flush()
    before = sorted(f"{alert(1).id}-{channel}" for channel in alert(1).channels)
    lose()
    assert outbox.record([alert(9, article="a1", story="made anew")]) == []
    assert send(outbox, LATER) == before
    assert send(outbox, LATER + timedelta(days=1)) == []


def test_recovery_brings_back_what_waits_is_held_or_was_given_up(outbox: RedisOutbox, lose: Lose) -> None:
    outbox.record([alert(1, channels=("hook",)), alert(2, channels=("hook",))])
    outbox.record([alert(3, channels=("hook",), rule="daily", release=NOW + timedelta(minutes=30))])
    first, _ = sorted(outbox.due(now=NOW, limit=50, lease=60), key=lambda due: due.id)
    outbox.dead(first, "gone", now=NOW)
    outbox.flush()
    lose()
    assert outbox.recover(now=LATER) == 3
    assert outbox.recover(now=LATER) == 0
    assert [letter.reason for letter in outbox.dead_letters(limit=5)] == ["gone"]
    again = {due.extra["kind"]: due for due in outbox.due(now=LATER, limit=50, lease=60)}
    assert again["alert"].extra["delivery_id"] == f"{alert(2).id}-hook"
    assert [one.article for one in again["gathered"].extra["members"]] == ["a3"]


def test_what_was_held_for_a_digest_is_held_again_and_goes_as_one_message(outbox: RedisOutbox, lose: Lose) -> None:
    morning = NOW + timedelta(hours=19)
    outbox.record([alert(n, channels=("hook",), rule="daily", release=morning) for n in (1, 2)])
    outbox.flush()
    lose()
    assert outbox.recover(now=LATER) == 2
    outbox.record([alert(3, channels=("hook",), rule="daily", release=morning, at=LATER)])
    assert send(outbox, morning - timedelta(minutes=1)) == []
    (digest,) = outbox.due(now=morning, limit=50, lease=60)
    assert sorted(one.article for one in digest.extra["members"]) == ["a1", "a2", "a3"]
    outbox.delivered(digest.id, "hook", at=morning)
    outbox.flush()
    lose()
    assert outbox.recover(now=morning) == 0
    assert outbox.record([alert(1, channels=("hook",), rule="daily")]) == []


def test_a_digest_that_was_being_sent_keeps_its_delivery_id_and_who_has_it(outbox: RedisOutbox, lose: Lose) -> None:
    outbox.record([alert(n, rule="daily", release=LATER) for n in (1, 2)])
    begun = {due.channels[0]: due for due in outbox.due(now=LATER, limit=50, lease=60)}
    outbox.delivered(begun["desk"].id, "desk", at=LATER)
    outbox.flush()
    lose()
    assert outbox.recover(now=LATER) == 2
    (again,) = outbox.due(now=LATER + timedelta(minutes=1), limit=50, lease=60)
    assert (again.channels, again.extra["delivery_id"]) == (("hook",), begun["hook"].extra["delivery_id"])
    assert again.extra["interrupted"]
    outbox.delivered(again.id, "hook", at=LATER)
    assert {found.extra["state"] for found in outbox.history(limit=5)} == {"sent"}


def test_a_throttled_rule_is_throttled_on(outbox: RedisOutbox, lose: Lose) -> None:
    def told(number: int, minutes: int, rule: str) -> Alert:
        return alert(number, channels=("hook",), rule=rule, throttle=7200.0, at=NOW + timedelta(minutes=minutes))

    outbox.record([told(1, 0, "held"), told(2, 0, "silent")])
    assert len(send(outbox, NOW)) == 2
    outbox.record([told(3, 1, "held"), told(4, 2, "held")])
    outbox.flush()
    refresh(outbox)
    lose()
    assert outbox.recover(now=LATER) == 2
    outbox.record([told(5, 62, "held"), told(6, 62, "silent")])
    assert send(outbox, LATER + timedelta(minutes=50)) == []
    found = outbox.due(now=NOW + timedelta(hours=3), limit=50, lease=60)
    assert {due.rule: [one.article for one in due.extra["members"]] for due in found} == {
        "held": ["a3", "a4", "a5"],
        "silent": ["a6"],
    }


def test_a_sender_that_had_begun_is_told_apart_after_a_loss(outbox: RedisOutbox, lose: Lose) -> None:
    outbox.record([alert(1, channels=("hook",))])
    outbox.due(now=NOW, limit=50, lease=60)
    lose()
    outbox.recover(now=NOW)
    (again,) = outbox.due(now=LATER, limit=50, lease=60)
    assert again.extra["interrupted"]
    assert again.extra["delivery_id"] == f"{alert(1).id}-hook"


def test_history_and_acknowledgement_survive(outbox: RedisOutbox, lose: Lose) -> None:
    outbox.record([alert(1), alert(2, rule="other", at=NOW + timedelta(minutes=1))])
    send(outbox, NOW)
    assert outbox.ack(alert(1).id, "mona", at=NOW)
    outbox.flush()
    refresh(outbox)
    lose()
    kept = outbox.history(limit=10)
    assert [found.id for found in kept] == [alert(2).id, alert(1).id]
    assert kept[1].extra["acked"].endswith(" mona")
    assert kept[1].delivered_at == NOW
    assert [found.id for found in outbox.history(limit=10, rule="other")] == [alert(2).id]
    assert outbox.resend(alert(1).id, "hook", now=LATER)
    assert send(outbox, LATER) == [f"{alert(1).id}-hook-1"]


def test_a_burst_that_was_told_is_not_told_again_when_its_counts_are_lost(outbox: RedisOutbox, lose: Lose) -> None:
    burst = alert(1, story="", extra={"pause": 7200.0})
    assert outbox.record([burst])
    send(outbox, NOW)
    refresh(outbox)
    lose()
    assert outbox.record([replace(burst, id=f"{7:032x}", article="a7", at=LATER)]) == []
    assert send(outbox, LATER) == []
    assert outbox.record([replace(burst, id=f"{8:032x}", article="a8", at=NOW + timedelta(hours=3))])


def refresh(outbox: RedisOutbox) -> None:
    mirror = outbox._mirror
    assert mirror is not None
    if isinstance(mirror.history, ElasticAlerts):
        mirror.history.client.indices.refresh(index=mirror.history.index)


def test_while_the_index_is_away_what_changed_stays_noted(
    redis_client: redis.Redis, unique_name: str, history: AlertHistory
) -> None:
    class Away:
        """A history that is away: every call is a `Retry`."""

        def put(self, records: object) -> None:
            raise Retry("away", burn_attempt=False)

        def get(self, ids: object) -> dict[str, object]:
            raise Retry("away", burn_attempt=False)

    away = RedisOutbox(redis_client, unique_name, AlertSettings(), Away())  # type: ignore[arg-type]
    with pytest.raises(Retry):
        away.record([alert(1)])
    back = RedisOutbox(redis_client, unique_name, AlertSettings(), history)
    assert back.record([alert(1)])
    assert len(away.due(now=NOW, limit=50, lease=60)) == 2  # sending does not wait for the index
    back.flush()
    assert history.get([alert(1).id])[alert(1).id].deliveries == {"desk": "sending", "hook": "sending"}


def test_an_older_copy_of_a_record_changes_nothing(history: AlertHistory, outbox: RedisOutbox) -> None:
    outbox.record([alert(1)])
    outbox.flush()
    kept = history.get([alert(1).id])[alert(1).id]
    history.put([replace(kept, version=kept.version + 5, state="sent"), replace(kept, version=kept.version + 4)])
    assert history.get([alert(1).id])[alert(1).id].state == "sent"


def test_a_digest_that_went_out_marks_each_of_its_alerts(outbox: RedisOutbox, history: AlertHistory) -> None:
    held = [alert(n, channels=("hook",), release=NOW + timedelta(minutes=30)) for n in (1, 2)]
    outbox.record(held)
    outbox.flush()
    assert {history.get([one.id])[one.id].state for one in held} == {"held"}
    send(outbox, LATER)
    assert {history.get([one.id])[one.id].state for one in held} == {"sent"}
    assert _deliveries(history, held) == [{"hook": "sent"}] * 2


def _deliveries(history: AlertHistory, alerts: list[Alert]) -> list[dict[str, str]]:
    return [dict(history.get([one.id])[one.id].deliveries) for one in alerts]
