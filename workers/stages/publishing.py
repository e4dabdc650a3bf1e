"""Polls and outcomes to where Kibana finds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.model import Feed
from workers.store.events import poll_event
from workers.store.meters import POLLS, poll_result
from workers.wiring import Parts

_EVENTS_AT_ONCE = 1000
_EVENTS_A_TURN = 20_000


def publish(parts: Parts) -> int:
    """Write polls and outcomes to their own indexes; how many. Raises `Retry` while Elasticsearch is away."""
    written = 0
    if parts.events is None:
        return 0
    with parts.events.turn() as mine:
        while mine and written < _EVENTS_A_TURN and (events := parts.events.take(_EVENTS_AT_ONCE)):
            settled = parts.event_index.put(events)
            parts.events.done(settled)
            written += len(settled)
            if not settled:
                break
    return written


def tell_poll(parts: Parts, feed: Feed, event: Mapping[str, Any]) -> None:
    """Tell those who watch of a poll or a delivery: an event for Kibana, a count for the metrics."""
    if parts.events is not None:
        parts.events.add("polls", *poll_event(feed, event))
    parts.meters.add(POLLS, {(poll_result(event),): 1})
