"""The naive pipeline that `rasid bench pipeline` runs beside ours: what one writes on the first afternoon.

A task a URL on a prefork worker, a fresh connection a page, trafilatura with its defaults and metadata, one document at
a time with refresh. A fair copy of common practice, not a straw man: it extracts, and every article ends in the index.
"""

from __future__ import annotations

import hashlib
import json
import os

import trafilatura
import urllib3
from celery import Celery
from elasticsearch import Elasticsearch

app = Celery("naive", broker=os.environ.get("NAIVE_BROKER", "redis://127.0.0.1:1/0"))
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    broker_transport_options={"global_keyprefix": "naive:"},
    broker_connection_retry_on_startup=True,
    task_default_queue="naive",
)

_index = os.environ.get("NAIVE_INDEX", "naive")
_clients: list[Elasticsearch] = []


def _elasticsearch() -> Elasticsearch:
    if not _clients:
        _clients.append(Elasticsearch(os.environ["NAIVE_ELASTICSEARCH"]))
    return _clients[0]


@app.task(name="naive.article")
def article(url: str) -> None:
    """Fetch, extract and index one page."""
    page = urllib3.request("GET", url, timeout=30)
    found = trafilatura.extract(page.data, url=url, output_format="json", with_metadata=True)
    if found is not None:
        document = json.loads(found)
        id_ = hashlib.sha256(url.encode()).hexdigest()[:32]
        _elasticsearch().index(index=_index, id=id_, document=document, refresh=True)
