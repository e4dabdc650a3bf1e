"""When a feed is asked next: arithmetic over what its polls showed. Pure; the clock and chance are arguments.

The interval aims at one new entry a poll, so that an article is found within about half the feed's own rhythm, and is
held below the time in which the feed's fastest burst so far would push entries off its end. It moves by bounded
factors, because one poll says little. Then come, in this order: the bounds of settings or feed, what the feed asks for
(ttl, Cache-Control, skipHours …: a guest obeys even where it costs delay), and a jitter that only ever lengthens.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from workers.model import Feed
from workers.poll.hints import Hints
from workers.settings import PollSettings

WEEK = 7 * 86400.0
MEMORY = 3 * 86400.0
"""Seconds after which an observation of the rate counts 1/e: it bridges a night and still sees a week-end."""
PEAK_MEMORY = WEEK
"""The same for the fastest burst."""
LONGER, SHORTER = 1.5, 0.5
"""Most that one poll lengthens or shortens the interval."""
BURST_SHARE = 0.4
"""Of the feed's length that its fastest burst may push through between two polls."""
BURST_ASSUMED = 8.0
"""Times the mean rate: a burst that is reckoned with before one was seen (`rasid bench fortnight` bears it out)."""
PER_POLL = 1.0
"""New entries a poll that the interval aims at."""
MOSTLY_NEW = 2 / 3
"""A poll with this share of new entries has nearly missed some: Media Cloud shortens at the same share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What is believed of a feed's rhythm. Rates are entries a second."""

    rate: float = 0.0
    peak: float = 0.0
    known: float = 0.0
    """Seconds of observation behind `rate`, at most `MEMORY`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One successful poll: entries offered, those not in the poll before, seconds since that one."""

    offered: int
    fresh: int
    since: float
    gap: bool = False
    """Nothing was shared with the poll before: entries may have been missed."""


def first_rhythm(dates: Collection[datetime], now: datetime) -> Rhythm:
    """A guess from the dates that a feed's entries carry, before it was ever polled twice."""
    past = sorted(date for date in dates if date <= now)
    if len(past) < 2:
        return Rhythm()
    span = max((now - past[0]).total_seconds(), 600.0)
    return Rhythm(rate=len(past) / span, peak=len(past) / span, known=min(span, MEMORY / 3))


def learn(rhythm: Rhythm, seen: Seen) -> Rhythm:
    """The rhythm after one more poll: rate and peak fade with time, an observation weighs by its length."""
    since = max(seen.since, 1.0)
    fade = math.exp(-since / MEMORY)
    known = rhythm.known * fade
    rate = (rhythm.rate * known + seen.fresh) / (known + since)
    burst = seen.fresh / since if seen.fresh > 1 else 0.0
    peak = max(rhythm.peak * math.exp(-since / PEAK_MEMORY), burst, rate)
    return replace(rhythm, rate=rate, peak=peak, known=min(known + since, MEMORY))


def next_interval(interval: float, rhythm: Rhythm, seen: Seen, *, least: float, most: float) -> float:
    """Seconds to leave before the next poll, before hints and jitter; between `least` and `most`."""
    target = PER_POLL / rhythm.rate if rhythm.rate > 0 else most
    target = min(target, unseen_after(rhythm, seen.offered))
    if seen.gap or (seen.offered > 1 and seen.fresh >= MOSTLY_NEW * seen.offered):
        target = min(target, interval * SHORTER)
    moved = min(max(target, interval * SHORTER), interval * LONGER)
    return min(max(moved, least), most)


def unseen_after(rhythm: Rhythm, offered: int) -> float:
    """Seconds in which a burst could push the allowed share of a feed of `offered` entries off its end."""
    burst = max(rhythm.peak, BURST_ASSUMED * rhythm.rate)
    return BURST_SHARE * offered / burst if burst > 0 and offered > 0 else float("inf")


def bounds(feed: Feed, settings: PollSettings) -> tuple[float, float]:
    """Least and most interval of a feed: its own where it has them, else those of settings."""
    least = feed.min_interval if feed.min_interval is not None else settings.min_interval
    most = feed.max_interval if feed.max_interval is not None else settings.max_interval
    return least, max(least, most)


def next_check(now: datetime, interval: float, hints: Hints, settings: PollSettings, rng: Random) -> datetime:
    """The moment of the next poll after a success: hints obeyed up to `feed_may_ask`, hours that the feed skips passed
    over, jitter added."""
    wait = max(interval, min(hints.least_wait, settings.feed_may_ask))
    return _not_skipped(now + timedelta(seconds=wait * _jitter(settings, rng)), hints)


def after_failure(
    now: datetime,
    interval: float,
    errors: float,
    settings: PollSettings,
    rng: Random,
    *,
    asked: float | None = None,
) -> datetime:
    """The moment of the next try: linear in the weighted failures up to a day, then by days up to thirty; never never.
    `asked`: a Retry-After in seconds, obeyed where it is longer."""
    if errors < settings.dead_after:
        wait = min(max(interval, settings.first_interval) * (1 + errors), settings.backoff_most)
    else:
        wait = min(settings.backoff_most * (1 + errors - settings.dead_after), settings.dead_interval)
    wait = max(wait, min(asked or 0.0, settings.feed_may_ask))
    return now + timedelta(seconds=wait * _jitter(settings, rng))


def _jitter(settings: PollSettings, rng: Random) -> float:
    return 1 + settings.jitter * rng.random()


def _not_skipped(moment: datetime, hints: Hints) -> datetime:
    """The first moment from `moment` on that falls in no skipped hour and day (UTC, as RSS says)."""
    if len(hints.skip_hours) >= 24 or len(hints.skip_days) >= 7:
        return moment  # a feed that is never to be asked has made a mistake
    moment = moment.astimezone(UTC)
    while moment.weekday() in hints.skip_days or moment.hour in hints.skip_hours:
        moment = moment.replace(minute=moment.minute % 5, second=0, microsecond=0) + timedelta(hours=1)
    return moment
