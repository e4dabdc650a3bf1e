"""Polls and final outcomes as documents, so that Kibana can show them: one index a kind (`<prefix>-polls`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import structlog
from elasticsearch import Elasticsearch

from workers.index import walk
from workers.index.faults import waiting
from workers.index.schema import read_body
from workers.store.events import Event

KINDS = ("polls", "outcomes")
_SETTLED = frozenset({200, 201, 400})

log = structlog.get_logger("rasid")


class EventIndex:
    """The indexes of one prefix. `prefix` as in `index.elastic.Names`."""

    def __init__(self, client: Elasticsearch, prefix: str, config_dir: Path) -> None:
        self._client = client
        self._prefix = prefix
        self._config_dir = config_dir
        self._made = False

    def index_of(self, kind: str) -> str:
        """The index that holds events of `kind`."""
        return f"{self._prefix}-{kind}"

    def init(self) -> list[str]:
        """Make what is missing; what was made, in words. Harmless when all is there, or somebody else is at it."""
        made = [walk.create_missing(self._client, self.index_of(k), read_body(self._config_dir, k)) for k in KINDS]
        self._made = True
        return [line for lines in made for line in lines]

    def put(self, events: Sequence[Event]) -> list[Event]:
        """Write `events`; returns those that are settled. Raises `Retry` while Elasticsearch is away or busy.

        An event that Elasticsearch refuses for ever is settled too, with a warning: it must not hold up the others.
        """
        if not self._made:
            self.init()
        lines: Any = b"".join(
            orjson.dumps(part) + b"\n"
            for event in events
            for part in ({"index": {"_index": self.index_of(event.kind), "_id": event.id}}, event.document)
        )
        with waiting():
            answer = self._client.bulk(operations=lines, filter_path="items.*.status,items.*.error.reason")
        settled = []
        for event, item in zip(events, (item["index"] for item in answer["items"]), strict=True):
            if item["status"] == 400:
                log.warning("event refused", kind=event.kind, id=event.id, reason=item["error"]["reason"])
            if item["status"] in _SETTLED:
                settled.append(event)
        return settled

    def remove_before(self, moment: datetime) -> int:
        """Delete events from before `moment`; how many."""
        names = [name for name in map(self.index_of, KINDS) if self._client.indices.exists(index=name)]
        query = {"range": {"at": {"lt": moment.isoformat()}}}
        return sum(walk.remove(self._client, name, query) for name in names)
