"""`rasid audit`: whether every entry that feeds offered is accounted for."""

from __future__ import annotations

from dataclasses import asdict

import click
from rich.table import Table

from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.operate.audit import PROBLEMS, Audit, audit, last_audit, listed
from workers.settings import settings
from workers.wiring import Parts


@click.command("audit")
@click.option("--last", is_flag=True, help="Show the last audit; beat runs one a day.")
@click.option("--feeds", is_flag=True, help="Also what each feed offered, and what came of it.")
@json_option
def command(*, last: bool, feeds: bool, as_json: bool) -> None:
    """Go through the whole ledger: every entry has one final outcome, or is listed. Exit code 1: something is wrong.

    Changes nothing and may run at any time. What still waits is listed too, and is no fault.

    \b
    Example:
      rasid audit --feeds
    """
    parts = Parts(settings())
    result = last_audit(parts) if last else audit(parts)
    if result is None:
        raise UserError(Fault("--last", "no audit has run yet", "rasid audit"))
    if as_json:
        print_json({"sound": result.sound, "problems": result.problems, **asdict(result)})
    else:
        _print(result, _names(parts) if feeds else None)
    raise SystemExit(0 if result.sound else 1)


def _names(parts: Parts) -> dict[str, str]:
    """Feed → what a person calls it."""
    return {feed.id: f"{feed.outlet}  {feed.url}" for feed in parts.feeds.feeds()}


def _print(result: Audit, names: dict[str, str] | None) -> None:
    """`names`: of feeds, where each is to be shown."""
    out = console(wide=True)
    out.print(f"{result.at[:19].replace('T', ' ')} UTC, {result.entries:,} entries in {result.seconds:.1f} s")
    out.print("outcomes:", ", ".join(f"{name} {n:,}" for name, n in sorted(result.outcomes.items())) or "none")
    out.print("waiting: ", ", ".join(f"{name} {n:,}" for name, n in result.waiting.items() if n) or "none")
    out.print("index:   ", _index(result))
    for kind, number in result.problems.items():
        out.print(f"! {number:,} {'entry' if number == 1 else 'entries'}: {PROBLEMS[kind]}")
    if result.findings:
        out.print(_findings(result))
    if names is not None:
        out.print(_feeds(result, names))
    if result.sound:
        out.print("every entry is accounted for")


def _index(result: Audit) -> str:
    if away := result.index.get("away"):
        return f"not compared: {away}"
    return (
        f"{result.index['articles']:,} articles; of {result.index['ledger']:,} entries the ledger says they are in it"
    )


def _findings(result: Audit) -> Table:
    table = Table("what", "place", "for", "entry", "feed", box=None)
    for finding in list(listed(result))[:50]:
        table.add_row(finding.kind, finding.place, _span(finding.age), finding.entry, finding.feed)
    if len(result.findings) > 50:
        table.caption = "the first 50; --json has more"
    return table


def _span(seconds: float) -> str:
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} s"


def _feeds(result: Audit, names: dict[str, str]) -> Table:
    statuses = sorted({name for counts in result.feeds.values() for name in counts} - {"offered"})
    table = Table("feed", "offered", *statuses, box=None)
    for feed, counts in sorted(result.feeds.items(), key=lambda item: -item[1]["offered"]):
        table.add_row(
            names.get(feed, feed), f"{counts['offered']:,}", *(f"{counts.get(name, 0):,}" for name in statuses)
        )
    return table
