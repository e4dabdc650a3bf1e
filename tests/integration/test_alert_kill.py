"""Workers that record and send die at random moments: every alert is recorded once and arrives once a channel."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from tests.integration.test_alert_delivery import Hook, alert, hook, sender, webhook
from workers.alert.deliver import deliver_due
from workers.settings import AlertSettings
from workers.store.outbox import RedisOutbox

__all__ = ["hook"]  # the fixture

SETTINGS = AlertSettings(lease=0.3, backoff_first=0.1, backoff_most=0.2, attempts=100, breaker_failures=1000, batch=5)
ALERTS = 60
KILLS = 50


def work(redis_url: str, prefix: str, folder: Path, receiver: Hook) -> None:
    """What a worker does: records what it matched (again, when it was killed before), sends what is due."""
    outbox = RedisOutbox(redis.Redis.from_url(redis_url), prefix, SETTINGS)
    sending = sender(folder, webhook(receiver))
    numbers = list(range(ALERTS))
    random.Random(os.getpid()).shuffle(numbers)
    now = datetime.now(UTC)
    for number in numbers:
        outbox.record([alert("hook", number)])
        if number % 5 == 0:
            deliver_due(outbox, sending, SETTINGS)
    while (datetime.now(UTC) - now).total_seconds() < 20:
        deliver_due(outbox, sending, SETTINGS)
        time.sleep(0.01)


def kill_at_random(target: Callable[[], None], chance: random.Random) -> None:
    process = multiprocessing.get_context("fork").Process(target=target, daemon=True)
    process.start()
    time.sleep(chance.uniform(0.005, 0.12))
    assert process.pid is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.join(10)


@pytest.mark.slow
def test_fifty_killed_workers_lose_and_double_nothing(
    redis_url: str, redis_client: redis.Redis, unique_name: str, tmp_path: Path, hook: Hook
) -> None:
    chance = random.Random(7)
    for _ in range(KILLS):
        kill_at_random(lambda: work(redis_url, unique_name, tmp_path, hook), chance)
    outbox = RedisOutbox(redis_client, unique_name, SETTINGS)
    for number in range(ALERTS):
        outbox.record([alert("hook", number)])
    deadline = time.monotonic() + 60
    while outbox.counts()["due"] and time.monotonic() < deadline:
        deliver_due(outbox, sender(tmp_path, webhook(hook)), SETTINGS)
        time.sleep(0.02)
    wanted = {f"{alert('hook', number).id}-hook" for number in range(ALERTS)}
    assert outbox.counts() == {"recorded": ALERTS, "due": 0, "dead": 0}
    assert set(hook.seen) == wanted
    assert {a.extra["deliveries"]["hook"] for a in outbox.history(limit=ALERTS)} == {"sent"}
    assert hook.calls < ALERTS + KILLS * (SETTINGS.batch + 1)  # what repeats, repeats only what a killed sender held
