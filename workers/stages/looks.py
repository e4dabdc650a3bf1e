"""Second looks at pages whose article is known: what the outlet changed since, and whether the page is still there.

    alert ─► planned ─► fetch ─► 304, or the same bytes ─────────► planned again, nothing kept
                             ├─► make ─► the same text ──────────► planned again, nothing kept
                             │        └► archived, a revision ───► index ─► alert
                             └─► gone, at two looks ─────────────► deleted_at, a revision ─► index ─► alert
                                 (404, 410, to the front page, "not found" with a status of 200)

Looks come soon after publication, then ever more seldom (`dedupe.revisions.next_look`). They wait while new entries
wait, are counted a host and hour, and are never repeated when they fail: the next one comes by itself. An article that
stands in the index stays what it was, whatever its page answers later.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson

from workers.dedupe.card import printed
from workers.dedupe.revisions import next_look
from workers.errors import Drop, Quarantine, Retry
from workers.fetch.archived import page_of
from workers.fetch.pages import fetch_page
from workers.fetch.turn import turn
from workers.model import Article, FeedEntry, Outcome, Outlet, Page, Stage, dump
from workers.pipeline import Made
from workers.poll.urls import host_of
from workers.ports import Row
from workers.wiring import Parts

OPENED = 50
"""Looks that one sweep begins at most."""
_HIDE = 3600.0
"""Seconds after which a look that was begun and lost is begun anew."""
PAYLOADS = ("page", "html", "raw")


# --- when --------------------------------------------------------------------------------------------------------


def follow(parts: Parts, article: Article) -> None:
    """Plan the next look at the page of an article that is in the index now."""
    if parts.settings.dedupe.look and parts.outlet(article.outlet).profile.looks:
        parts.looks.plan(article.id, next_look(printed(article), _now(), parts.settings.dedupe))


def open_due(parts: Parts, now: datetime) -> int:
    """Send the entries whose look is due to the fetch stage again; returns how many."""
    options = parts.settings.dedupe
    room = min(OPENED, options.look_yield - parts.ledger.waiting()["fetch"])
    if not options.look or room <= 0:
        return 0
    return sum(_opened(parts, id_, now) for id_ in parts.looks.due(now=now, limit=room, hide=_HIDE))


def _opened(parts: Parts, id_: str, now: datetime) -> bool:
    row = parts.ledger.row(id_)
    if row is None or not parts.outlet(row.entry.outlet).profile.looks:
        parts.looks.plan(id_, None)
        return False
    host = host_of(row.entry.link or row.entry.url)
    if not parts.looks.take(host, now=now, most=parts.settings.dedupe.look_host_hour):
        parts.looks.plan(id_, _next(parts, row, now))  # this one is left out: a busy host gets fewer looks an article
        return False
    return parts.looks.open(id_, now=now)


def _next(parts: Parts, row: Row, now: datetime) -> datetime | None:
    since = row.facts.get("printed")
    return next_look(datetime.fromisoformat(since) if since else row.first_seen, now, parts.settings.dedupe)


# --- fetch -------------------------------------------------------------------------------------------------------


def is_second(row: Row) -> bool:
    """Whether an article of the entry is in the index already."""
    return "revision" in row.facts


def fetch(parts: Parts, row: Row) -> bool:
    """Look at the page of a claimed row again; True where there is something to make.

    Raises `Retry` only where the host is paced or the index is away, or for a look that a feed asked for.
    """
    host = host_of(row.entry.link or row.entry.url)
    held, known = _Held(), _validators(parts, row)
    try:
        with turn(parts.hosts, host, parts.client, _now) as client:
            page, html = fetch_page(
                _as_asked(parts, row),
                client=client,
                outlet=parts.outlet(row.entry.outlet),
                robots=parts.robots,
                archive=held,
                now=_now(),
                etag=known.get("etag", ""),
                last_modified=known.get("last_modified", ""),
            )
    except (Drop, Quarantine, Retry) as exit_:
        return _ended(parts, row, exit_)
    if page.status == 304 or (page.body_hash == row.facts.get("body") and not row.facts.get("gone")):
        return unchanged(parts, row, "fetch", page)
    page = replace(page, feeds=row.feeds)
    packed = zlib.compress(html.encode("utf-8", "surrogatepass"), 3)
    payloads: dict[str, bytes | None] = {"page": dump(page), "html": packed, "raw": held.packed}
    return parts.ledger.advance(row, _outcome(row, "fetch", "fetched", page.charset), "make", payloads=payloads)


def _as_asked(parts: Parts, row: Row) -> FeedEntry:
    """The row's entry; where a loss of Redis took the address that its feed gave, with that of the archived page."""
    if row.entry.link:
        return row.entry
    article = parts.index.get(row.id)
    try:
        record = parts.archive.record((article and article.archive) or "")
    except (LookupError, OSError):
        return row.entry
    return replace(row.entry, link=record.url)


def _validators(parts: Parts, row: Row) -> dict[str, str]:
    """None after a 404, and none at the last look: some servers answer 304 wrongly."""
    if row.facts.get("gone") or _next(parts, row, _now()) is None:
        return {}
    return {"etag": row.facts.get("etag", ""), "last_modified": row.facts.get("modified", "")}


class _Held:
    """Keeps the record that goes to the archive only if the page turns out to be another one."""

    def __init__(self) -> None:
        self.packed: bytes | None = None

    def write(
        self,
        url: str,
        *,
        status: int,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        at: datetime,
        about: bytes = b"",  # is known again when it is written
    ) -> str:
        """`ports.Archive.write`, put off."""
        head = orjson.dumps({"url": url, "status": status, "headers": list(headers), "at": at})
        self.packed = zlib.compress(head + b"\n" + body, 3)
        return ""

    def read(self, position: str) -> tuple[str, Sequence[tuple[str, str]], bytes]:
        """Nothing is kept here."""
        raise LookupError(position)


def archived(parts: Parts, row: Row) -> str | None:
    """Write the held record of a changed page to the archive; its position."""
    packed = parts.ledger.payload(row.id, "raw")
    if packed is None:
        return None
    head, _, body = zlib.decompress(packed).partition(b"\n")
    held = orjson.loads(head)
    headers = [(name, value) for name, value in held["headers"]]
    at = datetime.fromisoformat(held["at"])
    about = dump(row.entry)
    return parts.archive.write(held["url"], status=held["status"], headers=headers, body=body, at=at, about=about)


# --- what came of it ---------------------------------------------------------------------------------------------


def is_same(parts: Parts, row: Row, made: Made, outlet: Outlet, learned: Collection[str]) -> bool:
    """Whether a reader of the page that was seen last, read by the rules of today, sees what is there now.

    Lines learned as boilerplate and better rules change what is made of the same page: that is no revision.
    """
    if row.facts.get("deleted"):
        return False
    if made.article.text_hash == row.facts.get("text_hash"):
        return True
    before = parts.index.get(row.id) if row.facts.get("look") else None
    if before is None or not before.archive:
        return False
    try:
        page, html = page_of(row.entry, parts.archive.record(before.archive))
        page = replace(page, final_url=before.url, fetched_at=before.updated_at)
        again = parts.pipeline.make(page, html, outlet=outlet, learned=learned)
    except (Drop, LookupError, OSError):
        return False
    return again.article.text_hash == made.article.text_hash


def unchanged(parts: Parts, row: Row, stage: Stage, page: Page) -> bool:
    """End the look: nothing is kept but when, and the page's validators."""
    facts = {"look": "", "gone": "", "looked": f"{_now():%Y-%m-%dT%H:%M:%SZ} unchanged"}
    if page.status != 304:
        facts |= page_facts(page)
    return _rest(parts, row, stage, "unchanged", facts)


def page_facts(page: Page) -> dict[str, str]:
    """What of a page the next look is compared with."""
    return {"etag": page.etag, "modified": page.last_modified, "body": page.body_hash}


def made_facts(page: Page, article: Article) -> dict[str, str]:
    """What the ledger notes of an article that was made."""
    return known_facts(article) | page_facts(page) | {"look": "", "gone": "", "deleted": ""}


def known_facts(article: Article) -> dict[str, str]:
    """The part of it that the index keeps too."""
    known = {"text_hash": article.text_hash, "revision": str(article.revision), "printed": printed(article).isoformat()}
    return known | ({"deleted": "1"} if article.deleted_at else {})


def left(parts: Parts, row: Row, stage: Stage, reason: str) -> bool:
    """The look came to nothing, for a reason: the article stays as it is."""
    facts = {"look": "", "looked": f"{_now():%Y-%m-%dT%H:%M:%SZ} {reason}"[:200]}
    return _rest(parts, row, stage, f"left as it was: {reason}", facts)


def _rest(parts: Parts, row: Row, stage: Stage, reason: str, facts: dict[str, str]) -> bool:
    if row.facts.get("look"):
        parts.looks.plan(row.id, _next(parts, row, _now()))
        parts.looks.rest(row, tally=f"{stage}|looked|{row.entry.outlet}", facts=facts, payloads=PAYLOADS)
    else:  # a feed asked for it: that stands in the trail
        outcome = _outcome(row, stage, row.status, f"fetched again: {reason}")
        parts.ledger.advance(row, outcome, None, payloads=dict.fromkeys(PAYLOADS), facts=facts)
    return False


def _ended(parts: Parts, row: Row, exit_: Drop | Quarantine | Retry) -> bool:
    if exit_.http_status == 404 or (isinstance(exit_, Drop) and exit_.status == "gone"):
        return gone(parts, row, "fetch", exit_.reason)
    if isinstance(exit_, Retry) and not (exit_.burn_attempt and row.facts.get("look")):
        raise exit_
    return left(parts, row, "fetch", exit_.reason)


def gone(parts: Parts, row: Row, stage: Stage, reason: str) -> bool:
    """Gone once is an accident until an hour later; gone twice is noted on the article, which stays. A page that says
    so with a status of 200 (`stage` make) counts as well."""
    now, options = _now(), parts.settings.dedupe
    since = row.facts.get("gone")
    if row.facts.get("deleted"):
        return left(parts, row, stage, f"{reason}, known to be deleted")
    if not since or now < datetime.fromisoformat(since) + timedelta(seconds=options.look_confirm / 2):
        parts.looks.plan(row.id, now + timedelta(seconds=options.look_confirm))
        outcome = _outcome(row, stage, row.status, f"{reason}; deleted if it is so at the next look")
        facts = {"look": "", "gone": since or now.isoformat()}
        parts.ledger.advance(row, outcome, None, payloads=dict.fromkeys(PAYLOADS), facts=facts)
        return False
    article = parts.index.get(row.id)
    if article is None:
        return left(parts, row, stage, f"{reason}, and not in the index")
    revision = int(row.facts["revision"]) + 1
    deleted = replace(article, deleted_at=now, updated_at=now, revision=revision)
    return parts.ledger.advance(
        row,
        _outcome(row, stage, "deleted", f"{reason}, first seen so at {since}"),
        "index",
        payloads={**dict.fromkeys(PAYLOADS), "article": zlib.compress(dump(deleted), 3)},
        facts={"look": "", "deleted": "1", "revision": str(revision)},
    )


def _outcome(row: Row, stage: Stage, status: str, reason: str) -> Outcome:
    return Outcome(entry=row.id, stage=stage, status=status, reason=reason, at=_now())


def _now() -> datetime:
    return datetime.now(UTC)
