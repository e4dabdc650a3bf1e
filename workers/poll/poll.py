"""One poll of one feed: ask conditionally, recognise what came, parse, learn the rhythm, decide when to ask again.

Never raises for trouble on the network: the returned state carries the failure and its backoff, and no failure ever
ends a feed. The caller stores the entries first and the state after them, so that a crash between the two asks again
with the old validators and loses nothing.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import structlog

from workers.fetch.guard import UNREACHABLE
from workers.fetch.http import FetchError, Getter, Limits, Response
from workers.fetch.walls import wall_of
from workers.model import Feed, FeedEntry, FeedState, Outlet
from workers.poll import schedule
from workers.poll.apart import read_feed
from workers.poll.hints import Hints, cache_wait, retry_after
from workers.poll.parse import ParsedFeed
from workers.settings import PollSettings

log = structlog.get_logger("rasid")

ACCEPT = "application/rss+xml,application/atom+xml,application/feed+json,application/xml;q=0.9,*/*;q=0.5"
KEPT_IDS = 300
"""Ids of a poll that the next one is compared with."""
_SECONDS = 60.0
_GIVE_UP_MOVE = 3.0
"""Weighted failures at a moved address after which the first one is tried again."""

HARD, SOFT, TEMPORARY = 1.0, 0.5, 0.25
"""Weights of failures, as Media Cloud's rss-fetcher classes them over some 180,000 feeds."""
_WEIGHTS = {
    "dns": TEMPORARY,
    "connect": TEMPORARY,
    "timeout": SOFT,
    "protocol": SOFT,
    "tls": SOFT,
    "empty_body": SOFT,
    "bot_wall": SOFT,
}
_WEIGHTS_BY_STATUS = {404: SOFT, 408: SOFT, 429: SOFT}


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll made: the state to keep, all entries that the feed offers (the ledger knows the new ones), and the
    event for the feed's history."""

    state: FeedState
    entries: tuple[FeedEntry, ...]
    event: dict[str, Any]


class _Failure(Exception):
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
class _Poll:
    feed: Feed
    state: FeedState
    outlet: Outlet
    settings: PollSettings
    now: datetime
    rng: Random
    pushed: tuple[str, ...] = ()


def poll_feed(
    feed: Feed,
    state: FeedState,
    *,
    outlet: Outlet,
    client: Getter,
    settings: PollSettings,
    now: datetime,
    rng: Random,
    pushed: tuple[str, ...] = (),
) -> Polled:
    """Poll `feed` once. Validators stand only in the returned state: keep it after the entries are durable. `pushed`:
    ids that a hub delivered since the last poll; they count for the feed's rhythm and are no sign of a gap."""
    poll = _Poll(feed, state, outlet, settings, now, rng, pushed)
    started = time.monotonic()
    try:
        polled = _answered(poll, client)
    except _Failure as failure:
        polled = _failed(poll, failure)
    except Exception as error:  # a defect, or no memory for the body: the other feeds of the message go on
        log.exception("poll failed", feed=feed.id, url=feed.url)
        polled = _failed(poll, _Failure("defect", f"{type(error).__name__}: {error}"[:300], HARD))
    seconds = round(time.monotonic() - started, 3)
    next_at = polled.state.next_check_at
    event = {"at": now.isoformat(), "seconds": seconds, "next": next_at.isoformat() if next_at else None}
    return replace(polled, event=event | polled.event)


def feed_url(feed: Feed, state: FeedState) -> str:
    """The address to ask: the one it moved to, where that was seen often enough."""
    return str(state.extra.get("url") or feed.url)


# --- asking ------------------------------------------------------------------------------------------------------


def _answered(poll: _Poll, client: Getter) -> Polled:
    state, settings = poll.state, poll.settings
    full = _wants_full(poll)
    limits = Limits(wire=settings.max_bytes, body=settings.max_bytes, seconds=_SECONDS)
    try:
        answer = client.get(
            feed_url(poll.feed, state),
            etag=None if full else state.etag,
            last_modified=None if full else state.last_modified,
            accept=ACCEPT,
            limits=limits,
            verify=poll.outlet.profile.verify_tls,
        )
    except FetchError as error:
        status = 0 if error.kind in UNREACHABLE else None
        raise _Failure(error.kind, error.message, _WEIGHTS.get(error.kind, HARD), status) from None
    if answer.status == 304:
        return _unchanged(poll, answer)
    _judge_status(answer, poll.now)
    digest = hashlib.sha256(answer.body).hexdigest()[:32]
    poll = replace(poll, state=_with_validators(poll, answer, digest, full))
    if digest == state.body_hash and state.seen:
        return _unchanged(poll, answer)
    return _read(poll, answer)


def _wants_full(poll: _Poll) -> bool:
    """Some servers answer 304 although the feed has changed: now and then it is asked without validators."""
    state, settings = poll.state, poll.settings
    if state.extra.get("lying_304") or state.full_get_at is None or state.polls_since_full >= settings.full_every:
        return True
    return poll.now - state.full_get_at >= timedelta(seconds=settings.full_after)


def _judge_status(answer: Response, now: datetime) -> None:
    status = answer.status
    if status in {200, 203}:
        return
    asked = retry_after(answer.headers, now)
    if status == 410:
        raise _Failure("gone", "HTTP 410: the outlet says that the feed is gone", HARD, status, asked=asked)
    if status in {403, 429, 503} and (maker := wall_of(answer.body[:60_000].decode("latin-1"), answer.headers)):
        raise _Failure("bot_wall", f"HTTP {status} from a bot wall ({maker})", SOFT, status, asked=asked)
    weight = _WEIGHTS_BY_STATUS.get(status, SOFT if status >= 500 else HARD)
    raise _Failure(f"http_{status}", f"HTTP {status}", weight, status, asked=asked)


def _with_validators(poll: _Poll, answer: Response, digest: str, full: bool) -> FeedState:
    """The state with the answer's validators; learns from a full GET whether the 304s before it were true."""
    state, extra = poll.state, dict(poll.state.extra)
    etag, modified = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
    same_validators = bool(state.etag or state.last_modified) and (etag, modified) == (state.etag, state.last_modified)
    if full and same_validators and state.body_hash not in {None, digest}:
        extra["lying_304"] = True
    return replace(
        state,
        etag=etag,
        last_modified=modified,
        body_hash=digest,
        full_get_at=poll.now if full else state.full_get_at,
        polls_since_full=0 if full else state.polls_since_full,
        extra=extra,
    )


def _kept_hints(state: FeedState, answer: Response) -> Hints:
    kept = state.extra.get("hints") or {}
    return Hints(
        ttl=kept.get("ttl"),
        cache=cache_wait(answer.headers),
        skip_hours=frozenset(kept.get("skip_hours", ())),
        skip_days=frozenset(kept.get("skip_days", ())),
    )


# --- what came ---------------------------------------------------------------------------------------------------


def _unchanged(poll: _Poll, answer: Response) -> Polled:
    seen = poll.state.seen
    state = _succeeded(poll, answer, seen, _kept_hints(poll.state, answer), first_dates=())
    return Polled(state, (), {"status": answer.status, "unchanged": True, "offered": len(seen), "fresh": 0})


def _read(poll: _Poll, answer: Response) -> Polled:
    parsed = read_feed(
        answer.body,
        url=answer.final_url,
        feed=poll.feed,
        outlet=poll.outlet,
        headers=answer.headers,
        now=poll.now,
        settings=poll.settings,
    )
    if parsed.failure:
        weight = _WEIGHTS.get(parsed.failure, HARD)
        raise _Failure(parsed.failure, parsed.problems[0].partition(": ")[2], weight, answer.status)
    seen = tuple(entry.id for entry in parsed.entries)[:KEPT_IDS]
    before = frozenset((*poll.state.seen, *poll.pushed))
    fresh = sum(1 for entry in parsed.entries[:KEPT_IDS] if entry.id not in before)
    missed = bool(before) and len(seen) > 1 and fresh == len(seen)
    dates = tuple(entry.published for entry in parsed.entries if entry.published)
    poll = replace(poll, state=replace(poll.state, extra=_extra(poll, parsed)))
    state = _succeeded(poll, answer, seen, parsed.hints, first_dates=dates, fresh=fresh, gap=missed)
    event: dict[str, Any] = {
        "status": answer.status,
        "offered": len(parsed.entries),
        "fresh": fresh,
        "bytes": len(answer.body),
    }
    event |= {"gap": True} if missed else {}
    event |= {"problems": list(parsed.problems)} if parsed.problems else {}
    return Polled(state, young_enough(parsed.entries, poll.settings, poll.now), event | {"format": parsed.format})


def _extra(poll: _Poll, parsed: ParsedFeed) -> dict[str, Any]:
    hints = parsed.hints
    kept = {"ttl": hints.ttl, "skip_hours": sorted(hints.skip_hours), "skip_days": sorted(hints.skip_days)}
    found = {
        "title": parsed.title[:200],
        "format": parsed.format,
        "encoding": parsed.encoding,
        "problems": list(parsed.problems),
        "hints": {name: value for name, value in kept.items() if value},
        "hub": hints.hub,
        "topic": hints.topic,
        "insecure": not poll.outlet.profile.verify_tls,
    }
    known = {key: value for key, value in poll.state.extra.items() if key not in found}
    return known | {name: value for name, value in found.items() if value}


def young_enough(entries: tuple[FeedEntry, ...], settings: PollSettings, now: datetime) -> tuple[FeedEntry, ...]:
    """The entries that are not dated longer ago than settings take."""
    if not settings.max_age:
        return entries
    oldest = now - timedelta(seconds=settings.max_age)
    return tuple(entry for entry in entries if entry.published is None or entry.published >= oldest)


# --- the state after it ------------------------------------------------------------------------------------------


def _succeeded(
    poll: _Poll,
    answer: Response,
    seen: tuple[str, ...],
    hints: Hints,
    *,
    first_dates: tuple[datetime, ...],
    fresh: int = 0,
    gap: bool = False,
) -> FeedState:
    state, now = poll.state, poll.now
    rhythm, interval = _rhythm(poll, len(seen), fresh + len(poll.pushed), gap, first_dates)
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
        last_new_at=now if fresh or poll.pushed else state.last_new_at,
        seen=seen,
        gaps=state.gaps + gap,
        gone=False,
        extra=state.extra | {"peak": rhythm.peak, "known": rhythm.known, "ok_at": now.isoformat()},
    )


def _rhythm(
    poll: _Poll, offered: int, fresh: int, gap: bool, first_dates: tuple[datetime, ...]
) -> tuple[schedule.Rhythm, float]:
    """The rhythm and interval after a success; the time since the last success is what the poll observed."""
    state, extra = poll.state, poll.state.extra
    least, most = schedule.bounds(poll.feed, poll.settings)
    if "ok_at" not in extra:
        rhythm = schedule.first_rhythm(first_dates, poll.now)
        first = schedule.Seen(offered=offered, fresh=0, since=0.0)
        return rhythm, schedule.next_interval(poll.settings.first_interval, rhythm, first, least=least, most=most)
    believed = schedule.Rhythm(
        rate=state.entries_per_week / schedule.WEEK,
        peak=float(extra.get("peak", 0.0)),
        known=float(extra.get("known", 0.0)),
    )
    since = (poll.now - datetime.fromisoformat(extra["ok_at"])).total_seconds()
    seen = schedule.Seen(offered=offered, fresh=fresh, since=since, gap=gap)
    rhythm = schedule.learn(believed, seen)
    return rhythm, schedule.next_interval(state.interval, rhythm, seen, least=least, most=most)


def _moved(poll: _Poll, answer: Response) -> FeedState:
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


def _failed(poll: _Poll, failure: _Failure) -> Polled:
    state, settings, now = poll.state, poll.settings, poll.now
    errors = state.errors + failure.weight
    gone = failure.name == "gone"
    if gone:
        errors = max(errors, settings.dead_after + settings.dead_interval / settings.backoff_most)
    asked = failure.asked
    if failure.status == 429:  # all feeds of a host get the same Retry-After: an hour's spread parts them
        asked = (asked or 0.0) + 3600 * poll.rng.random()
    state = replace(
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
    return Polled(state, (), {"status": failure.status, "error": state.last_error, "fresh": 0})


def _home_again(extra: dict[str, Any], errors: float) -> dict[str, Any]:
    """A feed that moved to an address which keeps failing is asked at its own address again."""
    return {key: value for key, value in extra.items() if key != "url"} if errors >= _GIVE_UP_MOVE else extra
