"""`rasid reprocess`: articles made again from the archive, by the rules of today."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import click

from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.search.dates import period

if TYPE_CHECKING:
    from workers.remake import Report
    from workers.remake.crew import Say
    from workers.wiring import Parts

WORDS = {
    "changed": "made again, with another text or other names",
    "same": "made again, the same",
    "older": "left: a newer version is in the index",
    "dropped": "no article by today's rules",
    "unread": "page not in the archive",
    "failed": "could not be made",
}
"""What a report's counts mean, in the order of their printing."""
PRINTED = 20


processes_option = click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=os.cpu_count() or 1,
    show_default="one a core",
    help="How many pages are read side by side.",
)


@click.command("reprocess")
@click.option("--since", default="", help="Only articles first seen since then: 2026-11-01, 'last 7 days', أمس.")
@click.option("--until", default="", help="… and before then.")
@click.option("--outlet", "outlets", multiple=True, help="Only of this outlet (its id); may be repeated.")
@click.option("--stage", type=click.Choice(["make", "tag"]), default="make", help="tag: only the names, text as it is.")
@click.option("--drop", is_flag=True, help="Delete what is no article by today's rules; it is only listed otherwise.")
@processes_option
@json_option
def command(
    *,
    since: str,
    until: str,
    outlets: tuple[str, ...],
    stage: Literal["make", "tag"],
    drop: bool,
    processes: int,
    as_json: bool,
) -> None:
    """Make articles again from the archived pages, by today's rules of extraction, cleaning and names.

    Nothing is fetched and no alert fires. Articles of today's rules are left out, so that a run that was cut off goes
    on where it was. Kinship, story and revisions stay what they are.

    \b
    rasid reprocess --since 'last 7 days' --outlet aljazeera
    rasid reprocess --stage tag          # after the catalogue of names has changed
    """
    from workers.ports import Scan  # noqa: PLC0415 - so that --help stays quick
    from workers.remake import reprocess  # noqa: PLC0415

    here = open_parts(outlets)
    wanted = Scan(since=moment("--since", since), until=moment("--until", until), outlets=outlets)
    with told(as_json=as_json) as say:
        report = reprocess(here, wanted, stage=stage, drop=drop, processes=processes, say=say)
    print_report(report, as_json=as_json)


def open_parts(outlets: tuple[str, ...] = ()) -> Parts:
    """The stores, with an index that exists; raises `UserError` for an outlet that is not configured."""
    from workers.settings import settings  # noqa: PLC0415 - so that --help stays quick
    from workers.wiring import Parts  # noqa: PLC0415

    here = Parts(settings())
    known = sorted(here.sources.outlets)
    faults = [Fault("--outlet", f"“{o}” is not an outlet", _nearest(o, known)) for o in outlets if o not in known]
    if faults:
        raise UserError(faults)
    here.index.init()
    return here


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else "config/feeds.yaml lists them"


def moment(option: str, text: str) -> datetime | None:
    """The beginning of the period that `text` names; None for an empty one. Raises `UserError`."""
    if not text:
        return None
    when = period(text, now=datetime.now(UTC), timezone=UTC)
    if when is None:
        raise UserError(Fault(option, f"“{text}” is not a date", "write 2026-11-01, yesterday or 'last 7 days'"))
    return when[0]


@contextmanager
def told(*, as_json: bool) -> Iterator[Say]:
    """How far it is, on standard error while it runs."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - see above

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), disable=as_json) as bar:
        task = bar.add_task("reading", total=None)

        def say(report: Report) -> None:
            bar.update(task, description=", ".join(f"{number} {name}" for name, number in report.counts.items()))

        yield say


def print_report(report: Report, *, as_json: bool) -> None:
    """What was done, and what could not be."""
    if as_json:
        print_json(report.plain())
        return
    out = console()
    for name, words in WORDS.items():
        if count := report.counts[name]:
            out.print(f"{count:>9}  {words}")
    if not report.counts:
        out.print("nothing to do: every article is of today's rules")
    for one in report.troubles[:PRINTED]:
        out.print(f"  {one.id}  {one.result}: {one.reason}")
    if len(report.troubles) > PRINTED:
        out.print("  … all of them with --json")
