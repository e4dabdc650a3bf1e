"""Indexes as a whole: made where missing, gone through, pruned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch

from workers.index.document import article_of
from workers.index.faults import waiting
from workers.model import Article
from workers.ports import SCAN_BATCH, Scan

Json = dict[str, Any]


def scan(client: Elasticsearch, index: str, wanted: Scan) -> Iterator[list[Article]]:
    """`ports.ArticleIndex.scan`, by `search_after`: no context is held on the server, however long a batch takes."""
    body: Json = {
        "query": _query(wanted),
        "sort": [{"first_seen": "asc"}, {"id": "asc"}],
        "size": SCAN_BATCH,
        "track_total_hits": False,
    }
    while True:
        with waiting():
            hits = client.search(index=index, body=body)["hits"]["hits"]
        if not hits:
            return
        yield [article_of(hit["_source"]) for hit in hits]
        body["search_after"] = hits[-1]["sort"]


def _query(wanted: Scan) -> Json:
    times = {"gte": wanted.since, "lt": wanted.until}
    bounds = {name: at.isoformat() for name, at in times.items() if at is not None}
    filters: list[Json] = [{"range": {"first_seen": bounds}}] if bounds else []
    if wanted.outlets:
        filters.append({"terms": {"outlet": list(wanted.outlets)}})
    done = [{"wildcard": {"rules_version": wanted.unless_version}}] if wanted.unless_version else []
    return {"bool": {"filter": filters, "must_not": done}}


def create_missing(client: Elasticsearch, index: str, body: Json) -> list[str]:
    """Make `index` unless it is there, or somebody else is at it; what was made, in words."""
    with waiting():
        if client.indices.exists(index=index):
            return []
        try:
            client.options(request_timeout=180).indices.create(index=index, body=body)
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise
            return []
    return [f"made the index {index}"]


def remove(client: Elasticsearch, index: str, query: Json) -> int:
    """Delete what `query` finds, as far as it was searchable; how many. What is re-written meanwhile stays."""
    with waiting():
        client.indices.refresh(index=index)
        answer = client.options(request_timeout=600).delete_by_query(index=index, query=query, conflicts="proceed")
    return int(answer["deleted"])
