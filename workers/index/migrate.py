"""A new index beside the old one, while articles keep coming in.

1. Make `<prefix>-v<n+1>` with today's mapping and lexicon, unless a migration that was cut off has made it already.
2. Copy everything with its versions (`external`: what is there already in that version or a newer one is left alone).
3. Copy again what was written meanwhile, until a round finds next to nothing.
4. Point both aliases to the new index in one atomic call: readers never see an empty or half-filled alias.
5. Close the old index to writes, which waits for those on their way (they come back as "not now", and the ledger sends
   them to the new one), and copy once more what had reached it between the last round and the swap.

Every step may be repeated, so an interrupted migration is resumed by running it again. The old index stays until it is
removed on request. Workers should be restarted afterwards: they analyse queries with the lexicon they began with.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import Elasticsearch

from workers.errors import Fault, UserError
from workers.index.elastic import ElasticIndex

MARGIN = timedelta(minutes=2)
"""How far clocks of workers may be apart, and an answer be late: rounds overlap by this."""
SMALL = 500
"""A round that wrote fewer articles than this is followed by the swap."""
ROUNDS = 20

Say = Callable[[str], None]


def migrate(index: ElasticIndex, *, say: Say, remove_old: bool = False) -> str:
    """Run or resume a migration; returns the new index's name. `say` gets a line a step."""
    client, names = index.client, index.names
    old = current_index(client, names.read)
    new = names.version(_number(old, names.prefix) + 1)
    if not client.indices.exists(index=new):
        client.options(request_timeout=180).indices.create(index=new, body=index.body())
        say(f"made {new}")
    _check_meta(client, new, index.analyzer.name)
    since = None
    for _ in range(ROUNDS):
        began = datetime.now(UTC) - MARGIN
        written = copy(client, old, new, since=since)
        say(f"copied {written} articles from {old}")
        since = began
        if written < SMALL:
            break
    swap(client, names.read, names.write, old, new)
    say(f"{names.read} and {names.write} point to {new}")
    client.indices.add_block(index=old, block="write")
    say(f"copied {copy(client, old, new, since=since)} late articles")
    _compare(client, old, new)
    if remove_old:
        client.indices.delete(index=old)
        say(f"removed {old}")
    return new


def current_index(client: Elasticsearch, alias: str) -> str:
    """The index behind `alias`; raises `UserError` where there is none or more than one."""
    found = [*client.indices.get_alias(name=alias)] if client.indices.exists_alias(name=alias) else []
    if len(found) == 1:
        return str(found[0])
    raise UserError(Fault("index", f"{alias} is not the alias of one index", "run rasid index init"))


def _number(index: str, prefix: str) -> int:
    number = index.removeprefix(f"{prefix}-v")
    if not number.isdecimal():
        raise UserError(Fault("index", f"{index} is not called {prefix}-v<number>", "it was not made by Rasid"))
    return int(number)


def _check_meta(client: Elasticsearch, index: str, lexicon: str) -> None:
    meta = client.indices.get_mapping(index=index)[index]["mappings"].get("_meta", {})
    if meta.get("lexicon") != lexicon:
        problem = f"{index} was begun with the lexicon {meta.get('lexicon')}, this Rasid has {lexicon}"
        raise UserError(Fault("index", problem, f"delete {index} and run rasid index migrate again"))


def copy(client: Elasticsearch, old: str, new: str, *, since: datetime | None) -> int:
    """Reindex what `old` has newer than `new` has; how many. `since`: only what was indexed from then on."""
    client.indices.refresh(index=old)
    query: dict[str, Any] = {"range": {"indexed": {"gte": since.isoformat()}}} if since else {"match_all": {}}
    started = client.reindex(
        source={"index": old, "query": query, "size": 1000},
        dest={"index": new, "version_type": "external"},
        conflicts="proceed",
        wait_for_completion=False,
    )
    path = f"/_tasks/{started['task']}"
    accept = {"accept": "application/json"}
    while not (task := client.perform_request("GET", path, headers=accept).body)["completed"]:
        time.sleep(0.2)
    failures = task["response"].get("failures") or task.get("error")
    if failures:
        raise UserError(Fault("index", f"the copy failed: {str(failures)[:500]}", "mend it and run it again"))
    return int(task["response"]["created"]) + int(task["response"]["updated"])


def swap(client: Elasticsearch, read: str, write: str, old: str, new: str) -> None:
    """Both aliases at once."""
    client.indices.refresh(index=new)
    client.indices.update_aliases(
        actions=[
            {"remove": {"index": old, "alias": read}},
            {"remove": {"index": old, "alias": write}},
            {"add": {"index": new, "alias": read}},
            {"add": {"index": new, "alias": write, "is_write_index": True}},
        ]
    )


def _compare(client: Elasticsearch, old: str, new: str) -> None:
    client.indices.refresh(index=f"{old},{new}")
    before, after = client.count(index=old)["count"], client.count(index=new)["count"]
    if after < before:
        raise UserError(Fault("index", f"{new} has {after} articles, {old} has {before}", "run the migration again"))
