"""`rasid bench soak`: articles flow for a while without any fault; no process may grow in memory or open files."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean

import click
import psutil
import structlog
from rich.table import Table

from workers.bench.chaos_judge import Judge
from workers.bench.chaos_system import System
from workers.bench.chaos_tools import scratch, server_of
from workers.bench.slope import CONFIDENCE, Slope, slope_of
from workers.cli.output import console, json_option, print_json

EVERY = 2.0
"""Seconds between two samples."""
WARM = 0.25
"""Share of the time that is left out: caches fill, and the first articles load what is loaded once."""
ALLOWED_MEMORY = 0.01
"""Growth over the measured time that passes, as a share of the level; more, with the test's confidence, fails."""
ALLOWED_FILES = 10.0
"""The same for open files: eight threads may each come to need a connection more; a leak has hundreds in minutes."""

Series = dict[tuple[str, str], list[tuple[float, float]]]
"""(process, `memory` in MB or `files`) → samples of (seconds, value)."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What became of one process."""

    process: str
    what: str
    found: Slope
    allowed: float
    """MB or files that it may have gained."""
    by_article: bool = False
    """Redis keeps something of every article for the length of its windows: told, not judged."""

    @property
    def ok(self) -> bool:
        return self.by_article or not self.found.grows(self.allowed)


@dataclass(slots=True)
class Sampler:
    """Looks at every process of a system now and then."""

    system: System
    series: Series = field(default_factory=lambda: defaultdict(list))

    def watch(self, seconds: float) -> None:
        """Let the system work for so long, and look."""
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < seconds:
            for (name, what), value in self._look().items():
                self.series[name, what].append((passed, value))
            self.system.run(EVERY)

    def growths(self, seconds: float, *, memory: float = ALLOWED_MEMORY) -> list[Growth]:
        """A slope each, over what came after the warming up; `memory`: the share of it that may be gained."""
        found = []
        for (name, what), samples in sorted(self.series.items()):
            slope = slope_of([(t, v) for t, v in samples if t >= seconds * WARM])
            if slope is not None:
                allowed = slope.level * memory if what == "memory" else ALLOWED_FILES
                found.append(Growth(name, what, slope, allowed, by_article=(name, what) == ("redis", "memory")))
        return found

    def _look(self) -> dict[tuple[str, str], float]:
        found: dict[tuple[str, str], float] = {}
        mains = dict(self.system.supervisor.processes())
        groups = {name: [pid] for name, pid in mains.items()} | {"make child": self.system.children("make")}
        groups["redis"] = [self.system.redis_pid()]
        for name, pids in groups.items():
            sizes = [size for pid in pids if (size := _size(pid)) is not None]
            if sizes:
                found[name, "memory"] = mean(memory for memory, _ in sizes)
                found[name, "files"] = mean(files for _, files in sizes)
        return found


def _size(pid: int) -> tuple[float, float] | None:
    """Resident MB and open descriptors."""
    with suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        return process.memory_info().rss / 1e6, float(process.num_fds())
    return None


@click.command("soak")
@click.option("--minutes", default=20.0, show_default=True, type=click.FloatRange(1, 24 * 60))
@click.option("--rate", default=2.0, show_default=True, help="Articles a second.")
@click.option("--seed", default=1, show_default=True, help="Of the articles.")
@click.option("--elasticsearch", help="A command that starts an Elasticsearch and prints its address and process id.")
@click.option("--keep", type=click.Path(path_type=Path), help="A new folder that keeps data and logs.")
@json_option
def command(
    *, minutes: float, rate: float, seed: int, elasticsearch: str | None, keep: Path | None, as_json: bool
) -> None:
    """Let articles flow without a fault, and test whether any process grows in memory or open files.

    The first quarter is left out. Exit code 1 when one grows: by more than a hundredth of its memory or by more than
    ten descriptors, with 99 % confidence (Theil and Sen's slope over block medians), or when an article is lost.

    Example: RASID_ELASTICSEARCH_URL=http://127.0.0.1:9200 rasid bench soak --minutes 20
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    seconds, articles = minutes * 60, max(60, int(minutes * 60 * rate))
    patient = {"RASID_ELASTICSEARCH_REQUEST_TIMEOUT": "30"}
    with (
        server_of(elasticsearch) as server,
        scratch(keep) as folder,
        System(folder, articles, seed, server, patient, light=False) as system,
    ):
        sampler, judge, started = Sampler(system), Judge(system), time.monotonic()
        system.publish(articles, seconds)
        sampler.watch(seconds)
        verdict = judge.judge("soak", bound=120, started=started)
        growths = sampler.growths(seconds)
        used = system.parts.redis.info("memory")["used_memory"]
    ok = verdict.ok and all(g.ok for g in growths)
    if as_json:
        print_json({"ok": ok, "verdict": asdict(verdict), "growth": [asdict(g) | {"ok": g.ok} for g in growths]})
    else:
        show(growths)
        console().print(
            f"{verdict.published} articles: lost {verdict.lost}, twice {verdict.twice}, unsettled {verdict.unsettled}; "
            f"restarts {verdict.restarts}; Redis holds {used / max(1, verdict.published) / 1000:.1f} KB an article"
        )
    if not ok:
        raise SystemExit(1)


def show(growths: list[Growth]) -> None:
    """A line a process and measure."""
    table = Table("process", "what", "level", "slope an hour", f"{CONFIDENCE:.0%} interval", "", box=None)
    for growth in growths:
        found = growth.found
        word = "by article" if growth.by_article else "flat" if growth.ok else "GROWS"
        between = f"{found.least:+.1f} to {found.most:+.1f}"
        unit = " MB" if growth.what == "memory" else ""
        table.add_row(growth.process, growth.what, f"{found.level:.1f}{unit}", f"{found.slope:+.1f}", between, word)
    out = console()
    out.width = max(out.width, 110)
    out.print(table)
