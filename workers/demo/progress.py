"""The demo's live progress: what has come in, what waits where, what has ended how."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from workers.model import STAGES
from workers.wiring import Parts


class Progress:
    """A live table on standard error; a line now and then where that is no terminal."""

    def __init__(self, parts: Parts, total: int, *, quiet: bool) -> None:
        self._parts = parts
        self._total = total
        self._started = self._said = time.monotonic()
        self._live: Live | None = None
        if not quiet and sys.stderr.isatty():
            self._live = Live(console=Console(stderr=True), refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self) -> None:
        """Say how things stand now."""
        if self._live:
            self._live.update(self._table())
        elif time.monotonic() - self._said >= 5:
            self._said = time.monotonic()
            counts = self._parts.ledger.counts()
            print(f"{self._seconds():4.0f} s  {_line(counts, self._total)}", file=sys.stderr, flush=True)  # noqa: T201

    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _table(self) -> Table:
        counts = self._parts.ledger.counts()
        table = Table(title=f"rasid demo, {self._seconds():.0f} s", box=None, title_justify="left")
        for name in ("", *STAGES, "ended"):
            table.add_column(name, justify="right")
        table.add_row("waiting", *(str(counts[f"pending:{stage}"]) for stage in STAGES), "")
        for name, number in sorted(counts.items()):
            if name.startswith("outcome:") and number:
                table.add_row(name.partition(":")[2], *("" for _ in STAGES), str(number))
        table.add_row("all", *("" for _ in STAGES), f"{_ended(counts)} of {self._total}")
        return table


def _ended(counts: dict[str, int]) -> int:
    return sum(number for name, number in counts.items() if name.startswith("outcome:"))


def _line(counts: dict[str, int], total: int) -> str:
    waiting = ", ".join(f"{stage} {counts[f'pending:{stage}']}" for stage in STAGES)
    return f"{_ended(counts)} of {total} ended; waiting: {waiting}"
