"""Feeds to entries in the ledger; the feed's validators are kept only after those."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import structlog

from workers.fetch.turn import turn
from workers.model import Feed, FeedState
from workers.poll.poll import feed_url, poll_feed
from workers.poll.urls import host_of
from workers.stages import push
from workers.stages.publishing import tell_poll
from workers.wiring import Parts

log = structlog.get_logger("rasid")


def poll(parts: Parts, feeds: Iterable[str]) -> list[str]:
    """Poll each feed; entries are durable in the ledger before the feed's validators are kept. Ids to fetch."""
    found: list[str] = []
    for feed_id in feeds:
        feed = parts.feeds.feed(feed_id)
        if feed is None:  # removed since it was claimed
            continue
        state = parts.feeds.state(feed_id)
        host = host_of(feed_url(feed, state))
        with parts.shares.hold(host) as granted:
            wait = parts.hosts.acquire(host, _now()) if granted else parts.settings.fetch.host_gap
            if granted and not wait:
                found += _poll(parts, feed, state, host)
            else:
                parts.feeds.hasten(feed_id, due=_now() + timedelta(seconds=wait))
    return found


def _poll(parts: Parts, feed: Feed, state: FeedState, host: str) -> list[str]:
    with turn(parts.hosts, host, parts.client, _now) as client:
        polled = poll_feed(
            feed,
            state,
            outlet=parts.outlet(feed.outlet),
            client=client,
            settings=parts.settings.poll,
            now=_now(),
            rng=parts.random,
            pushed=push.pushed(parts, feed.id),
        )
    new = parts.ledger.offer(polled.entries, now=_now())
    polled = push.after_poll(parts, feed, polled, new)
    event = polled.event | {"new": len(new)}
    parts.feeds.settle(polled.state, event)
    tell_poll(parts, feed, event)
    log.info("polled", feed=feed.id, url=feed.url, **event)
    return new


def _now() -> datetime:
    return datetime.now(UTC)
