"""Rules that look at more than one article: frequency, spike, new name, silence, change.

Times are those at which articles were first seen, so that a task run twice decides the same. What was counted is kept
behind `Memory`; the ids of alerts come from what they are told once about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from workers.alert.changes import MOST, edits, summary, text_of
from workers.alert.ids import alert_id
from workers.alert.spike import Window, is_spike, reference_starts
from workers.model import Alert, AlertRule, Article

PAUSE = "pause"
"""In an alert's facts: the seconds in which its rule speaks once, whatever article it is about."""
LEARN = 20
"""Articles that a `new_name` rule sees before it speaks, unless `least` says more: at first every name is new."""
SPIKE_PAUSE = 6 * 3600.0
"""Seconds in which one burst is told once."""
SHARE_OF_OUTAGE = 0.3
"""A silent rule is not told while all outlets together bring less than this share of the day before."""


class Memory(Protocol):
    """What earlier articles left behind. Every call may be repeated."""

    def saw(self, rule: str, article: str, at: datetime) -> None:
        """`article` met `rule`."""

    def count(self, rule: str, low: datetime, high: datetime) -> int:
        """Articles that met `rule` in low < t <= high; `rule` "*": all articles."""

    def first(self, rule: str) -> datetime | None:
        """When an article first met `rule`, as far back as is kept."""

    def last(self, rule: str) -> datetime | None:
        """When an article last met `rule`."""

    def claim(self, topic: str, by: str, at: datetime, seconds: float) -> bool:
        """Whether `by` is the one to speak of `topic` for so long from `at`; the same `by` may ask again."""

    def new_names(self, rule: str, names: Iterable[str], article: str) -> list[str]:
        """Those of `names` that no other article brought to `rule` before."""

    def text_before(self, article: str, revision: int) -> str | None:
        """The text of the latest revision before this one that was kept."""

    def keep_text(self, article: str, revision: int, text: str) -> None:
        """Keep the text for later revisions."""


def judge(rule: AlertRule, article: Article, base: Alert, memory: Memory) -> list[Alert]:
    """The alerts of a rule of a counting kind that `article` meets; `base` is what a `match` rule would tell."""
    at = article.first_seen_at
    if rule.kind == "change":
        return _change(article, base, memory)
    memory.saw(rule.id, article.id, at)
    match rule.kind:
        case "frequency":
            return _frequency(rule, article, base, memory)
        case "spike":
            return _spike(rule, article, base, memory)
        case "new_name":
            return _new_names(rule, article, base, memory)
    return []


def _frequency(rule: AlertRule, article: Article, base: Alert, memory: Memory) -> list[Alert]:
    at = article.first_seen_at
    number = memory.count(rule.id, at - timedelta(seconds=rule.window), at)
    if number < rule.least or not memory.claim(f"frequency:{rule.id}", article.id, at, rule.window):
        return []
    told = _told(base, "frequency", article.id, f"{number} / {_span(rule.window)}")
    return [replace(told, extra={**told.extra, PAUSE: rule.window})]


def _spike(rule: AlertRule, article: Article, base: Alert, memory: Memory) -> list[Alert]:
    end = article.first_seen_at
    now = _window(rule, memory, end)
    if now.count < rule.least:
        return []
    ends = reference_starts(end, ZoneInfo(rule.timezone))
    known_since = memory.first("*")
    earlier = [_window(rule, memory, before) for before in ends if known_since is not None and before > known_since]
    if not is_spike(now, earlier, factor=rule.factor, least=rule.least):
        return []
    if not memory.claim(f"spike:{rule.id}", article.id, end, max(rule.window, SPIKE_PAUSE)):
        return []
    usual = sum(window.count for window in earlier) / len(earlier)
    told = _told(base, "spike", article.id, f"{now.count} / {_span(rule.window)} (\u2248 {usual:.1f})")
    return [replace(told, extra={**told.extra, PAUSE: max(rule.window, SPIKE_PAUSE)})]


def _window(rule: AlertRule, memory: Memory, end: datetime) -> Window:
    low = end - timedelta(seconds=rule.window)
    return Window(memory.count(rule.id, low, end), memory.count("*", low, end))


def _new_names(rule: AlertRule, article: Article, base: Alert, memory: Memory) -> list[Alert]:
    wanted = {m.entity: m.surface for m in article.mentions if m.entity and (not rule.names or m.kind in rule.names)}
    new = memory.new_names(rule.id, wanted, article.id)
    seen = memory.count(rule.id, article.first_seen_at - timedelta(days=366), article.first_seen_at)
    if seen <= max(LEARN, rule.least):
        return []
    return [_told(base, "name", entity, wanted[entity]) for entity in new]


def _change(article: Article, base: Alert, memory: Memory) -> list[Alert]:
    """An edit, or the page's deletion, once each. A state that an earlier one is not known of is no edit."""
    if article.deleted_at is not None:
        told = _told(base, "deleted", article.id, "")
        return [replace(told, extra={**told.extra, "deleted": article.deleted_at.isoformat()})]
    text = text_of(article)
    before = memory.text_before(article.id, article.revision)
    memory.keep_text(article.id, article.revision, text)
    found = edits(before, article) if before is not None else []
    if not found:
        return []
    told = _told(base, f"change {article.revision}", article.id, summary(found))
    return [replace(told, extra={**told.extra, "edits": found[:MOST], "edited": len(found)})]


def silences(rules: Sequence[AlertRule], memory: Memory, now: datetime) -> list[Alert]:
    """The alerts of `silence` rules that nothing has met for their window, once a silence.

    Not while all outlets together are nearly silent: then the fault is ours, or the day's.
    """
    found = []
    for rule in rules:
        last = memory.last(rule.id)
        window = timedelta(seconds=rule.window)
        if last is None or now - last < window or _outage(memory, now, window):
            continue
        reason = f"{rule.name or rule.id}: 0 / {_span(rule.window)}"
        blank = Alert(id="", rule=rule.id, article="", at=now, channels=rule.channels, throttle=rule.throttle)
        facts: dict[str, Any] = {
            "name": rule.name or rule.id,
            "query": rule.query,
            "severity": rule.severity,
            "title": reason,
        }
        facts |= {"rule_kind": rule.kind, "owner": rule.owner, "labels": list(rule.labels)}
        alert = replace(blank, extra={**facts, "first_seen": last.isoformat()})
        found.append(_told(alert, "silence", last.isoformat(), reason))
    return found


def _outage(memory: Memory, now: datetime, window: timedelta) -> bool:
    day = timedelta(days=1)
    usual = memory.count("*", now - day - window, now - day)
    return memory.count("*", now - window, now) < SHARE_OF_OUTAGE * usual


def _told(base: Alert, kind: str, about: str, reason: str) -> Alert:
    return replace(base, id=alert_id(base.rule, kind, about), story="", reason=reason)


def _span(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:g} h" if hours >= 1 else f"{seconds / 60:g} min"
