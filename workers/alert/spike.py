"""Is this more than usual? Counts of a window against the same hours of earlier days, on given numbers only.

Each earlier window of the same kind of day (Friday and Saturday are the weekend) gives a rate: the rule's articles by
all articles of that window. Their mean, times what all outlets publish now, is what is expected; so neither a quiet
night, a weekend nor a feed that is down looks like news. Windows in which hardly anything came in (an outage) are not
asked, and while one lasts nothing is judged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from statistics import median

DAYS_BACK = 28
LEAST_WINDOWS = 4
"""Earlier windows that must be known; until then a rule learns."""
OUTAGE = 0.3
"""A window with less than this share of the usual articles is an outage."""
CHANCE = 1e-6
"""How likely a count as high is where nothing happened (Poisson): once in a hundred years of an hourly rule."""
WEEKEND = frozenset({4, 5})
"""Friday and Saturday, Monday is 0: the weekend of most Arab countries."""


@dataclass(frozen=True, slots=True)
class Window:
    """What came in during one window: articles of the rule, articles of all outlets."""

    count: int
    total: int


def reference_starts(end: datetime, zone: tzinfo) -> list[datetime]:
    """The ends of the earlier windows that are compared: same time of day, same kind of day, newest first."""
    local = end.astimezone(zone)
    kind = local.weekday() in WEEKEND
    days = (local - timedelta(days=back) for back in range(1, DAYS_BACK + 1))
    return [day for day in days if (day.weekday() in WEEKEND) == kind]


def expected(now: Window, earlier: Sequence[Window]) -> float | None:
    """How many of the rule's articles this window should bring; None: not to be judged (learning, or an outage)."""
    known = [window for window in earlier if window.total > 0]
    if len(known) < LEAST_WINDOWS:
        return None
    usual = median(window.total for window in known)
    if now.total < OUTAGE * usual:
        return None
    sound = [window for window in known if window.total >= OUTAGE * usual]
    count, total = sum(window.count for window in sound), sum(window.total for window in sound)
    return (count + 1) / total * now.total  # one more, because a count of nothing does not prove a rate of nothing


def is_spike(now: Window, earlier: Sequence[Window], *, factor: float, least: int) -> bool:
    """Whether the window has at least `least` articles, `factor` times the expected ones, and is no chance."""
    usual = expected(now, earlier)
    if usual is None or now.count < max(least, factor * usual):
        return False
    return tail(now.count, usual) < CHANCE


def tail(count: int, average: float) -> float:
    """P(N >= count) of a Poisson count with this average: the first term, and the ratios of the next ones."""
    term = math.exp(count * math.log(average) - average - math.lgamma(count + 1))
    total = term
    number = count
    while term > total * 1e-12:
        number += 1
        term *= average / number
        total += term
    return total
