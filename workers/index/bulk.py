"""Articles on their way into Elasticsearch: serialised once, in batches bounded by number, bytes and time."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from elastic_transport import Urllib3HttpNode
from elastic_transport.client_utils import DEFAULT, DefaultType
from elasticsearch import ApiError, Elasticsearch, TransportError

from workers.index.document import document_of
from workers.index.faults import reason_of
from workers.index.versions import version_of
from workers.model import Article
from workers.ports import Verdict

Json = dict[str, Any]

MAX_ITEMS = 500
MAX_BYTES = 5 * 1024 * 1024
"""Past 500 documents a bulk gained nothing (research: search, section 4); bytes bound the memory on both sides."""
FIRST_ITEMS = 50
"""Of a stream's first batch; each further one may have four times as many: the server need not wait for a whole one."""
STREAM_SECONDS = 1.0
"""A batch of a stream waits no longer than this for more articles: with the refresh interval far under 5 s."""
WORTH_PACKING = 1024
_WANTED = "items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason"


class PackingNode(Urllib3HttpNode):
    """The client's connection, but bodies are packed at gzip level 1: level 9, which it has no option for, took six
    times as long for a seventh less on bulks of Arabic articles."""

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Any = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> Any:
        """As the base class."""
        if body is not None and len(body) > WORTH_PACKING:
            headers = {**(headers or {}), "content-encoding": "gzip"}
            body = gzip.compress(body, 1)
        return super().perform_request(method, target, body, headers, request_timeout)


@dataclass(frozen=True, slots=True)
class Line:
    """One article of a bulk request, serialised."""

    id: str
    action: bytes
    source: bytes = field(repr=False)


def batches(
    articles: Iterable[Article], clock: Callable[[], datetime], *, seconds: float | None = None
) -> Iterator[list[Line]]:
    """The articles in lots of at most `MAX_ITEMS` and `MAX_BYTES`; a lot older than `seconds` goes with what it has.

    Age is looked at when an article comes: a source that may stay silent should end its iteration.
    """
    batch: list[Line] = []
    most = MAX_ITEMS if seconds is None else FIRST_ITEMS
    size, began, indexed = 0, time.monotonic(), clock().isoformat()
    for article in articles:
        line = line_of(article, indexed)
        old = seconds is not None and time.monotonic() - began > seconds
        if batch and (old or len(batch) >= most or size + len(line.source) > MAX_BYTES):
            yield batch
            most = min(MAX_ITEMS, 4 * most)
            batch, size, began, indexed = [], 0, time.monotonic(), clock().isoformat()
        batch.append(line)
        size += len(line.source)
    if batch:
        yield batch


def line_of(article: Article, indexed: str) -> Line:
    """`article` with the time at which it is sent (ISO)."""
    action = {"_id": article.id, "version": version_of(article), "version_type": "external_gte"}
    source = {**document_of(article), "indexed": indexed}
    return Line(article.id, orjson.dumps({"index": action}), orjson.dumps(source))


def body_of(batch: Iterable[Line]) -> bytes:
    """A bulk request's body."""
    return b"\n".join(part for line in batch for part in (line.action, line.source)) + b"\n"


def send(client: Elasticsearch, alias: str, batch: list[Line]) -> list[Verdict]:
    """One bulk request; a verdict an article. What is too large, or cannot be read, is halved until it is found."""
    lines: Any = body_of(batch)  # serialised already: the client passes bytes on
    try:
        answer = client.bulk(operations=lines, index=alias, require_alias=True, filter_path=_WANTED)
    except ApiError as error:
        if error.status_code in {400, 413}:
            return _halved(client, alias, batch, error)
        return [Verdict(line.id, "wait", reason_of(error)) for line in batch]
    except TransportError as error:
        return [Verdict(line.id, "wait", reason_of(error)) for line in batch]
    return [_verdict(line.id, item["index"]) for line, item in zip(batch, answer["items"], strict=True)]


def _halved(client: Elasticsearch, alias: str, batch: list[Line], error: ApiError) -> list[Verdict]:
    if len(batch) == 1:
        return [Verdict(batch[0].id, "rejected", reason_of(error))]
    middle = len(batch) // 2
    return send(client, alias, batch[:middle]) + send(client, alias, batch[middle:])


def _verdict(article: str, item: Json) -> Verdict:
    status = item["status"]
    if status in {200, 201}:
        return Verdict(article, "stored")
    if status == 409:
        return Verdict(article, "older")
    error = item.get("error", {})
    reason = f"{status} {error.get('type', '')}: {error.get('reason', '')}"
    if cause := error.get("caused_by", {}).get("reason"):
        reason += f" ({cause})"
    return Verdict(article, "rejected" if status in {400, 413} else "wait", reason)
