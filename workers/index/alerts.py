"""Alert records in Elasticsearch (`ports.AlertHistory`): the index `<prefix>-alerts`, which Kibana shows too.

`_id` is the alert's (or the mark's) id and the version is ours, so that a late copy changes nothing. What has to be
found at once is asked by id, which Elasticsearch answers from its log without waiting for a refresh.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from elasticsearch import Elasticsearch, NotFoundError

from workers.errors import Retry
from workers.index.faults import waiting
from workers.index.schema import read_body
from workers.index.walk import create_missing
from workers.model import Alert, dump, load
from workers.ports import AlertRecord

Json = dict[str, Any]

OPEN = ("waiting", "held", "dead")
_PAGE = 500
_OLDER = 409


class ElasticAlerts:
    """`ports.AlertHistory` in Elasticsearch. `prefix` as in `index.elastic.Names`."""

    def __init__(self, client: Elasticsearch, prefix: str, config_dir: Path) -> None:
        self.client = client
        self.index = f"{prefix}-alerts"
        self._config_dir = config_dir
        self._made = False

    def init(self) -> list[str]:
        done = create_missing(self.client, self.index, read_body(self._config_dir, "alert"))
        self._made = True
        return done

    def put(self, records: Sequence[AlertRecord]) -> None:
        for start in range(0, len(records), _PAGE):
            self._put(records[start : start + _PAGE])

    def _put(self, records: Sequence[AlertRecord]) -> None:
        lines: Any = b"".join(
            orjson.dumps(part) + b"\n"
            for record in records
            for part in (
                {"index": {"_id": record.id, "version": record.version, "version_type": "external_gte"}},
                document_of(record),
            )
        )
        if not self._made:  # a write must not make the index with a guessed mapping
            self.init()
        with waiting():
            answer = self.client.bulk(
                operations=lines, index=self.index, filter_path="items.*.status,items.*.error.reason"
            )
        for item in (item["index"] for item in answer["items"]):
            if item["status"] not in {200, 201, _OLDER}:
                raise Retry(f"alert history: {item['status']} {item['error']['reason']}", burn_attempt=False)

    def get(self, ids: Sequence[str]) -> dict[str, AlertRecord]:
        if not ids:
            return {}
        with waiting():
            try:
                answer = self.client.mget(index=self.index, ids=list(dict.fromkeys(ids)), source=["record"])
            except NotFoundError:
                return {}
        return {found["_id"]: _record(found) for found in answer["docs"] if found.get("found")}

    def latest(self, *, limit: int, rule: str | None = None) -> list[AlertRecord]:
        wanted: list[Json] = [{"term": {"kind": "alert"}}]
        if rule is not None:
            wanted.append({"term": {"rule": rule}})
        return [_record(hit) for hit in self._search(wanted, newest=True, size=min(limit, 10_000))]

    def open(self, since: datetime) -> Iterator[AlertRecord]:
        wanted: list[Json] = [{"terms": {"state": list(OPEN)}}, {"range": {"at": {"gt": since.isoformat()}}}]
        after: list[Any] | None = None
        with waiting():
            self.client.indices.refresh(index=self.index, ignore_unavailable=True)
        while hits := self._search(wanted, newest=False, size=_PAGE, after=after):
            yield from (_record(hit) for hit in hits)
            after = hits[-1]["sort"]

    def _search(self, wanted: list[Json], *, newest: bool, size: int, after: list[Any] | None = None) -> list[Json]:
        with waiting():
            answer = self.client.search(
                index=self.index,
                ignore_unavailable=True,
                query={"bool": {"filter": wanted}},
                sort=[{"at": "desc" if newest else "asc"}, {"told": "asc"}],
                size=size,
                search_after=after,
                source={"includes": ["record"]},
            )
        hits: list[Json] = answer["hits"]["hits"]
        return hits

    def close(self) -> None:
        """End the client's connections."""
        self.client.close()


def document_of(record: AlertRecord) -> Json:
    """The document of `record`: the fields of config/elasticsearch/alert.json."""
    found: Json = {
        "kind": "mark" if record.alert is None else "alert",
        "told": record.told,
        "rule": record.rule,
        "article": record.article,
        "at": record.at.isoformat(),
        "state": record.state,
        "record": dump(record).decode(),
    }
    if record.alert is not None:
        found |= _facts(record, record.alert)
    return {key: value for key, value in found.items() if value not in (None, "", [], ())}


def _facts(record: AlertRecord, alert: Alert) -> Json:
    facts = alert.extra
    acked_at, _, acked_by = record.acked.partition(" ")
    found: Json = {
        name: facts.get(name)
        for name in ("name", "rule_kind", "query", "severity", "owner", "labels", "title", "url", "outlet", "agency")
    }
    found |= {name: facts.get(name) for name in ("published", "first_seen")}
    found |= {"story": alert.story, "reason": alert.reason, "highlights": list(alert.highlights)}
    found |= {"channels": list(alert.channels), "acked_by": acked_by, "acked_at": acked_at}
    found["sent_to"] = [channel for channel, state in record.deliveries.items() if state == "sent"]
    if record.delivered_at is not None:
        found["delivered_at"] = record.delivered_at.isoformat()
        found["seconds"] = round((record.delivered_at - alert.at).total_seconds(), 1)
    return found


def _record(hit: Json) -> AlertRecord:
    return load(AlertRecord, hit["_source"]["record"])
