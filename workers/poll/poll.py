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
from workers.poll.after import Failure, Poll, failed, succeeded
from workers.poll.apart import read_feed
from workers.poll.hints import Hints, cache_wait, retry_after
from workers.poll.parse import ParsedFeed
from workers.settings import PollSettings

log = structlog.get_logger("rasid")

ACCEPT = "application/rss+xml,application/atom+xml,application/feed+json,application/xml;q=0.9,*/*;q=0.5"
KEPT_IDS = 300
"""Ids of a poll that the next one is compared with."""

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
    poll = Poll(feed, state, outlet, settings, now, rng, pushed)
    started = time.monotonic()
    try:
        polled = _answered(poll, client)
    except Failure as failure:
        polled = _failed(poll, failure)
    except Exception as error:  # a defect, or no memory for the body: the other feeds of the message go on
        log.exception("poll failed", feed=feed.id, url=feed.url)
        polled = _failed(poll, Failure("defect", f"{type(error).__name__}: {error}"[:300], HARD))
    seconds = round(time.monotonic() - started, 3)
    next_at = polled.state.next_check_at
    event = {"at": now.isoformat(), "seconds": seconds, "next": next_at.isoformat() if next_at else None}
    return replace(polled, event=event | polled.event)


def feed_url(feed: Feed, state: FeedState) -> str:
    """The address to ask: the one it moved to, where that was seen often enough."""
    return str(state.extra.get("url") or feed.url)


# --- asking ------------------------------------------------------------------------------------------------------


def _answered(poll: Poll, client: Getter) -> Polled:
    state, settings = poll.state, poll.settings
    full = _wants_full(poll)
    limits = Limits(wire=settings.max_bytes, body=settings.max_bytes, seconds=settings.fetch_seconds)
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
        raise Failure(error.kind, error.message, _WEIGHTS.get(error.kind, HARD), status) from None
    if answer.status == 304:
        return _unchanged(poll, answer)
    _judge_status(answer, poll.now)
    digest = hashlib.sha256(answer.body).hexdigest()[:32]
    poll = replace(poll, state=_with_validators(poll, answer, digest, full))
    if digest == state.body_hash and state.seen:
        return _unchanged(poll, answer)
    return _read(poll, answer)


def _wants_full(poll: Poll) -> bool:
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
        raise Failure("gone", "HTTP 410: the outlet says that the feed is gone", HARD, status, asked=asked)
    if status in {403, 429, 503} and (maker := wall_of(answer.body[:60_000].decode("latin-1"), answer.headers)):
        raise Failure("bot_wall", f"HTTP {status} from a bot wall ({maker})", SOFT, status, asked=asked)
    weight = _WEIGHTS_BY_STATUS.get(status, SOFT if status >= 500 else HARD)
    raise Failure(f"http_{status}", f"HTTP {status}", weight, status, asked=asked)


def _with_validators(poll: Poll, answer: Response, digest: str, full: bool) -> FeedState:
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


def _unchanged(poll: Poll, answer: Response) -> Polled:
    seen = poll.state.seen
    state = succeeded(poll, answer, seen, _kept_hints(poll.state, answer), first_dates=())
    return Polled(state, (), {"status": answer.status, "unchanged": True, "offered": len(seen), "fresh": 0})


def _read(poll: Poll, answer: Response) -> Polled:
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
        raise Failure(parsed.failure, parsed.problems[0].partition(": ")[2], weight, answer.status)
    if not parsed.entries and any(problem.startswith("broken_xml") for problem in parsed.problems):
        raise Failure("broken_feed", "it is not well-formed, and no entry of it could be read", SOFT, answer.status)
    seen = tuple(entry.id for entry in parsed.entries)[:KEPT_IDS]
    before = frozenset((*poll.state.seen, *poll.pushed))
    unseen = [entry for entry in parsed.entries[:KEPT_IDS] if entry.id not in before]
    fresh = len(unseen)
    missed = bool(before) and len(seen) > 1 and fresh == len(seen)
    dates = tuple(entry.published for entry in parsed.entries if entry.published)
    poll = replace(poll, state=replace(poll.state, extra=_extra(poll, parsed)))
    published = tuple(entry.published or poll.now for entry in unseen)
    state = succeeded(
        poll, answer, seen, parsed.hints, first_dates=dates, fresh=fresh, gap=missed, fresh_dates=published
    )
    event: dict[str, Any] = {
        "status": answer.status,
        "offered": len(parsed.entries),
        "fresh": fresh,
        "bytes": len(answer.body),
    }
    event |= {"gap": True} if missed else {}
    event |= {"problems": list(parsed.problems)} if parsed.problems else {}
    return Polled(state, young_enough(parsed.entries, poll.settings, poll.now), event | {"format": parsed.format})


def _extra(poll: Poll, parsed: ParsedFeed) -> dict[str, Any]:
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


def _failed(poll: Poll, failure: Failure) -> Polled:
    state = failed(poll, failure)
    return Polled(state, (), {"status": failure.status, "error": state.last_error, "fresh": 0})
