"""Fetching one article page: asked politely, archived before anybody interprets it, every other end named.

`Retry`: the host or the page may come back. `Drop`: the page is gone, is no page, or may not be asked for.
`Quarantine`: what came is broken or hostile in a way that another try will not mend.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NoReturn
from urllib.parse import urlsplit

import xxhash

from workers.errors import Drop, Quarantine, Retry
from workers.fetch.charset import decode
from workers.fetch.guard import UNREACHABLE
from workers.fetch.http import FetchError, Getter, Response
from workers.fetch.robots import Robots
from workers.fetch.walls import wall_of
from workers.model import FeedEntry, Outlet, Page, dump
from workers.poll.hints import retry_after
from workers.ports import Archive

WALL_WAIT = 3600.0
"""Seconds before a page behind a bot wall, or one that forbids, is asked for again."""
NOT_YET = timedelta(hours=1)
"""An article is sometimes announced before its page is up: a 404 so soon after is asked for again."""

MAX_VALIDATOR = 256
"""Characters of an ETag or Last-Modified that are kept of every article."""

_AWAY = frozenset({408, 425, 429})
_CLOSED = frozenset({401, 402, 407, 451})
_CLOSED_TO_US = frozenset({401, 402, 403, 451})
_KINDS_REFUSED = frozenset({"refused_address", "bad_url"})
_READABLE = ("html", "xml", "text/plain")
_FILES = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04")
"""How files begin whose server calls them text: PDF, images, zip archives."""


def fetch_page(
    entry: FeedEntry,
    *,
    client: Getter,
    outlet: Outlet,
    robots: Robots | None,
    archive: Archive | None,
    now: datetime,
    etag: str = "",
    last_modified: str = "",
    summaries: bool = False,
) -> tuple[Page, str]:
    """The page of `entry` and its text; raises `Retry`, `Drop` or `Quarantine`. Archived before it is decoded.

    `etag`, `last_modified`: of the page as it was seen last. Where it still is that, the answer's status is 304 and
    there is no text. `summaries`: where the outlet's profile says so, a page that is closed to us (401, 402, 403, 451,
    a bot wall) comes back as `blocked`, without text.
    """
    url = entry.link or entry.url
    try:
        return _fetched(entry, url, client, outlet, robots, archive, now, (etag or None, last_modified or None))
    except (Drop, Retry) as exit_:
        closed = exit_.http_status in _CLOSED_TO_US
        if not (summaries and closed and outlet.profile.summary_when_blocked):
            raise
        status = exit_.http_status or 0
        return Page(
            id=entry.id, entry=entry, final_url=url, status=status, charset="", fetched_at=now, blocked=exit_.reason
        ), ""


def _fetched(
    entry: FeedEntry,
    url: str,
    client: Getter,
    outlet: Outlet,
    robots: Robots | None,
    archive: Archive | None,
    now: datetime,
    validators: tuple[str | None, str | None],
) -> tuple[Page, str]:
    if robots is not None and not robots.allowed(url, now=now):
        raise Drop("refused", f"robots.txt of {urlsplit(url).netloc} forbids it")
    try:
        answer = client.get(url, verify=outlet.profile.verify_tls, etag=validators[0], last_modified=validators[1])
    except FetchError as error:
        _refuse(error)
    if answer.status == 304 and any(validators):
        return _page(entry, answer, "", None, "", now), ""
    _judge_status(answer, entry, now)
    _judge_body(answer, url)
    position = None
    if archive is not None:
        headers = list(answer.headers.iteritems())
        position = archive.write(
            answer.final_url, status=answer.status, headers=headers, body=answer.body, at=now, about=dump(entry)
        )
    text, charset = decode(answer.body, answer.headers.get("content-type"))
    if len(text) < 60_000 and (maker := wall_of(text, answer.headers)) is not None:
        raise Retry(f"a bot wall ({maker}) answered", after=WALL_WAIT, http_status=403)
    return _page(entry, answer, charset, position, text, now), text


def _page(entry: FeedEntry, answer: Response, charset: str, position: str | None, text: str, now: datetime) -> Page:
    return Page(
        id=entry.id,
        entry=entry,
        final_url=answer.final_url,
        status=answer.status,
        charset=charset,
        fetched_at=now,
        archive=position,
        etag=_validator(answer, "etag"),
        last_modified=_validator(answer, "last-modified"),
        body_hash=xxhash.xxh3_128_hexdigest(text.encode("utf-8", "surrogatepass")) if text else "",
    )


def _validator(answer: Response, name: str) -> str:
    """A header that is sent back at the next look; one that no server means is left out."""
    value = answer.headers.get(name) or ""
    return value if len(value) <= MAX_VALIDATOR and value.isascii() and value.isprintable() else ""


def _refuse(error: FetchError) -> NoReturn:
    if error.kind in _KINDS_REFUSED:
        raise Drop("refused", str(error))
    if error.kind in UNREACHABLE:
        raise Retry(str(error), http_status=0)
    if error.kind == "protocol":
        raise Retry(str(error))
    if error.kind == "tls":  # certificates are mended in hours, not in seconds
        raise Retry(str(error), after=WALL_WAIT)
    raise Quarantine(str(error))


def _judge_status(answer: Response, entry: FeedEntry, now: datetime) -> None:
    status = answer.status
    if 200 <= status < 300:
        return
    if status in _AWAY or status >= 500:
        raise Retry(f"HTTP {status}", after=retry_after(answer.headers, now), http_status=status)
    if status == 410 or (status == 404 and not _is_young(entry, now)):
        raise Drop("gone", f"HTTP {status}", http_status=status)
    if status == 404:
        raise Retry("HTTP 404, but announced within the hour", after=600, http_status=status)
    if status in _CLOSED:
        raise Drop("refused", f"HTTP {status}", http_status=status)
    if status == 403:
        maker = wall_of(decode(answer.body, None)[0], answer.headers)
        wall = f" from a bot wall ({maker})" if maker else ""
        raise Retry(f"HTTP 403{wall}", after=WALL_WAIT, http_status=status)
    raise Quarantine(f"HTTP {status}", http_status=status)


def _is_young(entry: FeedEntry, now: datetime) -> bool:
    return entry.published is not None and now - entry.published < NOT_YET


def _judge_body(answer: Response, url: str) -> None:
    if not answer.body.strip():
        raise Retry("an empty page", after=WALL_WAIT / 4, http_status=answer.status)
    kind = (answer.headers.get("content-type") or "").partition(";")[0].strip().lower()
    is_html = answer.body.lstrip()[:200].lower().startswith((b"<!doctype html", b"<html"))
    if kind and not is_html and not any(part in kind for part in _READABLE):
        raise Drop("not_article", f"content type {kind[:80]}", http_status=answer.status)
    if answer.body.startswith(_FILES):
        raise Drop("not_article", "a file, not a page", http_status=answer.status)
    front = urlsplit(answer.final_url).path.strip("/") == ""
    if answer.redirects and front and urlsplit(url).path.strip("/"):
        raise Drop("gone", "redirected to the front page", http_status=answer.status)
