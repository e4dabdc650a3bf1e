"""Entries to pages: hosts side by side, one host's pages in turn."""

from __future__ import annotations

import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from workers.errors import Drop, Retry
from workers.fetch.pages import fetch_page
from workers.fetch.turn import turn
from workers.model import Page, dump
from workers.poll.identity import leads_to
from workers.poll.urls import entry_id, host_of
from workers.ports import Row
from workers.stages import looks
from workers.stages.exits import attempt, outcome
from workers.wiring import Parts

_GROUPS_AT_ONCE = 8
_PATIENCE = 20.0
"""Seconds that a fetch task waits for paced hosts before it hands entries back to the ledger."""


def fetch(parts: Parts, ids: Sequence[str]) -> list[str]:
    """Fetch the pages of `ids`, hosts side by side, one host's pages in turn. Ids to make."""
    rows = parts.ledger.claim("fetch", ids, lease=parts.settings.worker.lease_fetch, now=_now())
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[host_of(row.entry.link or row.entry.url)].append(row)
    until = time.monotonic() + _PATIENCE
    with ThreadPoolExecutor(max(1, min(_GROUPS_AT_ONCE, len(groups)))) as pool:
        done = pool.map(lambda item: _fetch_host(parts, item[0], item[1], until), groups.items())
    return [id_ for part in done for id_ in part]


def _fetch_host(parts: Parts, host: str, rows: list[Row], until: float) -> list[str]:
    with parts.shares.hold(host) as granted:
        work = partial(_fetch_one, parts, host, until=until) if granted else partial(_crowded, parts)
        return [row.id for row in rows if attempt(parts, row, "fetch", partial(work, row))]


def _crowded(parts: Parts, _row: Row) -> bool:
    raise Retry("its host holds a quarter of the workers", after=parts.settings.fetch.host_gap, burn_attempt=False)


def _fetch_one(parts: Parts, host: str, row: Row, until: float) -> bool:
    _wait_for(parts, host, until)
    if looks.is_second(row):
        return looks.fetch(parts, row)
    with turn(parts.hosts, host, parts.client, _now) as client:
        page, html = fetch_page(
            row.entry,
            client=client,
            outlet=parts.outlet(row.entry.outlet),
            robots=parts.robots,
            archive=parts.archive,
            now=_now(),
            summaries=True,
        )
    _follow_link(parts, row, page)
    page = replace(page, feeds=row.feeds)
    packed = zlib.compress(html.encode("utf-8", "surrogatepass"), 3)
    payloads: dict[str, bytes | None] = {"page": dump(page), "html": packed}
    return parts.ledger.advance(row, outcome(row, "fetch", "fetched", page.charset), "make", payloads=payloads)


def _follow_link(parts: Parts, row: Row, page: Page) -> None:
    """A feed proxy's or shortener's link is no article: the address that it led to is offered in its place."""
    if target := leads_to(row.entry.url, page.final_url):
        entry = replace(row.entry, id=entry_id(target), url=target, link=page.final_url)
        parts.ledger.offer([entry], now=_now())
        raise Drop("not_article", f"a link; the article is {target}")


def _wait_for(parts: Parts, host: str, until: float) -> None:
    """Take the host's turn; raises `Retry` without burning the attempt where that takes longer than `until`, or the
    pages before took as long: all were claimed together, and their lease must not end while they wait."""
    if time.monotonic() > until:
        raise Retry("the pages before it took long", after=1.0, burn_attempt=False)
    while (wait := parts.hosts.acquire(host, _now())) > 0:
        if time.monotonic() + wait > until:
            raise Retry("host is paced", after=wait, burn_attempt=False)
        time.sleep(wait)


def _now() -> datetime:
    return datetime.now(UTC)
