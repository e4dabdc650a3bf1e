"""`rasid top`: what goes on, as it goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from workers.cli.output import console, json_option, print_json
from workers.operate.health import Report
from workers.operate.top import Look, Motion, as_dict, look, motion, quantile
from workers.settings import settings
from workers.stages.pressure import Signal
from workers.wiring import Parts


@click.command("top")
@click.option("--every", default=2.0, show_default=True, type=click.FloatRange(0.2, 60), help="Seconds between looks.")
@click.option("--once", is_flag=True, help="One picture of so many seconds, then end.")
@json_option
def command(*, every: float, once: bool, as_json: bool) -> None:
    """Show stages, rates, pressure, feeds, outlets and processes, live, until Ctrl-C.

    With --once one picture is printed, with --json one object a look (one line each, for a program to read).

    \b
    Example:
      rasid top
      rasid top --once --json | jq .per_second.stages
    """
    parts = Parts(settings())
    pictures = _looks(parts, every)
    if as_json or once:
        for now, moved in pictures:
            if as_json:
                print_json(as_dict(now, moved))
            else:
                console(wide=True).print(picture(now, moved))
            if once:
                return
    with Live(console=console(), screen=True, auto_refresh=False) as live:
        for now, moved in pictures:
            live.update(picture(now, moved), refresh=True)


def _looks(parts: Parts, every: float) -> Iterator[tuple[Look, Motion]]:
    before = look(parts)
    try:
        while True:
            time.sleep(every)
            now = look(parts)
            yield now, motion(before, now)
            before = now
    except KeyboardInterrupt:
        return


def picture(now: Look, moved: Motion) -> RenderableType:
    """One screen: the verdict, the flow, what presses, who works."""
    report = now.report
    return Group(
        _head(now, moved),
        "",
        _flow(report, moved),
        "",
        _pressure(report),
        "",
        _sides(now, moved),
    )


def _head(now: Look, moved: Motion) -> Text:
    report = now.report
    text = Text(f"rasid · {now.at:%Y-%m-%d %H:%M:%S} UTC · {moved.polls:.2f} polls/s · ")
    median, p95 = quantile(now.latency, 0.5), quantile(now.latency, 0.95)
    if median is not None:
        text.append(f"searchable within {median / 60:.0f} min (half), {(p95 or 0) / 60:.0f} min (95 %) · ")
    text.append("" if report.problems else "all is well", style="green")
    for problem in report.stopped:
        text.append(f"\n! {problem}", style="bold red")
    for problem in report.noticed:
        text.append(f"\n! {problem}", style="yellow")
    return text


def _flow(report: Report, moved: Motion) -> Table:
    table = Table("stage", "waiting", "overdue (s)", "messages", "done/s", "failed/s", box=None, padding=(0, 2, 0, 0))
    for column in table.columns[1:]:
        column.justify = "right"
    for stage, waiting in report.pending.items():
        table.add_row(
            stage,
            f"{waiting:,}",
            f"{report.oldest_wait[stage]:,.0f}",
            f"{report.queues[stage]:,}",
            f"{moved.stages[stage]:,.1f}",
            f"{moved.failed[stage]:,.1f}",
        )
    return table


def _pressure(report: Report) -> Table:
    table = Table("pressure", "", "now", "stops at", box=None, padding=(0, 2, 0, 0))
    for signal in sorted(report.pressure.signals, key=lambda s: -s.level):
        table.add_row(signal.name, _bar(signal.level), signal.said, signal.said_stop)
    return table


def _bar(level: float, width: int = 20) -> Text:
    full = round(level * width)
    style = "red" if level >= 1 else "yellow" if level > 0 else "green"
    return Text("█" * full + "·" * (width - full), style=style)


def _sides(now: Look, moved: Motion) -> Group:
    sides = Table.grid(padding=(0, 4, 0, 0))
    outlets = Table("outlet", "settled/s", box=None)
    for outlet, rate in moved.outlets.items():
        outlets.add_row(outlet, f"{rate:.1f}")
    workers = Table("worker", "processes", "memory", "files", "cpu s", box=None, padding=(0, 2, 0, 0))
    for name, values in now.vitals.items():
        memory = Signal.amount(values["resident_bytes"], "bytes")
        numbers = (f"{values['processes']:.0f}", memory, f"{values['open_files']:.0f}", f"{values['cpu_seconds']:.0f}")
        workers.add_row(name, *numbers)
    ends = Table("outcome", "entries", box=None)
    for status, number in sorted(now.report.outcomes.items(), key=lambda item: -item[1]):
        ends.add_row(status, f"{number:,}")
    feeds = Table("feeds", "", box=None)
    for health, number in sorted(now.report.feeds.items(), key=lambda item: -item[1]):
        feeds.add_row(health, f"{number:,}")
    sides.add_row(ends, feeds, outlets)
    return Group(sides, "", workers)
