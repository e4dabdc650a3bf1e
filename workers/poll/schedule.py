"""When a feed is asked next: arithmetic over what its polls showed. Pure; the clock and chance are arguments.

The interval aims at about one new entry a poll by the feed's own day (a newsroom sleeps), so that an article is found
within about half the feed's own rhythm. It is held below the time in which a burst (as fast as the fastest so far, or
twice what the last poll saw) could push entries off the feed's end. It moves by bounded factors, because one poll says
little. Then come, in this order: the bounds of settings or feed, what the feed asks for (ttl, Cache-Control, skipHours:
a guest obeys even where it costs delay), and a jitter that only ever lengthens.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
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
SAFETY = 3.6
"""Standard deviations between what a burst is expected to bring and what the feed can show: short feeds need more room
in proportion (10 entries may expect 2, 50 may expect 28). Entries are counted as a Poisson process; its square root
has a deviation of a half (Anscombe 1948)."""
ROOM_LEAST = 0.15
"""Share of its length that even a feed of very few entries may expect."""
REACTION = 2.0
"""Times the pace that a poll just saw: what a burst that has begun may grow to before the next poll."""
BURST_ASSUMED = 5.0
"""Times the usual pace of the hour: a burst that is reckoned with before one was seen (`rasid bench fortnight`)."""
HOURS_MEMORY = 2 * WEEK
"""Seconds after which an entry counts 1/e in the feed's day."""
BUSY = 1.6
"""Times its mean pace that a feed is taken to publish at any hour until its day is known: a newsroom's day."""
DAY_KNOWN_AT = 48.0
"""Entries from which the feed's own day counts as much as that assumption."""
NIGHT_LEAST = 0.3
"""Times its mean pace that a feed is reckoned with in its quietest hour: news breaks at night, too."""
PER_POLL = 1.2
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
    hours: tuple[float, ...] = ()
    """Entries by the hour of their publication (UTC, 24 numbers), older ones faded; empty: none known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One successful poll: entries offered, those not in the poll before, seconds since that one."""

    offered: int
    fresh: int
    since: float
    gap: bool = False
    """Nothing was shared with the poll before: entries may have been missed."""
    at: datetime | None = None
    """The moment of the poll; None: no hour is told from another."""
    hours: tuple[int, ...] = ()
    """Hours (UTC) in which the fresh entries were published."""


def first_rhythm(dates: Collection[datetime], now: datetime) -> Rhythm:
    """A guess from the dates that a feed's entries carry, before it was ever polled twice."""
    past = sorted(date for date in dates if date <= now)
    if len(past) < 2:
        return Rhythm()
    span = max((now - past[0]).total_seconds(), 600.0)
    hours = _counted((), (date.astimezone(UTC).hour for date in past))
    return Rhythm(rate=len(past) / span, peak=len(past) / span, known=min(span, MEMORY / 3), hours=hours)


def learn(rhythm: Rhythm, seen: Seen) -> Rhythm:
    """The rhythm after one more poll: rate and peak fade with time, an observation weighs by its length."""
    since = max(seen.since, 1.0)
    fade = math.exp(-since / MEMORY)
    known = rhythm.known * fade
    rate = (rhythm.rate * known + seen.fresh) / (known + since)
    burst = seen.fresh / since if seen.fresh > 1 else 0.0
    peak = max(rhythm.peak * math.exp(-since / PEAK_MEMORY), burst, rate)
    faded = tuple(count * math.exp(-since / HOURS_MEMORY) for count in rhythm.hours)
    return Rhythm(rate=rate, peak=peak, known=min(known + since, MEMORY), hours=_counted(faded, seen.hours))


def _counted(hours: tuple[float, ...], more: Iterable[int]) -> tuple[float, ...]:
    counts = list(hours or (0.0,) * 24)
    for hour in more:
        counts[hour] += 1
    return tuple(counts)


def paces(rhythm: Rhythm) -> tuple[float, ...]:
    """The feed's pace in each hour of the day (UTC), in times of its mean."""
    total = sum(rhythm.hours)
    if not total:
        return (BUSY,) * 24
    found = []
    for hour in range(24):
        near = (rhythm.hours[hour - 1] + 2 * rhythm.hours[hour] + rhythm.hours[(hour + 1) % 24]) / 4
        found.append(max((24 * near + BUSY * DAY_KNOWN_AT) / (total + DAY_KNOWN_AT), NIGHT_LEAST))
    return tuple(found)


def next_interval(interval: float, rhythm: Rhythm, seen: Seen, *, least: float, most: float) -> float:
    """Seconds to leave before the next poll, before hints and jitter; between `least` and `most`."""
    target = min(expected_after(rhythm, PER_POLL, 1.0, seen.at), unseen_after(rhythm, seen.offered, seen.at), most)
    if seen.fresh > 1 and seen.since > 0:  # a burst may have begun
        target = min(target, room(seen.offered) * seen.since / (REACTION * seen.fresh))
    if seen.gap or (seen.offered > 1 and seen.fresh >= MOSTLY_NEW * seen.offered):
        target = min(target, interval * SHORTER)
    moved = min(max(target, interval * SHORTER), interval * LONGER)
    return min(max(moved, least), most)


def expected_after(rhythm: Rhythm, entries: float, times: float, at: datetime | None) -> float:
    """Seconds from `at` until a feed at so many times its usual pace has published so many entries."""
    rate = rhythm.rate * times
    if rate <= 0:
        return float("inf")
    if at is None:
        return entries / rate
    found, left, hours = 0.0, entries, paces(rhythm)
    length = 3600.0 - at.minute * 60 - at.second
    for step in range(24):
        pace = rate * hours[(at.astimezone(UTC).hour + step) % 24]
        if pace * length >= left:
            return found + left / pace
        found, left, length = found + length, left - pace * length, 3600.0
    return found + left / rate


def room(offered: int) -> float:
    """Entries that may be expected between two polls of a feed that shows `offered`, so that more than those hardly
    ever come."""
    return max(max(math.sqrt(offered + 0.375) - SAFETY / 2, 0.0) ** 2, ROOM_LEAST * offered)


def unseen_after(rhythm: Rhythm, offered: int, at: datetime | None = None) -> float:
    """Seconds from `at` after which a burst such as was seen could push entries off the end of a feed of `offered`."""
    if rhythm.rate <= 0 or offered <= 0:
        return float("inf")
    busiest = max(paces(rhythm))
    times = max(BURST_ASSUMED, rhythm.peak / (rhythm.rate * busiest))
    return expected_after(rhythm, room(offered), times * (1.0 if at else busiest), at)


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
