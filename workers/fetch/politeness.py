"""How often a host may be asked: arithmetic over what its answers showed. Pure; the store keeps the `Pace`.

The gap follows the host's latency (an exponentially weighted mean, as Media Cloud's fetcher does): a host that answers
slowly is asked seldom. 429 and 503 double the gap up to a cap, every good answer takes a quarter of that back. A host
that cannot be reached is left alone for some minutes, longer each time it stays away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from workers.settings import FetchSettings

WEIGHT = 0.25
"""Of the newest latency in the mean."""
BUSY = frozenset({429, 503})
FIRST_PENALTY = 5.0
"""Seconds added to the gap by the first 429 or 503."""
FORGIVEN = 0.75
"""What a good answer leaves of the penalty."""
MOST_DOWN = 6 * 3600.0
"""Seconds; a host that stays away is tried at least so often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is known of a host. Seconds; times are Unix times."""

    latency: float = 0.0
    penalty: float = 0.0
    crawl_delay: float = 0.0
    down_until: float = 0.0
    failures: int = 0
    wait_until: float = 0.0
    """A Retry-After."""


def gap(pace: Pace, settings: FetchSettings) -> float:
    """Seconds between the beginnings of two requests to a host."""
    wanted = max(settings.host_gap, pace.latency / settings.host_concurrency, pace.crawl_delay) + pace.penalty
    return min(wanted, max(settings.host_gap_most, settings.host_gap))


def after_answer(
    pace: Pace, *, elapsed: float, status: int, now: float, settings: FetchSettings, retry_after: float | None = None
) -> Pace:
    """The pace after an answer (`status`) or none (`status` 0: the host could not be reached)."""
    if status == 0:
        failures = pace.failures + 1
        away = min(settings.host_down * 2 ** min(failures - 1, 10), max(MOST_DOWN, settings.host_down))
        return replace(pace, failures=failures, down_until=now + away)
    latency = elapsed if pace.latency == 0 else (1 - WEIGHT) * pace.latency + WEIGHT * elapsed
    pace = replace(pace, latency=latency, failures=0, down_until=0.0)
    if status in BUSY:
        wait = min(retry_after or 0.0, 86400.0)
        penalty = min(max(2 * pace.penalty, FIRST_PENALTY), settings.host_gap_most)
        return replace(pace, penalty=penalty, wait_until=now + wait if wait else pace.wait_until)
    penalty = pace.penalty * FORGIVEN
    return replace(pace, penalty=penalty if penalty > 0.1 else 0.0)
