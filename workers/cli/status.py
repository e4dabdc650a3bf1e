"""`rasid status`: queues, feeds by health, outcomes, stores; the exit code says whether all is well."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.table import Table

from workers.cli.output import console, json_option, print_json
from workers.health import Report, examine
from workers.settings import settings
from workers.wiring import Parts


@click.command("status")
@json_option
def command(*, as_json: bool) -> None:
    """Say how the installation is. Exit code 0: all is well; 1: something needs a look.

    Example: rasid status --json | jq .problems
    """
    report = examine(Parts(settings()), now=datetime.now(UTC))
    if as_json:
        print_json({"well": not report.problems, **asdict(report)})
    else:
        _print(report)
    raise SystemExit(1 if report.problems else 0)


def _print(report: Report) -> None:
    out = console()
    table = Table("stage", "waiting", "overdue (s)", "messages", box=None)
    for stage, waiting in report.pending.items():
        table.add_row(stage, str(waiting), str(report.oldest_wait[stage]), str(report.queues[stage]))
    out.print(table)
    out.print("outcomes:", ", ".join(f"{name} {n}" for name, n in sorted(report.outcomes.items())) or "none yet")
    out.print("feeds:   ", ", ".join(f"{name} {n}" for name, n in sorted(report.feeds.items())) or "none")
    index = report.index
    out.print("index:   ", f"{index['name']}: {index['articles']} articles, last indexed {index['last_indexed']}")
    out.print("alerts:  ", f"{report.alerts_waiting} waiting for delivery")
    out.print("sweep:   ", str(report.last_sweep or "never"))
    for problem in report.problems:
        out.print(f"! {problem}")
    if not report.problems:
        out.print("all is well")
