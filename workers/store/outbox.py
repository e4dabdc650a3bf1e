"""The outbox in Redis (`ports.Outbox`): an alert is recorded before it is sent and settled after.

Recorded at most once a rule and story: the row is made where there is none, in one script with the mark that the
article has met the rule, so that neither a task run twice nor an article made again under another story id alerts
twice. A delivery is a pair of alert and channel with a lease: a sender that dies leaves it to the next one after the
lease. Delivery is therefore at least once; `delivery_id` is the same each time, for receivers that can tell the repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import redis

from workers.alert.ids import alert_id
from workers.alert.timing import backoff
from workers.errors import Retry
from workers.model import Alert, dump, load
from workers.ports import AlertHistory
from workers.settings import AlertSettings
from workers.store import outbox_scripts as scripts
from workers.store.outbox_mirror import Mirror
from workers.store.outbox_rows import Delivery, Rows, as_alert, deliveries_of
from workers.store.times import from_ms, to_ms


class RedisOutbox:
    """`ports.Outbox` on one Redis with an append-only file."""

    def __init__(
        self, client: redis.Redis, prefix: str, settings: AlertSettings, history: AlertHistory | None = None
    ) -> None:
        """`history`: where alerts are remembered should this Redis lose everything; None: nowhere (trials)."""
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._prefix = prefix
        self._settings = settings
        self._rows = Rows(client, prefix)
        self._mirror = Mirror(client, prefix, history, keep=settings.keep) if history is not None else None
        self._keep = int(settings.keep * 1000)
        self._record = client.register_script(scripts.RECORD)
        self._claim = client.register_script(scripts.CLAIM)
        self._settle = client.register_script(scripts.SETTLE)
        self._resend = client.register_script(scripts.RESEND)
        self._ack = client.register_script(scripts.ACK)
        self._failed = client.register_script(scripts.FAILED)

    # --- keys ---

    def _key(self, *parts: str) -> str:
        return self._rows.key(*parts)

    def _row(self, alert: str) -> str:
        return self._rows.row(alert)

    @property
    def _due(self) -> str:
        return self._key("alerts", "due")

    @property
    def _dead(self) -> str:
        return self._key("alerts", "dead")

    @property
    def _history(self) -> str:
        return self._key("alerts", "history")

    # --- recording ---

    def record(self, alerts: Iterable[Alert]) -> list[Alert]:
        """Write those that are not known; returns the new ones. Safe to repeat.

        Raises `Retry` where only the index can say whether an alert is known, and it is away.
        """
        alerts = list(alerts)
        if self._mirror is not None:
            self._mirror.recall(alerts, mark_of)
        new = [alert for alert in alerts if self._write(alert)]
        if new:
            oldest = to_ms(new[0].at) - self._keep
            self._redis.zremrangebyscore(self._history, "-inf", oldest)
        return new

    def _write(self, alert: Alert) -> bool:
        mark = self._key("fired", alert.rule, alert.article) if alert.story else ""
        keys = [self._row(alert.id), mark, self._due, self._history]
        keys += [self._key("throttle", alert.rule), self._key("snooze", alert.rule)]
        follow = self._settings.follow_up_after if alert.extra.get("follow_up") else 0
        release = to_ms(alert.release) if alert.release else 0
        arguments: list[Any] = [to_ms(alert.at), alert.id, dump(alert), alert.rule, " ".join(alert.channels), release]
        arguments += [int(alert.throttle * 1000), self._keep, self._prefix, int(follow * 1000)]
        arguments += [mark_of(alert), alert.article]
        return bool(self._record(keys=keys, args=arguments))

    # --- sending ---

    def waiting(self, *, now: datetime) -> int:
        """How many deliveries are due at `now`."""
        return int(self._redis.zcount(self._due, "-inf", to_ms(now)))

    def due(self, *, now: datetime, limit: int, lease: float) -> list[Alert]:
        """Take up to `limit` deliveries that are due, for `lease` seconds; each names the one channel it is for.

        `extra` says `attempt` (1 is the first), `delivery_id`, `interrupted` (an earlier sender died at it, and may
        have sent it), `kind` (`alert`, `gathered` or `follow`) and `members`, the alerts in a gathered one.
        Channels whose circuit breaker is open are left out.
        """
        closed = sorted(name for name, until in self.breakers().items() if until > now)
        lease_end = to_ms(now) + int(lease * 1000)
        found = self._claim(keys=[self._due], args=[to_ms(now), limit, lease_end, self._prefix, *closed])
        if found:
            self.flush()
        return [_due_alert(row) for row in found]

    def delivered(self, alert: str, channel: str, *, at: datetime) -> None:
        """The channel took it. Repeating changes nothing."""
        self._settled(alert, channel, "sent", at=at)
        self._redis.delete(self._key("breaker", channel))

    def retry(self, alert: Alert, reason: str, *, now: datetime, after: float | None = None, burn: bool = True) -> str:
        """Try the delivery again later, or end it as dead after the last attempt; returns the new state.

        `burn` False gives the attempt back and tells nothing of the channel.
        """
        channel = alert.channels[0]
        attempt = int(alert.extra.get("attempt", 1))
        if burn:
            self._channel_failed(channel, now)
        if burn and attempt >= self._settings.attempts:
            self.dead(alert, reason, now=now)
            return "dead"
        wait = backoff(attempt, first=self._settings.backoff_first, most=self._settings.backoff_most)
        at = to_ms(now) + int(max(wait, after or 0.0) * 1000)
        self._settled(alert.id, channel, "waiting", at=now, reason=reason, again=at, back=int(not burn))
        return "waiting"

    def dead(self, alert: Alert, reason: str, *, now: datetime) -> None:
        """Give the delivery up until a person asks for it (`resend`)."""
        self._settled(alert.id, alert.channels[0], "dead", at=now, reason=reason)

    def _settled(
        self, alert: str, channel: str, state: str, *, at: datetime, reason: str = "", again: int = 0, back: int = 0
    ) -> None:
        keys = [self._row(alert), self._due, self._dead]
        self._settle(keys=keys, args=[alert, channel, state, to_ms(at), reason, again, back, self._prefix])

    # --- the circuit breaker of a channel ---

    def _channel_failed(self, channel: str, now: datetime) -> None:
        s = self._settings
        numbers = [s.breaker_failures, int(s.breaker_first * 1000), int(s.breaker_most * 1000), 86_400_000]
        if self._failed(keys=[self._key("breaker", channel)], args=[to_ms(now), *numbers]):
            self._redis.sadd(self._key("breakers"), channel)

    def breakers(self) -> dict[str, datetime]:
        """Channels that failed again and again, and until when they are left alone."""
        found: dict[str, datetime] = {}
        for channel in self._redis.smembers(self._key("breakers")):
            until = self._redis.hget(self._key("breaker", channel.decode()), "open_until")
            if until is None:
                self._redis.srem(self._key("breakers"), channel)
            else:
                found[channel.decode()] = from_ms(until)
        return found

    # --- the index ---

    def flush(self) -> None:
        """Let the index know what changed; while it is away, that stays noted."""
        if self._mirror is not None:
            self._mirror.flush_if_possible()

    def recover(self, *, now: datetime) -> int:
        """After a loss of Redis, put back what was still to be sent; how many alerts. Raises `Retry`."""
        return self._mirror.recover(now) if self._mirror is not None else 0

    # --- for people ---

    def history(self, *, limit: int, rule: str | None = None) -> list[Alert]:
        """The latest alerts, newest first; `extra["deliveries"]` says how each stands with each channel.

        Those that only the index still knows are among them.
        """
        found = {alert.id: alert for alert in self._known(limit, rule)}
        if self._mirror is not None:
            with suppress(Retry):  # the index is away: what Redis knows is shown
                for record in self._mirror.history.latest(limit=limit, rule=rule):
                    found.setdefault(record.id, as_alert(record))
        return sorted(found.values(), key=lambda alert: alert.at, reverse=True)[:limit]

    def _known(self, limit: int, rule: str | None) -> Iterator[Alert]:
        """The latest alerts in Redis."""
        for start in range(0, self._redis.zcard(self._history), 200):
            for alert in self._redis.zrevrange(self._history, start, start + 199):
                record = self._rows.record(alert.decode())
                if record is not None and rule in {None, record.rule}:
                    yield as_alert(record)
                    limit -= 1
                if limit <= 0:
                    return

    def get(self, alert: str) -> Alert | None:
        """One alert as `history` gives it; one that only the index knows comes back to Redis."""
        record = self._rows.record(alert)
        if record is None and self._mirror is not None:
            record = self._mirror.history.get([alert]).get(alert)
            if record is not None:
                self._mirror.restore(record)
        return None if record is None or record.alert is None else as_alert(record)

    def dead_letters(self, *, limit: int) -> list[Delivery]:
        """Deliveries that were given up, newest first."""
        found = []
        for member in self._redis.zrevrange(self._dead, 0, limit - 1):
            alert, channel = member.decode().split(" ")
            found += [d for d in deliveries_of(alert, self._rows.fields(alert)) if d.channel == channel]
        return found

    def resend(self, alert: str, channel: str, *, now: datetime) -> bool:
        """Make the delivery due again, attempts counted anew; False when there is no such alert."""
        if self.get(alert) is None and not self._redis.exists(self._row(alert)):
            return False
        held = self._redis.hget(self._row(alert), "held")
        alert = held.decode() if held else alert
        keys = [self._row(alert), self._due, self._dead]
        return bool(self._resend(keys=keys, args=[alert, channel, to_ms(now), self._prefix]))

    def ack(self, alert: str, by: str, *, at: datetime) -> bool:
        """Note that a person has seen it; False when there is no such alert."""
        if self.get(alert) is None:
            return False
        text = f"{at.isoformat()} {by}"
        return bool(self._ack(keys=[self._row(alert)], args=[alert, text, to_ms(at), self._prefix]))

    def snooze(self, rule: str, until: datetime, *, now: datetime) -> None:
        """Until then alerts of `rule` are recorded and not sent. A time that has passed ends the snooze."""
        left = to_ms(until) - to_ms(now)
        if left > 0:
            self._redis.set(self._key("snooze", rule), to_ms(until), px=left)
        else:
            self._redis.delete(self._key("snooze", rule))

    def snoozed(self, rule: str) -> datetime | None:
        """Until when `rule` is snoozed."""
        until = self._redis.get(self._key("snooze", rule))
        return from_ms(until) if until else None

    def counts(self) -> dict[str, int]:
        """`recorded`, `due` (deliveries that wait) and `dead`."""
        return {
            "recorded": self._redis.zcard(self._history),
            "due": self._redis.zcard(self._due),
            "dead": self._redis.zcard(self._dead),
        }


def mark_of(alert: Alert) -> str:
    """The id of the record that says that `alert.article` met `alert.rule`, whatever its story is called."""
    return alert_id(alert.rule, alert.article)


def _due_alert(found: Any) -> Alert:
    """The answer of one `CLAIM` as an alert; a gathered or follow row has no alert of its own, only members."""
    *texts, attempt, before, again, parts = found
    row, channel, kind, body, rule, at = (text.decode() for text in texts)
    facts: dict[str, Any] = {
        "attempt": attempt,
        "delivery_id": "-".join(filter(None, (row, channel, again.decode()))),
        "interrupted": before == b"sending",
        "kind": kind,
    }
    if body:
        alert = load(Alert, body)
        return replace(alert, channels=(channel,), extra={**alert.extra, **facts})
    members = [load(Alert, part) for part in parts]
    facts["members"] = members
    article = members[0].article if members else ""
    return Alert(id=row, rule=rule, article=article, at=from_ms(at), channels=(channel,), extra=facts)
