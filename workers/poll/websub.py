"""WebSub (W3C Recommendation of 23 January 2018), the subscriber's side: what is asked of a hub, what a hub may ask and
send, and when push can be relied on. Pure; keys, secrets and moments are arguments.

A subscription is trusted only after its hub has delivered, and no longer once a poll finds what push missed: hubs are
announced that nobody notifies, and some drop deliveries. Polling goes on in any case, once a day while push works.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

from workers.model import FeedEntry
from workers.poll.urls import normal_url
from workers.settings import PollSettings

PATH = "/websub/"
"""Callbacks lie below it: `/websub/<feed>/<key>`."""
ASK_AGAIN = 3600.0
"""Seconds after which a hub that did not answer, or did not verify, is asked again; doubled each time, up to a week."""
_WEEK = 7 * 86400.0
RENEW_AT = 0.8
"""Of the lease, after which it is renewed."""
LEASE_LEAST, LEASE_MOST = 300.0, 30 * 86400.0
"""Seconds. What a hub grants beyond is taken as the bound: a lease of an hour's seconds is a hub's mistake."""
KEPT_PUSHED = 300
_DIGESTS = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""The methods that WebSub names for X-Hub-Signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed's standing with its hub."""

    feed: str
    hub: str
    topic: str
    key: str
    """The part of the callback's address that nobody can guess."""
    secret: str
    """What the hub signs its deliveries with."""
    state: Literal["asked", "verified", "denied"] = "asked"
    tries: int = 0
    """Requests since the hub last verified."""
    lease: float = 0.0
    """Seconds granted."""
    expires_at: datetime | None = None
    pushes: int = 0
    pushed_at: datetime | None = None
    pushed: tuple[str, ...] = ()
    """Ids of the entries delivered since the last poll, newest first: that poll must not take them for missed."""
    distrusted_until: datetime | None = None
    note: str = ""
    """What went wrong last, in words."""

    def verified(self, now: datetime) -> bool:
        """Whether the hub has confirmed it and the lease still runs."""
        return self.state == "verified" and self.expires_at is not None and self.expires_at > now

    def live(self, now: datetime) -> bool:
        """Whether push can be relied on: verified, has delivered, has missed nothing lately."""
        trusted = self.distrusted_until is None or self.distrusted_until <= now
        return self.pushes > 0 and trusted and self.verified(now)

    def word(self, now: datetime) -> str:
        """One word for a person: live, waiting (verified, nothing delivered yet), distrusted, lapsed, asked, denied."""
        if self.live(now):
            return "live"
        if self.verified(now):
            return "distrusted" if self.pushes else "waiting"
        return "lapsed" if self.state == "verified" else self.state


def callback(base: str, subscription: Subscription) -> str:
    """The address that the hub is to call; `base` is `poll.push_url`."""
    return f"{base.rstrip('/')}{PATH}{subscription.feed}/{subscription.key}"


def request_form(subscription: Subscription, base: str, lease: float) -> bytes:
    """The body of the POST that asks a hub for the subscription or its renewal."""
    form = {
        "hub.mode": "subscribe",
        "hub.topic": subscription.topic,
        "hub.callback": callback(base, subscription),
        "hub.lease_seconds": str(int(lease)),
        "hub.secret": subscription.secret,
    }
    return urlencode(form).encode()


def asked(subscription: Subscription, now: datetime, problem: str = "") -> tuple[Subscription, datetime]:
    """The subscription after it was asked for, and when to ask again unless the hub verifies it before."""
    tries = subscription.tries + 1
    wait = min(ASK_AGAIN * 2 ** min(tries - 1, 10), _WEEK)
    return replace(subscription, tries=tries, note=problem[:300]), now + timedelta(seconds=wait)


def verify(
    subscription: Subscription, query: Mapping[str, str], now: datetime, lease: float
) -> tuple[Subscription, datetime] | None:
    """What a hub's GET makes of the subscription, and when it is due again; None: not what we asked for (answer 404).
    A verification is answered with `hub.challenge`. `lease`: what was asked for, where the hub does not say."""
    if normal_url(query.get("hub.topic", "")) != subscription.topic:
        return None
    if query.get("hub.mode") == "denied":
        note = f"denied by the hub: {query.get('hub.reason', 'no reason given')}"[:300]
        return replace(subscription, state="denied", note=note), now + timedelta(seconds=_WEEK)
    if query.get("hub.mode") != "subscribe" or not query.get("hub.challenge"):
        return None
    given = query.get("hub.lease_seconds", "")
    seconds = min(max(float(given[:9]) if given.isdigit() else lease, LEASE_LEAST), LEASE_MOST)
    granted = replace(
        subscription,
        state="verified",
        tries=0,
        lease=seconds,
        expires_at=now + timedelta(seconds=seconds),
        note="",
    )
    return granted, now + timedelta(seconds=RENEW_AT * seconds)


def signed(subscription: Subscription, header: str, body: bytes) -> bool:
    """Whether `X-Hub-Signature` (`sha256=hex`) is that of `body` under the secret that only the hub knows."""
    method, _, given = header.strip().partition("=")
    if method.lower() not in _DIGESTS:
        return False
    expected = hmac.new(subscription.secret.encode(), body, getattr(hashlib, method.lower())).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode())


def delivered(subscription: Subscription, ids: Iterable[str], now: datetime) -> Subscription:
    """The subscription after a delivery that could be read."""
    pushed = tuple(dict.fromkeys((*ids, *subscription.pushed)))[:KEPT_PUSHED]
    return replace(subscription, pushes=subscription.pushes + 1, pushed_at=now, pushed=pushed, note="")


def missed(entries: Iterable[FeedEntry], new: Collection[str], now: datetime, grace: float) -> list[str]:
    """Entries that a poll found first although push should have brought them: `new` to the ledger, and not so young
    that they may still be on their way."""
    latest = now - timedelta(seconds=grace)
    return [e.id for e in entries if e.id in new and (e.published is None or e.published <= latest)]


def polled(subscription: Subscription, lost: Collection[str], now: datetime, settings: PollSettings) -> Subscription:
    """The subscription after a poll: what was delivered is accounted for, one that lost something is distrusted."""
    if not lost:
        return replace(subscription, pushed=())
    until = now + timedelta(seconds=settings.push_distrust)
    note = f"a poll found {len(lost)} entries that push had not brought"
    return replace(subscription, pushed=(), distrusted_until=until, note=note)
