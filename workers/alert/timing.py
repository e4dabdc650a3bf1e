"""When an alert may go: quiet hours, digests, follow-ups' and retries' waits. Arithmetic on given times only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from workers.model import AlertRule, QuietHours


def release(rule: AlertRule, now: datetime) -> datetime | None:
    """The moment that an alert of `rule`, made at `now`, is held to; None: it may go at once.

    A digest's next time comes first; where it falls into quiet hours, their end counts. High severity is not held by
    quiet hours: that is what severity is for.
    """
    zone = ZoneInfo(rule.timezone)
    held = next_digest(rule.digest, now, zone) if rule.digest else None
    if rule.quiet is None or rule.severity == "high":
        return held
    return quiet_until(rule.quiet, held or now, zone) or held


def next_digest(cron: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The first time of `cron` (local to `zone`) after `now`, in UTC."""
    return next(CronSim(cron, now.astimezone(zone))).astimezone(UTC)


def quiet_until(quiet: QuietHours, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The end, in UTC, of the quiet that `at` falls into; None outside of it. Start and end are wall-clock times."""
    local = at.astimezone(zone)
    for days_back in (0, 1):
        begins = (local - timedelta(days=days_back)).date()
        if begins.weekday() not in quiet.weekdays:
            continue
        midnight = datetime(begins.year, begins.month, begins.day, tzinfo=zone)
        start = midnight + timedelta(minutes=quiet.start)
        end = midnight + timedelta(minutes=quiet.end, days=int(quiet.end <= quiet.start))
        if start <= local < end:
            return end.astimezone(UTC)
    return None


def backoff(attempt: int, *, first: float, most: float) -> float:
    """Seconds to wait after failed attempt number `attempt` (1, 2, …): `first`, then four times more, at most `most`.

    With 30 s and 12 h: 0.5, 2, 8, 32 min, 2.1, 8.5, 12 h; the eighth attempt comes 23.4 h after the first.
    """
    return float(min(most, first * 4 ** (attempt - 1)))
