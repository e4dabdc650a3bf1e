"""`rasid archive`: the pages as they came over the wire."""

from __future__ import annotations

import sys

import click

from workers.cli.output import json_option, print_json
from workers.errors import Fault, UserError
from workers.fetch.charset import decode
from workers.index import open_index
from workers.poll.urls import canonical_url, entry_id
from workers.settings import Settings, settings
from workers.store.archive import Record, WarcArchive


@click.group("archive")
def command() -> None:
    """The archived pages (WARC): evidence of what an outlet served, and when."""


@command.command("show")
@click.argument("which", metavar="ID_OR_URL_OR_POSITION")
@click.option("--raw", is_flag=True, help="The body's bytes as they came, instead of its text.")
@json_option
def show(*, which: str, raw: bool, as_json: bool) -> None:
    """Print an archived page: when it was fetched, the answer's headers, its digest, its text.

    \b
    Examples:
      rasid archive show https://www.example.com/news/1
      rasid archive show 2026-11-23/rasid-120000-host-7-00001.warc.gz:1234 --raw > page.html
    """
    config = settings()
    record = _record(which, config)
    text, charset = decode(record.body, record.content_type)
    if raw:
        sys.stdout.buffer.write(record.body)
    elif as_json:
        print_json(_as_plain(record) | {"charset": charset, "text": text})
    else:
        click.echo(
            f"{record.url}\nfetched  {record.at.isoformat()}\nstatus   {record.status}\ndigest   {record.digest}"
        )
        click.echo(f"position {record.position}\ncharset  {charset}\n")
        for name, value in record.headers:
            click.echo(f"{name}: {value}")
        click.echo(f"\n{text}")


@command.command("list")
@click.option("--limit", default=50, show_default=True, help="Records printed.")
def list_(*, limit: int) -> None:
    """The archived pages in the order of their files.

    Example: rasid archive list --limit 10
    """
    for number, record in enumerate(WarcArchive(settings().data / "archive").records()):
        if number >= limit:
            break
        click.echo(f"{record.at.isoformat()}  {record.status}  {record.url}  {record.position}")


def _record(which: str, config: Settings) -> Record:
    archive = WarcArchive(config.data / "archive")
    position = which if ".warc" in which and "://" not in which else _position_of(which, config)
    try:
        return archive.record(position)
    except LookupError as error:
        raise UserError(Fault(which, str(error.args[0]), "was its file moved away?")) from None


def _position_of(which: str, config: Settings) -> str:
    article = open_index(config).get(entry_id(canonical_url(which)) if "://" in which else which)
    if article is None:
        raise UserError(Fault(which, "is no article in the index", "rasid explain tells what became of an entry"))
    if article.archive is None:
        raise UserError(Fault(which, "was made without its page being archived"))
    return article.archive


def _as_plain(record: Record) -> dict[str, object]:
    return {
        "url": record.url,
        "at": record.at.isoformat(),
        "status": record.status,
        "digest": record.digest,
        "position": record.position,
        "headers": [list(pair) for pair in record.headers],
    }
