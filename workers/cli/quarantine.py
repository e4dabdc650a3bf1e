"""`rasid quarantine`: what needs a person, with its evidence; nothing leaves it by itself."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import BinaryIO

import click
from rich.table import Table

from workers.arabic.bidi import isolate
from workers.cli.explain import id_of
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.model import as_dict
from workers.ports import Row
from workers.settings import settings
from workers.store.ledger import RedisLedger
from workers.wiring import Parts


@click.group("quarantine")
def command() -> None:
    """Entries that could not be done: look, send back, or drop."""


@command.command("list")
@click.option("--limit", default=50, show_default=True)
@json_option
def list_(*, limit: int, as_json: bool) -> None:
    """List quarantined entries, newest first.

    Example: rasid quarantine list --limit 10
    """
    rows = _ledger().quarantined(limit=limit)
    if as_json:
        print_json({"entries": [{"id": r.id, "url": r.entry.url, "reason": r.reason} for r in rows]})
        return
    table = Table("id", "reason", "address", box=None)
    for row in rows:
        table.add_row(row.id, row.reason, row.entry.url)
    console().print(table if rows else "nothing is in quarantine")


@command.command()
@click.argument("what", metavar="ID_OR_URL")
@json_option
def show(*, what: str, as_json: bool) -> None:
    """Show one entry with its stages and what it held when it got stuck.

    Example: rasid quarantine show 0f3c…
    """
    ledger = _ledger()
    row = _row(ledger, what)
    loads = {name: ledger.payload(row.id, name) for name in ("page", "html", "article")}
    sizes = {name: len(raw) for name, raw in loads.items() if raw is not None}
    trail = ledger.trail(row.id)
    if as_json:
        print_json({"id": row.id, "entry": as_dict(row.entry), "reason": row.reason, "payload_bytes": sizes})
        return
    out = console()
    out.print(f"{row.id} {row.entry.url}\n{isolate(row.entry.title)}\nreason: {row.reason}")
    for outcome in trail:
        out.print(f"  {outcome.at:%Y-%m-%d %H:%M:%S} {outcome.stage:6} {outcome.status} {outcome.reason}")
    out.print("kept:", ", ".join(f"{name} ({size} bytes)" for name, size in sizes.items()) or "nothing but the entry")


@command.command()
@click.argument("what", metavar="ID_OR_URL")
@click.option("--output", type=click.File("wb"), default="-", help="A file; standard output without it.")
def page(*, what: str, output: BinaryIO) -> None:
    """Write the page that the entry got stuck with, as it was decoded.

    Example: rasid quarantine page 0f3c… --output stuck.html
    """
    ledger = _ledger()
    packed = ledger.payload(_row(ledger, what).id, "html")
    if packed is None:
        raise UserError(Fault(what, "got stuck before its page was fetched"))
    output.write(zlib.decompress(packed))


@command.command()
@click.argument("what", metavar="ID_OR_URL", nargs=-1, required=True)
def retry(*, what: tuple[str, ...]) -> None:
    """Send entries back to the stage that they were stuck at. `all` sends every one.

    Example: rasid quarantine retry all
    """
    ledger = _ledger()
    ids = [r.id for r in ledger.quarantined(limit=100_000)] if what == ("all",) else [id_of(w) for w in what]
    sent = [id_ for id_ in ids if ledger.release(id_, now=datetime.now(UTC))]
    click.echo(f"{len(sent)} of {len(ids)} sent back")


@command.command()
@click.argument("what", metavar="ID_OR_URL", nargs=-1, required=True)
def drop(*, what: tuple[str, ...]) -> None:
    """Rule that entries stay out: their payloads are deleted, their outcome and reason stay to be explained.

    Example: rasid quarantine drop https://example.com/broken
    """
    ledger = _ledger()
    for one in what:
        if not ledger.drop(_row(ledger, one).id):
            raise UserError(Fault(one, "is not in quarantine"))
    click.echo(f"{len(what)} dropped")


def _ledger() -> RedisLedger:
    return Parts(settings()).ledger


def _row(ledger: RedisLedger, what: str) -> Row:
    row = ledger.row(id_of(what))
    if row is None or row.status != "quarantined":
        raise UserError(Fault(what, "is not in quarantine", "rasid quarantine list"))
    return row
