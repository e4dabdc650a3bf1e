"""`rasid feeds`: the feeds that are polled, and their health."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from workers.cli import feedtable
from workers.cli.feed import owner_of
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.fetch.charset import decode
from workers.fetch.http import Client, FetchError, Response
from workers.model import Feed, Outlet
from workers.poll.apart import read_feed
from workers.poll.discover import announced, guesses
from workers.poll.doctor import Diagnosis, diagnose
from workers.poll.health import WORDS
from workers.poll.opml import read_opml, write_opml
from workers.poll.parse import ParsedFeed
from workers.poll.poll import ACCEPT
from workers.poll.sources import load_sources
from workers.poll.urls import feed_id, names_user, normal_url
from workers.settings import Settings, settings
from workers.store import open_feeds, open_push


@click.group("feeds")
def command() -> None:
    """The feeds that are polled: list, show, add, remove, check, import, export."""


@command.command("list")
@click.option("--health", default="", help=f"Only feeds of that health: {', '.join(WORDS)}.")
@json_option
def list_(*, health: str, as_json: bool) -> None:
    """Every feed with its health, rhythm, next poll and what troubles it.

    \b
    new         not polled yet            silent   nothing new for ten times its usual gap, and a day at least
    ok          all is well               failing  the last poll failed; it is asked again, ever more seldom
    gap         entries may be missed     dead     failing for so long that it is asked once a month
    redirected  it has moved for good     gone     its server says that it is gone (410)

    Example: rasid feeds list --health failing
    """
    if health and health not in WORDS:
        raise UserError(Fault("--health", f"{health!r} is no health of a feed", ", ".join(WORDS)))
    config = settings()
    store, now = open_feeds(config), datetime.now(UTC)
    states, pushes = store.states(), open_push(config).subscriptions()
    rows = [
        feedtable.row(feed, states.get(feed.id), pushes.get(feed.id), now=now, settings=config.poll)
        for feed in store.feeds()
    ]
    rows = [row for row in rows if not health or row["health"] == health]
    if as_json:
        print_json(rows)
    else:
        console().print(feedtable.table(rows))


@command.command("show")
@click.argument("feed", metavar="ID_OR_URL")
@json_option
def show(*, feed: str, as_json: bool) -> None:
    """One feed: what is known of it, and its last polls with status, new entries, duration and error.

    Example: rasid feeds show https://www.example.com/rss
    """
    config = settings()
    store, id_ = open_feeds(config), feed_id(feed) if "://" in feed else feed
    known = store.feed(id_)
    if known is None:
        raise UserError(Fault(feed, "is no feed that is polled", "rasid feeds list"))
    push = open_push(config).subscription(id_)
    row = feedtable.row(known, store.state(id_), push, now=datetime.now(UTC), settings=config.poll)
    events = store.history(id_)
    if as_json:
        print_json({**row, "history": events})
        return
    for name, value in row.items():
        if value not in (None, "", [], 0):
            click.echo(f"{name:18} {'; '.join(map(str, value)) if isinstance(value, list) else value}")
    if push is not None and push.note:
        click.echo(f"{'push note':18} {push.note}")
    console().print(feedtable.history(events))


@command.command("add")
@click.argument("url")
@click.option("--outlet", default="", help="Outlet id; else the outlet of config/feeds.yaml with the same site.")
@click.option("--unchecked", is_flag=True, help="Take the address as it is, without asking it first.")
def add(*, url: str, outlet: str, unchecked: bool) -> None:
    """Poll a feed from now on. A site's address will do: the feed that it announces is taken.

    Example: rasid feeds add https://www.example.com/ --outlet example
    """
    config = settings()
    address = _web_address(url)
    if not unchecked:
        address, _answer, _parsed = _find_feed(address, config)
    feed = _owned(address, outlet, config)[0]
    if open_feeds(config).add(feed, due=datetime.now(UTC)):
        click.echo(f"{feed.id}  {feed.url}  (outlet {feed.outlet}) is polled from now on")
    else:
        click.echo(f"{feed.id}  {feed.url} is polled already")


@command.command("sync")
def sync() -> None:
    """Register the feeds of config/feeds.yaml that are new, as `rasid up` does at its start.

    Feeds that a person removed stay removed.

    Example: rasid feeds sync
    """
    config = settings()
    sources = load_sources(config.config_dir)
    new = open_feeds(config).sync(sources.feeds, due=datetime.now(UTC))
    click.echo(f"{len(sources.feeds)} feeds configured, {new} of them new")


@command.command("remove")
@click.argument("feed", metavar="ID_OR_URL")
def remove(*, feed: str) -> None:
    """Stop polling a feed. Its articles stay. A feed of config/feeds.yaml stays removed, too.

    Example: rasid feeds remove https://www.example.com/rss
    """
    id_ = feed_id(feed) if "://" in feed else feed
    if not open_feeds(settings()).remove(id_):
        raise UserError(Fault(feed, "is no feed that is polled", "rasid feeds list"))
    click.echo(f"{id_} is not polled any more")


@command.command("check")
@click.argument("url")
@click.option("--outlet", default="", help="Outlet whose time zone zoneless dates are in.")
@json_option
def check(*, url: str, outlet: str, as_json: bool) -> None:
    """Examine a feed, or a site for its feeds, like a doctor. Nothing is stored. Exit code 1: it cannot be polled.

    Example: rasid feeds check https://www.bbc.com/arabic
    """
    config = settings()
    address, answer, parsed = _find_feed(_web_address(url), config, must=False)
    feed, _owner = _owned(address, outlet, config)
    found = diagnose(feed, answer, parsed, settings=config.poll, now=datetime.now(UTC))
    if as_json:
        print_json({"url": address, **_as_plain(found)})
    else:
        click.echo(address)
        for finding in found.findings:
            click.echo(f"  {finding}")
    raise SystemExit(0 if found.well else 1)


def _as_plain(found: Diagnosis) -> dict[str, Any]:
    return {
        "well": found.well,
        "findings": list(found.findings),
        "interval": found.interval,
        "entries_per_week": found.entries_per_week,
    }


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--outlet", default="", help="Outlet id of all of them; else found by their site.")
def import_(*, file: Path, outlet: str) -> None:
    """Add the feeds of an OPML file. What is wrong in it is named; the rest is taken.

    Example: rasid feeds import subscriptions.opml
    """
    config = settings()
    try:
        body = file.read_bytes()
    except OSError as error:
        raise UserError(Fault(str(file), f"cannot be read: {error.strerror}")) from None
    listed, faults = read_opml(body, str(file))
    store, now = open_feeds(config), datetime.now(UTC)
    feeds = [_owned(item.url, outlet, config, title=item.title)[0] for item in listed]
    new = sum(store.add(feed, due=now) for feed in feeds)
    click.echo(f"{len(listed)} feeds in {file.name}: {new} new, {len(listed) - new} polled already")
    for fault in faults:
        click.echo(f"rasid: {fault}", err=True)


@command.command("export")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file; without it, standard output.")
def export(*, output: Path | None) -> None:
    """Write all feeds as OPML 2.0.

    Example: rasid feeds export -o feeds.opml
    """
    config = settings()
    outlets = dict(load_sources(config.config_dir).outlets)
    data = write_opml(open_feeds(config).feeds(), outlets, datetime.now(UTC))
    if output is None:
        click.echo(data, nl=False)
    else:
        output.write_bytes(data)


# --- shared ------------------------------------------------------------------------------------------------------


def _web_address(url: str) -> str:
    address = normal_url(url if "://" in url else f"https://{url}")
    if not address or names_user(url):
        raise UserError(Fault(url, "is no web address that can be asked", "https://…, no user name"))
    return address


def _owned(url: str, outlet: str, config: Settings, *, title: str = "") -> tuple[Feed, Outlet]:
    sources = load_sources(config.config_dir)
    if outlet and outlet not in sources.outlets:  # an outlet of one's own may be named when a feed is added
        return Feed(id=feed_id(url), url=url, outlet=outlet, title=title), sources.outlet(outlet)
    feed, owner = owner_of(url, outlet, sources)
    return (feed if feed.title or not title else Feed(id=feed.id, url=feed.url, outlet=feed.outlet, title=title)), owner


def _find_feed(url: str, config: Settings, *, must: bool = True) -> tuple[str, Response, ParsedFeed]:
    """The feed at `url`, or the first good one that the page there announces or its software usually serves."""
    client = Client(config.fetch)
    answer, parsed = _ask(url, client, config)
    if not parsed.failure and answer.status == 200:
        return url, answer, parsed
    if parsed.failure == "html_page" and answer.status == 200:
        text = decode(answer.body, answer.headers.get("content-type"))[0]
        for candidate in [*announced(text, answer.final_url), *guesses(answer.final_url)][:12]:
            try:
                other, read = _ask(candidate, client, config)
            except UserError:
                continue
            if other.status == 200 and not read.failure:
                return candidate, other, read
    if must:
        reason = parsed.problems[0] if parsed.failure and answer.status == 200 else f"HTTP {answer.status}"
        raise UserError(Fault(url, f"is no feed and leads to none: {reason}", "rasid feeds check, or --unchecked"))
    return url, answer, parsed


def _ask(url: str, client: Client, config: Settings) -> tuple[Response, ParsedFeed]:
    try:
        answer = client.get(url, accept=ACCEPT)
    except FetchError as error:
        raise UserError(Fault(url, str(error))) from None
    feed, owner = _owned(url, "", config)
    parsed = read_feed(
        answer.body,
        url=answer.final_url,
        feed=feed,
        outlet=owner,
        headers=answer.headers,
        now=datetime.now(UTC),
        settings=config.poll,
    )
    return answer, parsed
