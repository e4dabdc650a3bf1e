"""`rasid feed parse`: what we understand of a feed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.fetch.http import Client, FetchError, Limits
from workers.model import Feed, Outlet
from workers.poll.apart import read_feed
from workers.poll.parse import ParsedFeed
from workers.poll.poll import ACCEPT
from workers.poll.sources import Sources, load_sources
from workers.poll.urls import feed_id, normal_url, same_site, site
from workers.settings import Settings, settings


@click.group("feed")
def command() -> None:
    """One feed, examined. The feeds that are polled: `rasid feeds`."""


@command.command("parse")
@click.argument("source", metavar="FILE_OR_URL")
@click.option("--url", default="", help="The address the file came from, for relative links.")
@click.option("--outlet", default="", help="Outlet of config/feeds.yaml whose time zone zoneless dates are in.")
@json_option
def parse(*, source: str, url: str, outlet: str, as_json: bool) -> None:
    """Read a feed: format, encoding, problems, entries with their dates.

    \b
    Examples:
      rasid feed parse feed.xml --outlet aljazeera
      rasid feed parse https://www.bbc.com/arabic/index.xml --json
    """
    config = settings()
    body, address, headers = read_source(source, url, config)
    feed, owner = owner_of(address, outlet, load_sources(config.config_dir))
    now = datetime.now(UTC)
    parsed = read_feed(body, url=address, feed=feed, outlet=owner, headers=headers, now=now, settings=config.poll)
    if as_json:
        print_json(as_plain(parsed))
    else:
        _show(parsed)


def read_source(source: str, url: str, config: Settings) -> tuple[bytes, str, Mapping[str, str]]:
    """The body of a file, of standard input (`-`) or of an address; its address; the answer's headers."""
    if source.startswith(("http://", "https://")):
        limits = Limits(wire=config.poll.max_bytes, body=config.poll.max_bytes, seconds=config.fetch.total_timeout)
        try:
            answer = Client(config.fetch).get(source, accept=ACCEPT, limits=limits)
        except FetchError as error:
            raise UserError(Fault(source, str(error))) from None
        return answer.body, url or answer.final_url, answer.headers
    try:
        body = _bytes(source)
    except OSError as error:
        raise UserError(Fault(source, f"cannot be read: {error.strerror}")) from None
    if len(body) > config.poll.max_bytes:
        raise UserError(Fault(source, f"is larger than {config.poll.max_bytes} bytes", "poll.max_bytes"))
    return body, url or "http://feed.invalid/", {}


def _bytes(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read()
    return Path(source).read_bytes()


def owner_of(url: str, outlet: str, sources: Sources) -> tuple[Feed, Outlet]:
    """The configured feed of that address and its outlet; else the outlet that is named, or has the same site."""
    address = normal_url(url)
    known = next((feed for feed in sources.feeds if feed.url == address), None)
    if outlet and outlet not in sources.outlets:
        raise UserError(Fault("--outlet", f"{outlet!r} is no outlet of feeds.yaml"))
    if known is not None and not outlet:
        return known, sources.outlet(known.outlet)
    named = outlet or next((o.id for o in sources.outlets.values() if o.site and same_site(o.site, address)), "")
    owner = sources.outlet(named or site(address) or "unknown")
    return Feed(id=feed_id(address), url=address, outlet=owner.id), owner


def as_plain(parsed: ParsedFeed) -> dict[str, Any]:
    """The documented JSON object."""
    entries = [
        {
            "id": entry.id,
            "title": entry.title,
            "url": entry.url,
            "guid": entry.guid,
            "published": entry.published.isoformat() if entry.published else None,
            "published_source": entry.published_source,
            "summary": entry.summary,
            "author": entry.author,
        }
        for entry in parsed.entries
    ]
    return {
        "format": parsed.format,
        "title": parsed.title,
        "encoding": parsed.encoding,
        "problems": list(parsed.problems),
        "entries": entries,
    }


def _show(parsed: ParsedFeed) -> None:
    out = console()
    out.print(f"{parsed.format or 'no feed'}  {parsed.encoding}  {len(parsed.entries)} entries  {parsed.title}")
    for problem in parsed.problems:
        out.print(f"  ! {problem}")
    for entry in parsed.entries:
        date = entry.published.strftime("%Y-%m-%d %H:%M") if entry.published else "no date         "
        out.print(f"{date}  {entry.title}\n                  {entry.url}  [{entry.published_source}]")
