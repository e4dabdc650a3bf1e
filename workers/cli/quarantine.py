"""`rasid quarantine`: what needs a person, with its evidence; nothing leaves it by itself."""

from __future__ import annotations

import json
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO

import click
from rich.table import Table
from rich.text import Text

from workers.arabic.bidi import isolate
from workers.cli.explain import id_of
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.model import STAGES, Article, Outcome, Page, as_dict, load
from workers.ports import Row
from workers.settings import settings
from workers.store.ledger import EVIDENCE, PAYLOADS, RedisLedger
from workers.wiring import Parts


@click.group("quarantine")
def command() -> None:
    """Entries that could not be done: look, send back, or drop."""


@command.command("list")
@click.option("--limit", default=50, show_default=True)
@click.option("--stage", type=click.Choice(STAGES), help="Only those that got stuck there.")
@json_option
def list_(*, limit: int, stage: str | None, as_json: bool) -> None:
    """List quarantined entries, newest first, with the stage that they got stuck at.

    Example: rasid quarantine list --stage make --limit 10
    """
    ledger = _ledger()
    ends = ((row, _end(ledger, row)) for row in ledger.quarantined(limit=100_000 if stage else limit))
    found = [(row, end) for row, end in ends if stage in {None, end.stage}][:limit]
    if as_json:
        print_json({"entries": [_summary(row, end) for row, end in found]})
        return
    table = Table("id", "since", "stage", "reason", "address", box=None)
    for row, end in found:
        table.add_row(row.id, f"{end.at:%Y-%m-%d %H:%M}", end.stage, row.reason, row.entry.url)
    console().print(table if found else "nothing is in quarantine")


def _end(ledger: RedisLedger, row: Row) -> Outcome:
    """How the entry came into quarantine."""
    last = [outcome for outcome in ledger.trail(row.id) if outcome.status == "quarantined"]
    return last[-1] if last else Outcome(entry=row.id, stage="", status=row.status, at=row.first_seen)


def _summary(row: Row, end: Outcome) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.entry.url,
        "stage": end.stage,
        "since": end.at.isoformat(),
        "reason": row.reason,
    }


@command.command()
@click.argument("what", metavar="ID_OR_URL")
@json_option
def show(*, what: str, as_json: bool) -> None:
    """Show one entry: its stages, the exception, the versions that met it, and what it held when it got stuck.

    Example: rasid quarantine show 0f3c…
    """
    ledger = _ledger()
    row = _row(ledger, what)
    end, trail = _end(ledger, row), ledger.trail(row.id)
    sizes = {name: len(raw) for name in PAYLOADS if (raw := ledger.payload(row.id, name)) is not None}
    said = {name: (ledger.payload(row.id, f"evidence-{name}") or b"").decode() for name in EVIDENCE}
    versions, position = json.loads(said["versions"] or "{}"), _position(ledger, row)
    if as_json:
        kept = {"exception": said["exception"], "versions": versions, "payload_bytes": sizes, "archive": position}
        print_json(_summary(row, end) | kept | {"entry": as_dict(row.entry), "trail": [as_dict(o) for o in trail]})
        return
    out = console()
    out.print(f"{row.id} {row.entry.url}\n{isolate(row.entry.title)}\nstuck at: {end.stage}\nreason: {row.reason}")
    for outcome in trail:
        out.print(f"  {outcome.at:%Y-%m-%d %H:%M:%S} {outcome.stage:6} {outcome.status} {outcome.reason}")
    out.print("kept:", ", ".join(f"{name} ({size} bytes)" for name, size in sizes.items()) or "nothing but the entry")
    if position:
        out.print(f"as it came over the wire: rasid archive show {position} --raw")
    if versions:
        out.print("met by:", ", ".join(f"{name} {version}" for name, version in versions.items()))
    if said["exception"]:
        out.print(Text(said["exception"]))


def _position(ledger: RedisLedger, row: Row) -> str | None:
    """Where the page lies in the archive, as far as what was kept can tell."""
    page, article = ledger.payload(row.id, "page"), ledger.payload(row.id, "article")
    with suppress(ValueError, zlib.error):  # it may be the very thing that nobody could read
        if page is not None:
            return load(Page, page).archive
        if article is not None:
            return load(Article, zlib.decompress(article)).archive
    return None


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
    ids = [r.id for r in ledger.quarantined(limit=100_000)] if what == ("all",) else [_row(ledger, w).id for w in what]
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
