"""How a feed is, in one word and one sentence: judged from what its polls showed. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from workers.model import Feed, FeedState
from workers.settings import PollSettings

WORDS = ("new", "ok", "gap", "redirected", "silent", "failing", "dead", "gone")
"""From good to bad: a feed is told by the worst that holds."""
GAP_SHOWS = timedelta(days=2)
"""So long a gap stands in the feed's health. The interval was shortened at once; a person should know all the same."""
SILENT_GAPS = 10
SILENT_LEAST = timedelta(days=1)
"""Silent: so many times the usual time between two entries without any, and a day at least, for every outlet sleeps."""


def feed_health(feed: Feed, state: FeedState | None, *, now: datetime, settings: PollSettings | None = None) -> str:
    """One of `WORDS`. `dead`: failing for so long that it is asked monthly; `gone`: its server says so (410)."""
    if state is None or state.checked_at is None:
        return "new"
    if state.gone:
        return "gone"
    if state.errors > 0:
        return "dead" if state.errors >= (settings or PollSettings()).dead_after else "failing"
    if _silent(state, now):
        return "silent"
    if moved(feed, state):
        return "redirected"
    return "gap" if _gap(state, now) else "ok"


def explain(feed: Feed, state: FeedState | None, *, now: datetime) -> list[str]:
    """What is to be said of the feed beyond its word: each trouble in a few words, the worst first."""
    if state is None or state.checked_at is None:
        return []
    found = []
    if state.last_error:
        found.append(state.last_error)
    if _silent(state, now) and state.last_new_at:
        found.append(f"nothing new since {state.last_new_at:%Y-%m-%d %H:%M}, usually every {_span(usual(state))}")
    if target := moved(feed, state):
        found.append(f"moved to {target}")
    if state.gaps:
        last = f", the last {state.extra['gap_at'][:16]}" if "gap_at" in state.extra else ""
        found.append(f"gaps: {state.gaps}{last} (a poll shared nothing with the one before)")
    if state.extra.get("insecure"):
        found.append("its certificate is not checked (profile.verify_tls)")
    return [*found, *(str(problem) for problem in state.extra.get("problems", []))]


def usual(state: FeedState) -> timedelta:
    """The time between two entries while the feed still published; what silence is measured against. Later polls let
    the believed rate fade, so it is kept from the last poll that brought something."""
    weekly = float(state.extra.get("pace") or state.entries_per_week)
    return timedelta(weeks=1) / weekly if weekly > 0 else timedelta.max


def moved(feed: Feed, state: FeedState) -> str:
    """Where the feed has moved, or redirects to for good; "" where it is where it was configured."""
    target = str(state.extra.get("url") or state.moved_to or "")
    return target if target != feed.url else ""


def _silent(state: FeedState, now: datetime) -> bool:
    if state.last_new_at is None:
        return False
    between = usual(state)
    return between < timedelta(days=3650) and now - state.last_new_at > max(between * SILENT_GAPS, SILENT_LEAST)


def _gap(state: FeedState, now: datetime) -> bool:
    at = state.extra.get("gap_at")
    return at is not None and now - datetime.fromisoformat(at) < GAP_SHOWS


def _span(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours" if hours >= 2 else f"{hours * 60:.0f} min"
