"""`rasid bench chaos`: everything that can break is broken while articles flow, and what is left is counted.

Each scenario runs on an installation of its own (embedded Redis, supervisor, workers, beat, an index behind the fault
proxy), offers its articles through feeds, does its harm, waits until all is settled, and has every feed polled once
more. It passes with 0 lost, 0 documents twice, 0 alerts lost or twice, 0 unsettled, and quarantined only what must be.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random

import click
import structlog
from rich.table import Table

from workers.bench.chaos_judge import Judge, Verdict
from workers.bench.chaos_scenarios import SCENARIOS, Scenario
from workers.bench.chaos_system import System
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError

_COLUMNS = ("lost", "twice", "alerts_lost", "alerts_twice", "unsettled", "jailed_wrongly", "leftover")


@click.command("chaos")
@click.option("--articles", default=400, show_default=True, type=click.IntRange(20, 5000), help="Articles a scenario.")
@click.option("--scenario", "names", multiple=True, type=click.Choice([s.name for s in SCENARIOS]), help="Only these.")
@click.option("--seed", default=1, show_default=True, help="Of the articles and of the faults' times.")
@click.option("--bound", default=900.0, show_default=True, help="Seconds after which no further scenario begins.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder that keeps data and logs of each scenario.")
@json_option
def command(
    *, articles: int, names: tuple[str, ...], seed: int, bound: float, keep: Path | None, as_json: bool
) -> None:
    """Break everything that can break while articles flow, and count what is lost or doubled.

    Needs RASID_ELASTICSEARCH_URL (a test server will do: python -m tests.servers elasticsearch). It is never harmed
    itself: faults are a proxy's. Exit code 1 when a scenario fails or the bound was too short for one.

    Example: RASID_ELASTICSEARCH_URL=http://127.0.0.1:9200 rasid bench chaos --scenario kill-redis --scenario cut-bulks
    """
    address = os.environ.get("RASID_ELASTICSEARCH_URL")
    if not address:
        raise UserError(Fault("RASID_ELASTICSEARCH_URL", "is not set", "make chaos starts a server and sets it"))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # deaths are no news
    chosen = [s for s in SCENARIOS if not names or s.name in names]
    verdicts = []
    for verdict in run(chosen, articles, seed, address, bound=bound, keep=keep):
        verdicts.append(verdict)
        console(stderr=True).print(_line(verdict))
    if as_json:
        print_json([asdict(v) | {"ok": v.ok} for v in verdicts])
    else:
        _print(verdicts)
    if missed := len(chosen) - len(verdicts):
        console(stderr=True).print(f"{missed} scenarios did not begin within {bound:.0f} s")
    if missed or not all(v.ok for v in verdicts):
        raise SystemExit(1)


def run(
    scenarios: list[Scenario], articles: int, seed: int, elasticsearch: str, *, bound: float, keep: Path | None = None
) -> Iterator[Verdict]:
    """One verdict a scenario, in turn; none begins later than `bound` seconds from now."""
    begun = time.monotonic()
    for scenario in scenarios:
        if time.monotonic() - begun > bound:
            return
        with tempfile.TemporaryDirectory(prefix="rasid-chaos-") as temporary:
            folder = keep.absolute() / scenario.name if keep else Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            yield _one(scenario, folder, articles, seed, elasticsearch)


def _one(scenario: Scenario, folder: Path, articles: int, seed: int, elasticsearch: str) -> Verdict:
    started = time.monotonic()
    with System(folder, articles, seed, elasticsearch, scenario.settings) as system:
        scenario.harm(system, Random(f"{seed} {scenario.name}"))  # noqa: S311 - times of faults, no secret
        return Judge(system).judge(scenario.name, bound=scenario.bound, started=started)


def _line(verdict: Verdict) -> str:
    counts = ", ".join(f"{name.replace('_', ' ')} {getattr(verdict, name)}" for name in _COLUMNS)
    word = "passed" if verdict.ok else "FAILED"
    return f"{word} {verdict.scenario}: {counts}; caught up {verdict.catch_up} s after the last fault"


def _print(verdicts: list[Verdict]) -> None:
    table = Table("scenario", "articles", "faults", *(n.replace("_", " ") for n in _COLUMNS), box=None)
    for name in ("repeated", "caught up", "in all", "outcomes"):
        table.add_column(name)
    for v in verdicts:
        outcomes = " ".join(f"{name} {number}" for name, number in sorted(v.outcomes.items()))
        counts = (str(getattr(v, name)) for name in _COLUMNS)
        times = (str(v.alerts_repeated), f"{v.catch_up:.1f} s", f"{v.seconds:.0f} s")
        table.add_row(v.scenario, str(v.offered), str(v.faults), *counts, *times, outcomes)
    out = console()
    out.width = max(out.width, 200)  # a line a scenario, however narrow the terminal
    out.print(table)
    for v in verdicts:
        if v.harmed:
            out.print(f"{v.scenario}: requests answered wrongly:", ", ".join(f"{k} {n}" for k, n in v.harmed.items()))
        for note in v.notes:
            out.print(f"{v.scenario}: {note}")
