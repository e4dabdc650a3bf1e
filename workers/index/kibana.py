"""Kibana's saved objects: read from config/kibana, pointed at our alias, imported over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import urllib3

from workers.errors import Fault, UserError

Json = dict[str, Any]

SHIPPED_PREFIX = "news-"
"""What the files' data views begin with (`news-read`, `news-polls`); another prefix is put in its place."""
BOUNDARY = "rasid-saved-objects"
DATA_VIEW = "rasid-articles"


def saved_objects(folder: Path, prefix: str) -> bytes:
    """Every object of `folder`/*.ndjson, data views of the indexes of `prefix`; raises `UserError` with the line."""
    lines = [orjson.dumps(_pointed(found, prefix)) for _, found in read_objects(folder)]
    if not lines:
        raise UserError(Fault(str(folder), "holds no .ndjson file"))
    return b"\n".join(lines) + b"\n"


def read_objects(folder: Path) -> Iterator[tuple[str, Json]]:
    """(file:line, object) of each object."""
    for path in sorted(folder.glob("*.ndjson")):
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            try:
                yield f"{path}:{number}", orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise UserError(Fault(f"{path}:{number}", f"is not valid JSON: {error.msg}")) from None


def _pointed(found: Json, prefix: str) -> Json:
    if found["type"] != "index-pattern":
        return found
    title = f"{prefix}-{found['attributes']['title'].removeprefix(SHIPPED_PREFIX)}"
    return {**found, "attributes": {**found["attributes"], "title": title}}


def install(url: str, objects: bytes, *, timeout: float, headers: dict[str, str] | None = None) -> int:
    """Import `objects` into the Kibana at `url`, replacing those of the same id; how many. Raises `UserError`."""
    sent = {"kbn-xsrf": "rasid", "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **(headers or {})}
    body = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="rasid.ndjson"\r\n'
        "Content-Type: application/ndjson\r\n\r\n"
    ).encode()
    body += objects + f"\r\n--{BOUNDARY}--\r\n".encode()
    target = f"{url.rstrip('/')}/api/saved_objects/_import?overwrite=true"
    try:
        answer = urllib3.request("POST", target, body=body, headers=sent, timeout=timeout, retries=False)
    except urllib3.exceptions.HTTPError as error:
        raise UserError(Fault(url, f"does not answer: {error}", "is Kibana running there?")) from None
    if answer.status != 200:
        raise UserError(Fault(url, f"answered {answer.status}: {answer.data[:300].decode('utf-8', 'replace')}"))
    return _imported(url, orjson.loads(answer.data))


def _imported(url: str, answer: Json) -> int:
    if not answer.get("success"):
        faults = [
            Fault(f"{url} {error.get('type')}/{error.get('id')}", str(error.get("error", {}).get("type", "refused")))
            for error in answer.get("errors", ())
        ]
        raise UserError(faults or Fault(url, "imported nothing"))
    return int(answer["successCount"])


def discover_link(url: str, query: str, *, since: datetime | None = None, until: datetime | None = None) -> str:
    """A link into Kibana's Discover with a query (KQL) and a time range, the last 7 days where none is given."""
    start = f"'{since.isoformat()}'" if since else "now-7d"
    end = f"'{until.isoformat()}'" if until else "now"
    escaped = query.replace("!", "!!").replace("'", "!'")
    app = f"(dataSource:(dataViewId:{DATA_VIEW},type:dataView),query:(language:kuery,query:'{escaped}'))"
    return (
        f"{url.rstrip('/')}/app/discover#/?_g=(time:(from:{quote(start)},to:{quote(end)}))&_a={quote(app, safe='():,')}"
    )
