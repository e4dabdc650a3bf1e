"""`rasid status`: is all well, what comes in, what waits, what came of it; the exit code says the first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from workers.cli.output import console, json_option, print_json
from workers.operate.health import Report, examine
from workers.settings import settings
from workers.wiring import Parts


@click.command("status")
@json_option
def command(*, as_json: bool) -> None:
    """Say how the installation is. Exit code 0: all is well; 1: something needs a look.

    Example: rasid status --json | jq .problems
    """
    now = datetime.now(UTC)
    report = examine(Parts(settings()), now=now)
    if as_json:
        print_json({"well": not report.problems, **report.as_dict()})
    else:
        out = console()
        for line in lines(report, now):
            out.print(line)
    raise SystemExit(1 if report.problems else 0)


def lines(report: Report, now: datetime) -> Iterator[RenderableType]:
    """What a person asks, in that order: is all well; does it run; what comes in; what waits; what came of it."""
    yield from _verdict(report)
    yield ""
    yield _line("runs", f"last sweep {_ago(report.last_sweep, now)}")
    yield _line("polling", _polling(report))
    yield _line("feeds", _counts(report.feeds) or "none: rasid feeds add URL")
    yield _waiting(report)
    yield _line("outcomes", _counts(report.outcomes) or "none yet")
    yield _line("index", _index(report))
    yield _line("alerts", f"{report.alerts_waiting} due for delivery, {report.alerts_dead} given up")
    yield _line("audit", _audit(report))
    for outlet, jumps in report.drift.items():
        for jump in jumps:
            yield _line("drift", f"{outlet}: {jump}; pages {' '.join(jump.examples)}")


def _verdict(report: Report) -> Iterator[Text]:
    if not report.problems:
        yield Text("all is well", style="bold green")
    for problem in report.stopped:
        yield Text(f"! {problem}", style="bold red")
    for problem in report.noticed:
        yield Text(f"! {problem}", style="yellow")


def _line(name: str, text: str) -> str:
    return f"{name + ':':10}{text}"


def _counts(numbers: dict[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in sorted(numbers.items(), key=lambda item: -item[1]))


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    if seconds < 120:
        return f"{max(0, seconds):.0f} s ago"
    return f"{seconds / 60:.0f} min ago" if seconds < 7200 else f"{moment:%Y-%m-%d %H:%M} UTC"


def _polling(report: Report) -> str:
    pressing = report.pressure.pressing
    if not pressing:
        return "free: no store is near its bound"
    doing = "stopped" if report.pressure.level >= 1 else f"slowed by {report.pressure.level:.0%}"
    return f"{doing} by {', '.join(signal.name for signal in pressing)}"


def _waiting(report: Report) -> Table:
    table = Table("stage", "waiting", "overdue (s)", "messages", box=None, padding=(0, 2, 0, 0))
    for column in table.columns[1:]:
        column.justify = "right"
    for stage, waiting in report.pending.items():
        table.add_row(stage, f"{waiting:,}", f"{report.oldest_wait[stage]:,.0f}", f"{report.queues[stage]:,}")
    return table


def _index(report: Report) -> str:
    index = report.index
    last = str(index["last_indexed"] or "never")[:16].replace("T", " ")
    size = f"{index.get('bytes', 0) / 1e6:,.1f} MB"
    return f"{index['name']}, {index['articles']:,} articles ({size}), last indexed {last}"


def _audit(report: Report) -> str:
    audit = report.audit
    if audit is None:
        return "not yet: beat asks for it once a day, rasid audit now"
    said = "every one accounted for" if audit.sound else _counts(audit.problems)
    under_way = f"{sum(audit.waiting.values()):,} under way"
    return f"{audit.at[:16].replace('T', ' ')}, {audit.entries:,} entries, {said}, {under_way}"
