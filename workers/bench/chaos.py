"""`rasid bench chaos`: everything that can break is broken while articles flow, and what is left is counted.

One installation (embedded Redis, supervisor, workers, beat, an index behind the fault proxy) lives through all of it:
news sites publish a stream of articles, each scenario does its harm, waits until all is settled, and counts over every
article since the start. A scenario passes with 0 lost, 0 documents twice, 0 alerts lost or twice, 0 unsettled, and in
quarantine only what must be; in the end every feed is polled once more, and all is counted again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random

import click
import structlog
from rich.table import Table

from workers.bench.chaos_judge import Judge, Verdict
from workers.bench.chaos_scenarios import SCENARIOS, Scenario
from workers.bench.chaos_system import System
from workers.bench.chaos_tools import scratch, server_of
from workers.cli.output import console, json_option, print_json

_COLUMNS = ("lost", "twice", "alerts_lost", "alerts_twice", "unsettled", "jailed_wrongly", "leftover", "growing")


@click.command("chaos")
@click.option("--articles", default=5000, show_default=True, type=click.IntRange(60, 50_000), help="In all scenarios.")
@click.option("--scenario", "names", multiple=True, type=click.Choice([s.name for s in SCENARIOS]), help="Only these.")
@click.option("--seed", default=1, show_default=True, help="Of the articles and of the faults' times.")
@click.option("--bound", default=900.0, show_default=True, help="Seconds after which no further scenario begins.")
@click.option("--elasticsearch", help="A command that starts an Elasticsearch and prints its address and process id.")
@click.option("--keep", type=click.Path(path_type=Path), help="A new folder that keeps data and logs.")
@json_option
def command(
    *,
    articles: int,
    names: tuple[str, ...],
    seed: int,
    bound: float,
    elasticsearch: str | None,
    keep: Path | None,
    as_json: bool,
) -> None:
    """Break everything that can break while articles flow, and count what is lost or doubled.

    Needs an Elasticsearch that may be killed: a command that starts it, or it again (make chaos gives one). With
    RASID_ELASTICSEARCH_URL instead, that one is not harmed, and the scenario that kills it is left out. Exit code 1
    when a scenario fails or did not begin.

    Example: rasid bench chaos --elasticsearch 'python -m tests.servers own chaos' --scenario kill-redis --articles 300
    """
    begun = time.monotonic()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # deaths are no news
    chosen = [s for s in SCENARIOS if not names or s.name in names]
    if not elasticsearch:
        chosen = [s for s in chosen if s.name != "kill-elasticsearch"]
    verdicts = []
    with server_of(elasticsearch) as server, scratch(keep) as folder, System(folder, articles, seed, server) as system:
        for verdict in run(system, chosen, articles, seed, until=begun + bound):
            verdicts.append(verdict)
            console(stderr=True).print(_line(verdict))
    if as_json:
        print_json([asdict(v) | {"ok": v.ok} for v in verdicts])
    else:
        _print(verdicts, time.monotonic() - begun)
    if missed := len(chosen) + 1 - len(verdicts):
        console(stderr=True).print(f"{missed} scenarios did not begin within {bound:.0f} s")
    if missed or not all(v.ok for v in verdicts):
        raise SystemExit(1)


def run(
    system: System, scenarios: Sequence[Scenario], articles: int, seed: int, *, until: float = float("inf")
) -> Iterator[Verdict]:
    """A verdict a scenario, in turn, and one in the end; none begins later than `until` (monotonic)."""
    judge, begun = Judge(system), time.monotonic()
    for scenario, count in zip(scenarios, shares(scenarios, articles), strict=True):
        started = time.monotonic()
        if started > until:
            break
        system.publish(count, scenario.stretch)
        flushed = system.flushed
        scenario.harm(system, Random(f"{seed} {scenario.name}"))  # noqa: S311 - times of faults, no secret
        if system.flushed and not flushed:
            judge.forget()
        yield judge.judge(scenario.name, bound=scenario.bound, started=started)
    yield judge.judge_all(started=begun)


def shares(scenarios: Sequence[Scenario], articles: int) -> list[int]:
    """How many articles each scenario publishes, so that they come at the same rate in all; their sum is `articles`."""
    whole, given, passed = sum(s.stretch for s in scenarios), 0, 0.0
    found = []
    for scenario in scenarios:
        passed += scenario.stretch
        found.append(round(articles * passed / whole) - given)
        given += found[-1]
    return found


def _line(verdict: Verdict) -> str:
    counts = ", ".join(f"{name.replace('_', ' ')} {getattr(verdict, name)}" for name in _COLUMNS)
    word = "passed" if verdict.ok else "FAILED"
    said = f"{word} {verdict.scenario}: {counts}; caught up after {verdict.catch_up} s, {verdict.seconds:.0f} s in all"
    return "\n  ".join([said, *verdict.notes])


def _print(verdicts: list[Verdict], seconds: float) -> None:
    table = Table("scenario", "articles", "faults", *(n.replace("_", " ") for n in _COLUMNS), box=None)
    for name in ("caught up", "in all", "restarts"):
        table.add_column(name)
    for v in verdicts:
        counts = (str(getattr(v, name)) for name in _COLUMNS)
        times = (f"{v.catch_up:.1f} s", f"{v.seconds:.0f} s", str(v.restarts))
        table.add_row(v.scenario, str(v.published), str(v.faults), *counts, *times)
    out = console()
    out.width = max(out.width, 180)  # a line a scenario, however narrow the terminal
    out.print(table)
    out.print("outcomes:", ", ".join(f"{name} {number}" for name, number in sorted(verdicts[-1].outcomes.items())))
    out.print(
        "requests to Elasticsearch answered wrongly:", ", ".join(f"{k} {n}" for k, n in verdicts[-1].harmed.items())
    )
    for v in verdicts:
        for note in v.notes:
            out.print(f"{v.scenario}: {note}")
    out.print(f"{seconds:.0f} s in all")
