"""What the outbox owes the index: every alert and mark is written there, and asked there when Redis knows nothing.

Redis decides and may be lost; the index remembers. Each script that changes a row notes it in `P:alerts:dirty`;
`flush` writes those rows as records. Before an alert is recorded that Redis has never heard of, `recall` looks for
its record by id and by the mark of its article (story ids are made anew after a loss), and puts the row back as it was:
what was sent stays sent, what was not is due again under its old delivery id. `recover` does so for everything that was
still to be sent, and holds again what was held. Order matters: a delivery is flushed as `sending` before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import redis
import structlog

from workers.alert.kinds import PAUSE
from workers.errors import Retry
from workers.model import Alert, dump
from workers.ports import AlertHistory, AlertRecord
from workers.store import outbox_scripts as scripts
from workers.store.outbox_rows import Rows
from workers.store.times import from_ms, to_ms

log = structlog.get_logger("rasid")

BATCH = 500


class Mirror:
    """One outbox and the history beside it."""

    def __init__(self, client: redis.Redis, prefix: str, history: AlertHistory, *, keep: float) -> None:
        self._rows = Rows(client, prefix)
        self._redis: Any = client
        self._history = history
        self._keep = keep
        self._restore = client.register_script(scripts.RESTORE)
        self._hold = client.register_script(scripts.HOLD)
        self._seen = client.register_script(scripts.SEEN)

    @property
    def history(self) -> AlertHistory:
        return self._history

    @property
    def _dirty(self) -> str:
        return self._rows.key("alerts", "dirty")

    @property
    def _whole(self) -> str:
        """Missing: this Redis is new, or lost what it knew."""
        return self._rows.key("alerts", "whole")

    # --- to the index --------------------------------------------------------------------------------------------

    def flush(self) -> int:
        """Write what changed; how many records. Raises `Retry` while the index is away: nothing is forgotten then."""
        written = 0
        while members := self._redis.zrange(self._dirty, 0, BATCH - 1, withscores=True):
            found = [(member.decode(), *self._records(member.decode(), from_ms(at))) for member, at in members]
            records = {record.id: record for *_, several in found for record in several}
            if records:
                self._history.put(list(records.values()))
            with self._redis.pipeline(transaction=False) as pipe:
                for member, version, _ in found:
                    self._seen(keys=[self._rows.row(member), self._dirty], args=[member, version], client=pipe)
                gone = sum(pipe.execute())
            written += len(records)
            if gone == 0:  # each changed while it was written: the next call sees to them
                break
        return written

    def _records(self, member: str, at: datetime) -> tuple[int, list[AlertRecord]]:
        """The version of a noted row, read before the row itself, and what the index is to keep of it."""
        if member.startswith("M "):
            _, id_, told, rule, article = member.split(" ", 4)
            return 0, [AlertRecord(id=id_, told=told, rule=rule, article=article, at=at)]
        version = int(self._redis.hget(self._rows.row(member), "v") or 0)
        if (record := self._rows.record(member)) is not None:
            return version, [record]
        gathered = (self._rows.record(alert.id) for alert in self._rows.members(member))
        return version, [record for record in gathered if record is not None]

    # --- from the index ------------------------------------------------------------------------------------------

    def recall(self, alerts: Iterable[Alert], mark_of: Callable[[Alert], str]) -> int:
        """Put back what the index knows of those that Redis has never heard of; how many. Raises `Retry`.

        `mark_of`: the id of the record that says that the alert's article met its rule.
        """
        strangers = self._strangers(list(alerts))
        if not strangers:
            return 0
        self._throttle_again(strangers)
        marks = {alert.id: mark_of(alert) for alert in strangers}
        known = self._history.get([id_ for alert in strangers for id_ in (alert.id, marks[alert.id])])
        told = {record.told for record in known.values()} - known.keys()
        known |= self._history.get(sorted(told))
        back = 0
        for alert in strangers:
            record = known.get(alert.id) or known.get(marks[alert.id]) or self._told_lately(alert)
            if record is not None:
                self._put_back(alert, record, record if record.alert is not None else known.get(record.told))
                back += 1
        return back

    def _told_lately(self, alert: Alert) -> AlertRecord | None:
        """Of a rule that counts: what it said within its pause, where Redis is younger than that and cannot know."""
        if PAUSE not in alert.extra:
            return None
        since = alert.at - timedelta(seconds=float(alert.extra[PAUSE]))
        if not self._is_younger(float(alert.extra[PAUSE]), alert.at):
            return None
        latest = self._history.latest(limit=1, rule=alert.rule)
        return latest[0] if latest and latest[0].at > since else None

    def _strangers(self, alerts: list[Alert]) -> list[Alert]:
        with self._redis.pipeline(transaction=False) as pipe:
            for alert in alerts:
                pipe.exists(self._rows.row(alert.id), self._rows.key("fired", alert.rule, alert.article))
            return [alert for alert, known in zip(alerts, pipe.execute(), strict=True) if not known]

    def _put_back(self, alert: Alert, record: AlertRecord, told: AlertRecord | None) -> None:
        if told is not None:
            self.restore(told)
        if record.told != alert.id:
            self._alias(alert, record)
        if record.alert is None and alert.story:
            mark = self._rows.key("fired", alert.rule, alert.article)
            self._redis.set(mark, record.told, px=int(self._keep * 1000), nx=True)

    def _alias(self, alert: Alert, record: AlertRecord) -> None:
        """The story has another name now; its further reprints are told already."""
        row = self._rows.row(alert.id)
        fields = {"same": record.told, "rule": alert.rule, "kind": "same", "channels": "", "at": to_ms(record.at)}
        note = " ".join(("M", alert.id, record.told, alert.rule, alert.article))
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(row, mapping=fields)
            pipe.pexpire(row, int(self._keep * 1000))
            pipe.zadd(self._dirty, {note: to_ms(record.at)})
            pipe.execute()

    def restore(self, record: AlertRecord) -> bool:
        """Make the row of `record` again where it is missing; whether it was."""
        if record.alert is None:
            return False
        rows, channels = self._rows, " ".join(record.alert.channels)
        keys = [rows.row(record.id), *(rows.key("alerts", name) for name in ("due", "dead", "history"))]
        arguments: list[Any] = [record.id, dump(record.alert), record.rule, channels, to_ms(record.at)]
        arguments += [int(self._keep * 1000), record.version, record.again, record.acked]
        arguments.append(int(record.state == "snoozed"))
        for channel, state in record.deliveries.items():
            arguments += [channel, state, record.reasons.get(channel, "")]
        return bool(self._restore(keys=keys, args=arguments))

    def recover(self, now: datetime) -> int:
        """After a loss of Redis: put back what was still to be sent; how many. Harmless, and nearly free, otherwise."""
        if self._redis.exists(self._whole):
            return 0
        back = 0
        for record in self._history.open(now - timedelta(seconds=self._keep)):
            held = record.state == "held" and self._hold_again(record, now)
            back += held or self.restore(record)
        self._redis.set(self._whole, now.isoformat())
        if back:
            log.warning("alerts put back after a loss of Redis", alerts=back)
        return back

    def _hold_again(self, record: AlertRecord, now: datetime) -> bool:
        """Hold an alert to the end of its digest, quiet hours or throttle; False where its message is on its way."""
        alert, rows, states = record.alert, self._rows, record.deliveries
        if alert is None or record.held_until is None:
            return False
        keys = [rows.row(record.id), rows.key("alerts", "history"), rows.key("alerts", "due")]
        keys.append(rows.key("throttle", record.rule))
        pending = " ".join(channel for channel, state in states.items() if state in {"waiting", "sending"})
        arguments: list[Any] = [record.id, dump(alert), record.rule, pending, to_ms(record.at), int(self._keep * 1000)]
        arguments += [record.version, record.acked, to_ms(record.held_until), rows.prefix, int(alert.throttle * 1000)]
        arguments += [to_ms(now), *(part for pair in states.items() for part in pair)]
        return bool(self._hold(keys=keys, args=arguments))

    def _throttle_again(self, alerts: list[Alert]) -> None:
        """A rule that has just spoken is throttled on, where this Redis is too young to know."""
        for alert in alerts:
            key = self._rows.key("throttle", alert.rule)
            if not alert.throttle or not self._is_younger(alert.throttle, alert.at) or self._redis.exists(key):
                continue
            told = [record.delivered_at for record in self._history.latest(limit=20, rule=alert.rule)]
            free = max(filter(None, told), default=alert.at) + timedelta(seconds=alert.throttle)
            left = int((free - alert.at).total_seconds() * 1000)
            if any(told) and left > 0:
                self._redis.set(key, f"{to_ms(free)} 0", px=left + int(alert.throttle * 2000), nx=True)

    def _is_younger(self, seconds: float, now: datetime) -> bool:
        """Whether this Redis may know nothing of what was `seconds` ago."""
        whole = self._redis.get(self._whole)
        return whole is None or datetime.fromisoformat(whole.decode()) > now - timedelta(seconds=seconds)

    def flush_if_possible(self) -> None:
        """`flush`; while the index is away, what changed stays noted."""
        try:
            self.flush()
        except Retry as away:
            log.info("alert history waits", reason=away.reason)
