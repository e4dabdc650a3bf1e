"""`rasid bench fortnight`: two weeks of polling on a virtual clock, with the arithmetic of schedule and politeness.

Feeds of different rhythms (log-uniform from one entry in five days to 150 a day), lengths and hosts publish by day and
night, more seldom on Friday and Saturday, with bursts; a poll sees the newest entries only. Counted are entries that
scrolled off unseen, requests beside a fixed 15-minute poller, the delay from publication to discovery, and every
breach of the per-host rule. Nothing here sleeps or asks; chance comes from one seed.
"""

from __future__ import annotations

import bisect
import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import click
import numpy as np

from workers.cli.output import json_option, print_json
from workers.fetch.politeness import Pace, after_answer, gap
from workers.poll import schedule
from workers.poll.hints import Hints
from workers.settings import FetchSettings, PollSettings

DAY = 86400.0
START = datetime(2026, 11, 2, tzinfo=UTC)
BEFORE = 10 * DAY
"""Seconds of publishing before the first poll: what the feeds hold when they are first read."""
FIXED = 900.0
BY_HOUR = (
    0.3,
    0.2,
    0.15,
    0.15,
    0.2,
    0.4,
    0.8,
    1.2,
    1.5,
    1.6,
    1.6,
    1.6,
    1.5,
    1.5,
    1.5,
    1.4,
    1.4,
    1.4,
    1.4,
    1.3,
    1.2,
    1.0,
    0.7,
    0.5,
)
"""Share of the mean rate by hour."""
WEEKEND = 0.6
BURST, BURST_EVERY, BURST_LASTS = 4.0, 3 * DAY, 3600.0


@dataclass(slots=True)
class SimFeed:
    """One feed of the simulation: when it publishes (seconds from the first poll), and what polling knows of it."""

    host: int
    length: int
    hints: Hints
    published: list[float]
    interval: float = 900.0
    rhythm: schedule.Rhythm = field(default_factory=schedule.Rhythm)
    checked: float | None = None
    shown: int = 0
    """Entries published up to the last poll."""


@dataclass(slots=True)
class Tally:
    """What is counted."""

    published: int = 0
    missed: int = 0
    missed_by_wish: int = 0
    """Of feeds that ask not to be polled so often as they would have to be."""
    requests: int = 0
    delays: list[float] = field(default_factory=list)
    breaches: int = 0
    waited_for_host: int = 0


def publishing(rate: float, seconds: float, rng: np.random.Generator) -> list[float]:
    """Moments of publication of a feed with `rate` entries a second on average: an inhomogeneous Poisson process."""
    most = rate * max(BY_HOUR) * BURST
    count = rng.poisson(most * (seconds + BEFORE))
    moments = np.sort(rng.uniform(-BEFORE, seconds, count))
    bursts = np.sort(rng.uniform(-BEFORE, seconds, rng.poisson((seconds + BEFORE) / BURST_EVERY)))
    hour = ((moments + BEFORE) // 3600).astype(int)
    shape = np.array(BY_HOUR)[hour % 24] * np.where(np.isin((hour // 24) % 7, (4, 5)), WEEKEND, 1.0)
    if bursts.size:
        last = bursts[np.clip(np.searchsorted(bursts, moments) - 1, 0, None)]
        shape = shape * np.where((moments >= last) & (moments < last + BURST_LASTS), BURST, 1.0)
    kept = rng.uniform(0, most, count) < rate * shape
    return [float(moment) for moment in moments[kept]]


def make_feeds(count: int, days: float, seed: int) -> list[SimFeed]:
    """Feeds over a quarter as many hosts; every tenth names an hour as its own least wait, as WordPress does."""
    rng = np.random.default_rng(seed)
    feeds = []
    for number in range(count):
        a_day = float(np.exp(rng.uniform(np.log(0.2), np.log(150))))
        length = int(rng.choice([10, 20, 20, 30, 50])) if a_day < 60 else int(rng.choice([20, 30, 50, 100]))
        hints = Hints(ttl=3600.0) if number % 10 == 0 and a_day < 60 else Hints()
        host = number % max(count // 4, 1)
        feeds.append(SimFeed(host, length, hints, publishing(a_day / DAY, days * DAY, rng)))
    return feeds


def simulate(feeds: list[SimFeed], *, days: float, seed: int, poll: PollSettings, fetch: FetchSettings) -> Tally:
    """Run the clock: feeds become due, hosts give turns, polls learn."""
    rng, tally = Random(seed), Tally()  # noqa: S311 - a simulation
    hosts: dict[int, _Host] = {}
    due = [(rng.uniform(0, poll.first_interval), number) for number in range(len(feeds))]
    heapq.heapify(due)
    while due:
        now, number = heapq.heappop(due)
        if now >= days * DAY:
            continue
        feed = feeds[number]
        host = hosts.setdefault(feed.host, _Host(fetch))
        if (wait := host.wait(now)) > 0:
            tally.waited_for_host += 1
            heapq.heappush(due, (now + wait, number))
            continue
        tally.breaches += host.begin(now, rng.lognormvariate(-0.7, 0.8))
        heapq.heappush(due, (_poll(feed, now, tally, poll, rng), number))
    for feed in feeds:
        tally.published += len(feed.published) - bisect.bisect_left(feed.published, 0.0)
    return tally


class _Host:
    """A host's turns as `store.hosts` gives them, and a judge who knows only the rule."""

    def __init__(self, fetch: FetchSettings) -> None:
        self._fetch = fetch
        self._pace = Pace()
        self._next = 0.0
        self._ends: list[float] = []
        self._last = float("-inf")

    def wait(self, now: float) -> float:
        self._ends = [end for end in self._ends if end > now]
        if now < self._next:
            return self._next - now
        return min(self._ends) - now if len(self._ends) >= self._fetch.host_concurrency else 0.0

    def begin(self, now: float, elapsed: float) -> int:
        """Take the turn; returns how often it broke the rule."""
        broken = (now - self._last < self._fetch.host_gap - 1e-6) + (len(self._ends) >= self._fetch.host_concurrency)
        self._last = now
        self._ends.append(now + elapsed)
        self._next = now + gap(self._pace, self._fetch)
        self._pace = after_answer(self._pace, elapsed=elapsed, status=200, now=now + elapsed, settings=self._fetch)
        return broken


def _poll(feed: SimFeed, now: float, tally: Tally, settings: PollSettings, rng: Random) -> float:
    """One poll; returns the moment of the next."""
    tally.requests += 1
    shown = bisect.bisect_right(feed.published, now)
    new = shown - feed.shown
    offered = min(feed.length, shown)
    fresh = min(new, feed.length)
    for moment in feed.published[shown - fresh : shown]:
        if moment >= 0:
            tally.delays.append(now - moment)
    if feed.checked is not None:
        scrolled = sum(moment >= 0 for moment in feed.published[feed.shown : shown - fresh])
        tally.missed_by_wish += scrolled if feed.hints.least_wait else 0
        tally.missed += 0 if feed.hints.least_wait else scrolled
    if feed.checked is None:
        dates = [_moment(moment) for moment in feed.published[shown - offered : shown]]
        feed.rhythm = schedule.first_rhythm(dates, _moment(now))
        seen = schedule.Seen(offered=offered, fresh=0, since=0.0, at=_moment(now))
    else:
        hours = tuple(_moment(moment).hour for moment in feed.published[shown - fresh : shown])
        gap_ = fresh == offered > 1
        seen = schedule.Seen(
            offered=offered, fresh=fresh, since=now - feed.checked, gap=gap_, at=_moment(now), hours=hours
        )
        feed.rhythm = schedule.learn(feed.rhythm, seen)
    feed.checked, feed.shown = now, shown
    least, most = settings.min_interval, settings.max_interval
    feed.interval = schedule.next_interval(feed.interval, feed.rhythm, seen, least=least, most=most)
    due = schedule.next_check(_moment(now), feed.interval, feed.hints, settings, rng)
    return (due - START).total_seconds()


def _moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def report(feeds: int, days: float, tally: Tally) -> dict[str, Any]:
    """The figures that the command prints."""
    delays = sorted(tally.delays)
    fixed = int(feeds * days * DAY / FIXED)

    def at(share: float) -> float:
        return round(delays[min(int(share * len(delays)), len(delays) - 1)] / 60, 1) if delays else 0.0

    return {
        "feeds": feeds,
        "days": days,
        "published": tally.published,
        "missed": tally.missed,
        "missed_by_the_feeds_own_wish": tally.missed_by_wish,
        "requests": tally.requests,
        "requests_of_a_15_minute_poller": fixed,
        "share": round(tally.requests / fixed, 3),
        "median_delay_minutes": at(0.5),
        "p90_delay_minutes": at(0.9),
        "host_rule_breaches": tally.breaches,
        "waits_for_a_host": tally.waited_for_host,
    }


@click.command("fortnight")
@click.option("--feeds", default=2000, show_default=True)
@click.option("--days", default=14.0, show_default=True)
@click.option("--seed", default=1, show_default=True)
@json_option
def command(*, feeds: int, days: float, seed: int, as_json: bool) -> None:
    """Two weeks of polling on a virtual clock: articles missed, requests, delays, the per-host rule.

    Example: rasid bench fortnight --feeds 2000 --days 14
    """
    made = make_feeds(feeds, days, seed)
    found = report(feeds, days, simulate(made, days=days, seed=seed, poll=PollSettings(), fetch=FetchSettings()))
    if as_json:
        print_json(found)
    else:
        for name, value in found.items():
            click.echo(f"{name:32} {value}")
