"""Polls and outcomes to where Kibana finds them."""

from __future__ import annotations

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
