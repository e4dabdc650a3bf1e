"""What `rasid feeds list` and `rasid feeds show` say of feeds: rows for programs, tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.table import Column, Table

from workers.model import Feed, FeedState
from workers.poll.health import explain, feed_health, moved
from workers.poll.websub import Subscription
from workers.settings import PollSettings


def row(
    feed: Feed,
    state: FeedState | None,
    push: Subscription | None,
    *,
    now: datetime,
    settings: PollSettings,
) -> dict[str, Any]:
    """The documented JSON object of one feed."""
    known = state or FeedState(feed=feed.id)
    return {
        "id": feed.id,
        "url": feed.url,
        "asked_at": str(known.extra.get("url") or feed.url),
        "outlet": feed.outlet,
        "title": feed.title or known.extra.get("title", ""),
        "health": feed_health(feed, state, now=now, settings=settings),
        "troubles": explain(feed, state, now=now),
        "entries_per_week": known.entries_per_week,
        "interval": known.interval,
        "polls": known.polls,
        "gaps": known.gaps,
        "checked_at": _iso(known.checked_at),
        "next_check_at": _iso(known.next_check_at),
        "last_new_at": _iso(known.last_new_at),
        "status": known.last_status,
        "error": known.last_error,
        "problems": list(known.extra.get("problems", [])),
        "moved_to": moved(feed, known),
        "addresses": list(known.extra.get("addresses", [])),
        "tls_verified": not known.extra.get("insecure", False),
        "hub": known.extra.get("hub", ""),
        "push": push.word(now) if push else "",
    }


def table(rows: Sequence[dict[str, Any]]) -> Table:
    """All feeds, a line each."""
    address = Column("address", overflow="fold", min_width=40)
    found = Table("outlet", "health", "a week", "every", "next", address, "push", "trouble", box=None)
    for one in rows:
        trouble = "; ".join(one["troubles"])
        rhythm = (f"{one['entries_per_week']:.0f}", span(one["interval"]), (one["next_check_at"] or "")[:16])
        found.add_row(one["outlet"], one["health"], *rhythm, one["asked_at"], one["push"], trouble[:90])
    return found


def history(events: Sequence[dict[str, Any]]) -> Table:
    """A feed's polls and deliveries, newest first."""
    found = Table("when", "status", "offered", "new", "seconds", "what came of it", box=None)
    for event in events:
        numbers = (str(event.get(key, "")) for key in ("offered", "new", "seconds"))
        status = "" if event.get("status") is None else str(event["status"])
        found.add_row(str(event.get("at", ""))[:19], status, *numbers, _came(event)[:90])
    return found


def _came(event: dict[str, Any]) -> str:
    if event.get("error"):
        return str(event["error"])
    words = ["pushed by the hub"] if event.get("pushed") else ["unchanged"] if event.get("unchanged") else ["read"]
    words += ["gap: nothing shared with the poll before"] if event.get("gap") else []
    words += [f"push had missed {event['push_missed']}"] if event.get("push_missed") else []
    return "; ".join([*words, *(str(problem) for problem in event.get("problems", []))])


def span(seconds: float) -> str:
    """An interval as a person reads it."""
    return f"{seconds / 3600:.1f} h" if seconds >= 7200 else f"{seconds / 60:.0f} min"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
