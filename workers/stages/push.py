"""WebSub over the stores: hubs are asked, what they deliver goes the way of a poll, and polls watch over push.

    poll ─ a hub is announced ─► asked ─ the hub verifies (workers.operate.callback) ─► it delivers ─► inbox
    inbox ─► parsed ─► ledger ─► fetch                       poll, daily ─ found what push missed ─► polled as before

A delivery that cannot be read, or is empty (a thin ping), is a hint: the feed is polled at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from workers.fetch.http import FetchError
from workers.model import Feed, FeedState
from workers.poll import websub
from workers.poll.apart import read_feed
from workers.poll.poll import Polled, feed_url, young_enough
from workers.poll.urls import host_of, normal_url
from workers.poll.websub import Subscription
from workers.stages.publishing import tell_poll
from workers.store.push import Delivery
from workers.wiring import Parts

log = structlog.get_logger("rasid")

AT_ONCE = 20
"""Hubs asked and deliveries read by one task."""


# --- beside a poll -----------------------------------------------------------------------------------------------


def pushed(parts: Parts, feed: str) -> tuple[str, ...]:
    """Ids that push brought since the feed's last poll."""
    if not parts.settings.poll.push_url:
        return ()
    subscription = parts.push.subscription(feed)
    return subscription.pushed if subscription else ()


def after_poll(parts: Parts, feed: Feed, found: Polled, new: Collection[str]) -> Polled:
    """Subscribe where the feed announces a hub; judge push by what the poll found; poll daily while it works."""
    settings, now = parts.settings.poll, _now()
    if not settings.push_url:
        return found
    subscription = _subscribed(parts, feed, found.state, now)
    if subscription is None or found.state.errors or not subscription.live(now):
        return found
    lost = websub.missed(found.entries, frozenset(new), now, settings.push_grace)
    parts.push.change(feed.id, lambda known: websub.polled(known, lost, now, settings))
    if lost:
        state = replace(found.state, interval=min(found.state.interval, settings.first_interval))
        soon = now + timedelta(seconds=state.interval)
        state = replace(state, next_check_at=min(state.next_check_at or soon, soon))
        return replace(found, state=state, event=found.event | {"push_missed": len(lost), "next": soon.isoformat()})
    later = now + timedelta(seconds=settings.push_poll * (1 + settings.jitter * parts.random.random()))
    state = replace(found.state, next_check_at=max(found.state.next_check_at or later, later))
    return replace(found, state=state, event=found.event | {"push": "live", "next": later.isoformat()})


def _subscribed(parts: Parts, feed: Feed, state: FeedState, now: datetime) -> Subscription | None:
    """The feed's subscription; a new one where the feed announces a hub or topic that is not the known one."""
    known = parts.push.subscription(feed.id)
    hub, topic = str(state.extra.get("hub", "")), normal_url(str(state.extra.get("topic", "")))
    if not hub or not topic or (known is not None and (known.hub, known.topic) == (hub, topic)):
        return known
    made = Subscription(feed=feed.id, hub=hub, topic=topic, key=secrets.token_hex(16), secret=secrets.token_hex(32))
    parts.push.keep(made, due=now)
    return made


# --- what is due -------------------------------------------------------------------------------------------------


def work(parts: Parts) -> list[str]:
    """Ask the hubs that are due, read what hubs delivered. Ids to fetch."""
    lease = parts.settings.poll.lease
    for feed in parts.push.claim_due(now=_now(), limit=AT_ONCE, lease=lease):
        _ask(parts, feed)
    found: list[str] = []
    for delivery in parts.push.claim_deliveries(now=_now(), limit=AT_ONCE, lease=lease):
        found += _read(parts, delivery)
        parts.push.settle(delivery.id)
    return found


def _ask(parts: Parts, id_: str) -> None:
    """Ask a feed's hub for the subscription, or its renewal; a feed whose lease ended meanwhile is polled again."""
    now, settings = _now(), parts.settings.poll
    subscription, feed = parts.push.subscription(id_), parts.feeds.feed(id_)
    if subscription is None or feed is None or not settings.push_url:
        parts.push.forget(id_)
        return
    if subscription.state == "verified" and not subscription.verified(now):
        parts.feeds.hasten(id_, due=now)
    host = host_of(subscription.hub)
    if (wait := parts.hosts.acquire(host, now)) > 0:
        parts.push.postpone(id_, due=now + timedelta(seconds=wait))
        return
    status, problem = 0, ""
    try:
        answer = parts.client.post(
            subscription.hub,
            body=websub.request_form(subscription, settings.push_url, settings.push_lease),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        status = answer.status
        problem = "" if 200 <= status < 300 else f"the hub answered HTTP {status}"
    except FetchError as error:
        problem = str(error)
    finally:
        parts.hosts.release(host, elapsed=0.0, status=status, now=_now())

    def noted(known: Subscription) -> Subscription:  # the hub may have verified while it answered
        return known if known.expires_at != subscription.expires_at else websub.asked(known, now, problem)[0]

    after = parts.push.change(id_, noted)
    if after is not None and after.expires_at == subscription.expires_at:
        parts.push.postpone(id_, due=websub.asked(subscription, now)[1])
    log.info("hub asked", feed=id_, hub=subscription.hub, problem=problem)


def _read(parts: Parts, delivery: Delivery) -> list[str]:
    """One delivery the way of a poll: parsed, offered to the ledger, noted in the feed's history."""
    now, feed = _now(), parts.feeds.feed(delivery.feed)
    if feed is None:
        return []
    parsed = read_feed(
        delivery.body,
        url=feed_url(feed, parts.feeds.state(feed.id)),
        feed=feed,
        outlet=parts.outlet(feed.outlet),
        headers={"content-type": delivery.content_type},
        now=now,
        settings=parts.settings.poll,
    )
    entries = young_enough(parsed.entries, parts.settings.poll, now)
    if not entries:
        parts.feeds.hasten(feed.id, due=now)
        log.info("push hint", feed=feed.id, problem=parsed.failure or "no entries")
        return []
    new = parts.ledger.offer(entries, now=now)
    parts.push.change(feed.id, lambda known: websub.delivered(known, [entry.id for entry in entries], now))
    _note(parts, feed, {"at": now.isoformat(), "pushed": True, "offered": len(entries), "new": len(new)}, now)
    return new


def _note(parts: Parts, feed: Feed, event: dict[str, Any], now: datetime) -> None:
    event = {"status": 200, "seconds": round((_now() - now).total_seconds(), 3), **event}
    parts.feeds.note(feed.id, event)
    tell_poll(parts, feed, event)
    log.info("pushed", feed=feed.id, url=feed.url, **event)


def _now() -> datetime:
    return datetime.now(UTC)
