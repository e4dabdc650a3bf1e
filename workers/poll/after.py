"""What polling knows of a feed after a poll: rhythm, address, failures, when it is asked again. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from workers.fetch.http import Response
from workers.model import Feed, FeedState, Outlet
from workers.poll import schedule
from workers.poll.hints import Hints
from workers.settings import PollSettings

GIVE_UP_MOVE = 3.0
"""Weighted failures at a moved address after which the first one is tried again."""


class Failure(Exception):
    """A poll without entries; kept as the state's last error, `name: meaning`. `asked`: a Retry-After."""

    def __init__(
        self, name: str, meaning: str, weight: float, status: int | None = None, *, asked: float | None = None
    ) -> None:
        super().__init__(f"{name}: {meaning}")
        self.name = name
        self.weight = weight
        self.status = status
        self.asked = asked


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll: what it is of, when, and by which rules."""

    feed: Feed
    state: FeedState
    outlet: Outlet
    settings: PollSettings
    now: datetime
    rng: Random
    pushed: tuple[str, ...] = ()


def succeeded(
    poll: Poll,
    answer: Response,
    seen: tuple[str, ...],
    hints: Hints,
    *,
    first_dates: tuple[datetime, ...],
    fresh: int = 0,
    gap: bool = False,
    fresh_dates: tuple[datetime, ...] = (),
) -> FeedState:
    """The state after a poll that was answered: rhythm, address, next poll. `fresh`: entries not seen before."""
    state, now = poll.state, poll.now
    rhythm, interval = _rhythm(poll, len(seen), fresh + len(poll.pushed), gap, first_dates, fresh_dates)
    state = _moved(poll, answer)
    return replace(
        state,
        checked_at=now,
        next_check_at=schedule.next_check(now, interval, hints, poll.settings, poll.rng),
        interval=interval,
        polls=state.polls + 1,
        polls_since_full=state.polls_since_full + 1,
        errors=0.0,
        last_error=None,
        last_status=answer.status,
        entries_per_week=round(rhythm.rate * schedule.WEEK, 3),
        last_new_at=_last_new(poll, first_dates, fresh),
        seen=seen,
        gaps=state.gaps + gap,
        gone=False,
        extra=state.extra | _learned(poll, rhythm, fresh, gap),
    )


def _learned(poll: Poll, rhythm: schedule.Rhythm, fresh: int, gap: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"peak": rhythm.peak, "known": rhythm.known, "ok_at": poll.now.isoformat()}
    if any(rhythm.hours):
        found["hours"] = [round(count, 2) for count in rhythm.hours]
    if fresh or poll.pushed:  # the rhythm while there was one: silence is measured against it
        found["pace"] = round(rhythm.rate * schedule.WEEK, 3)
    return found | ({"gap_at": poll.now.isoformat()} if gap else {})


def _last_new(poll: Poll, dates: tuple[datetime, ...], fresh: int) -> datetime | None:
    """When the feed last had something new. Its first poll finds everything new: there the newest date tells."""
    if "ok_at" not in poll.state.extra:
        return max((date for date in dates if date <= poll.now), default=poll.now)
    return poll.now if fresh or poll.pushed else poll.state.last_new_at


def _rhythm(
    poll: Poll,
    offered: int,
    fresh: int,
    gap: bool,
    first_dates: tuple[datetime, ...],
    fresh_dates: tuple[datetime, ...],
) -> tuple[schedule.Rhythm, float]:
    """The rhythm and interval after a success; the time since the last success is what the poll observed."""
    state, extra = poll.state, poll.state.extra
    least, most = schedule.bounds(poll.feed, poll.settings)
    if "ok_at" not in extra:
        rhythm = schedule.first_rhythm(first_dates, poll.now)
        first = schedule.Seen(offered=offered, fresh=0, since=0.0, at=poll.now)
        return rhythm, schedule.next_interval(poll.settings.first_interval, rhythm, first, least=least, most=most)
    believed = schedule.Rhythm(
        rate=state.entries_per_week / schedule.WEEK,
        peak=float(extra.get("peak", 0.0)),
        known=float(extra.get("known", 0.0)),
        hours=tuple(float(count) for count in extra.get("hours", ())),
    )
    since = (poll.now - datetime.fromisoformat(extra["ok_at"])).total_seconds()
    hours = tuple(date.astimezone(UTC).hour for date in fresh_dates)
    seen = schedule.Seen(offered=offered, fresh=fresh, since=since, gap=gap, at=poll.now, hours=hours)
    rhythm = schedule.learn(believed, seen)
    return rhythm, schedule.next_interval(state.interval, rhythm, seen, least=least, most=most)


def _moved(poll: Poll, answer: Response) -> FeedState:
    """A permanent redirect seen often enough moves the feed's address; the addresses that it had are kept."""
    state, target = poll.state, answer.moved_to
    if target is None:
        return replace(state, moved_to=None, moved_count=0) if state.moved_count else state
    count = state.moved_count + 1 if state.moved_to == target else 1
    if count < poll.settings.moved_after:
        return replace(state, moved_to=target, moved_count=count)
    history = [*state.extra.get("addresses", []), {"url": answer.url, "until": poll.now.isoformat()}][-10:]
    extra = state.extra | {"url": target, "addresses": history}
    return replace(state, moved_to=None, moved_count=0, extra=extra)


def failed(poll: Poll, failure: Failure) -> FeedState:
    """The state after a poll that brought no feed: its error and backoff; what was learned stays."""
    state, settings, now = poll.state, poll.settings, poll.now
    errors = state.errors + failure.weight
    gone = failure.name == "gone"
    if gone:
        errors = max(errors, settings.dead_after + settings.dead_interval / settings.backoff_most)
    asked = failure.asked
    if failure.status == 429:  # all feeds of a host get the same Retry-After: an hour's spread parts them
        asked = (asked or 0.0) + 3600 * poll.rng.random()
    return replace(
        state,
        checked_at=now,
        next_check_at=schedule.after_failure(now, state.interval, errors, settings, poll.rng, asked=asked),
        polls=state.polls + 1,
        errors=errors,
        last_error=str(failure)[:500],
        last_status=failure.status,
        gone=state.gone or gone,
        extra=_home_again(state.extra, errors),
    )


def _home_again(extra: dict[str, Any], errors: float) -> dict[str, Any]:
    """A feed that moved to an address which keeps failing is asked at its own address again."""
    return {key: value for key, value in extra.items() if key != "url"} if errors >= GIVE_UP_MOVE else extra
