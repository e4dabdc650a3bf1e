"""The demo's summary: what became of every sample entry, and three searches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from workers.cli.output import console, print_json
from workers.cli.search import print_hits
from workers.demo.samples import searches
from workers.demo.site import Expected
from workers.wiring import Parts

_NAMES = {"duplicate": "duplicates", "quarantined": "failed"}


@dataclass(slots=True)
class Summary:
    """What `rasid demo --json` prints, and what it judges."""

    feeds: int = 0
    entries: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    boilerplate_lines_removed: int = 0
    mentions_linked: int = 0
    alerts_matched: int = 0
    seconds: float = 0.0
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As the JSON object that the command promises."""
        names = ("indexed", "updated", "duplicates", "not_article", "not_arabic", "gone", "refused", "failed")
        return {
            "feeds": self.feeds,
            "entries": self.entries,
            **{name: self.counts[name] for name in names},
            "boilerplate_lines_removed": self.boilerplate_lines_removed,
            "mentions_linked": self.mentions_linked,
            "alerts_matched": self.alerts_matched,
            "seconds": self.seconds,
            "outcomes": self.outcomes,
        }


def summarise(parts: Parts, expected: Mapping[str, Expected]) -> Summary:
    """Read every sample entry's row and article."""
    summary = Summary(feeds=len(parts.feeds.feeds()), entries=len(expected))
    summary.alerts_matched = len(parts.outbox.history(limit=10_000))
    for id_, wanted in expected.items():
        row = parts.ledger.row(id_)
        status = row.status if row is not None and row.stage is None else ""
        reason = row.reason if row is not None else "no feed offered it"
        if not status:
            summary.unsettled.append(
                f"{wanted.url}: waits at {row.stage}, {reason}" if row else f"{wanted.url}: {reason}"
            )
        summary.counts[_NAMES.get(status, status) or "failed"] += 1
        article = parts.index.get(id_)
        if article is not None:
            summary.boilerplate_lines_removed += len(article.removed)
            summary.mentions_linked += sum(1 for m in article.mentions if m.entity)
        summary.outcomes.append(
            {
                "id": id_,
                "url": wanted.url,
                "outlet": wanted.sample.outlet,
                "title": article.title if article else wanted.sample.title,
                "status": status or "unsettled",
                "reason": reason,
                "expected": wanted.status,
                "duplicate_of": article.kinship.duplicate_of if article else None,
            }
        )
    return summary


def print_summary(summary: Summary, parts: Parts, *, as_json: bool) -> None:
    """The summary on standard output, for a program or for a person with three searches."""
    if as_json:
        print_json(summary.plain())
        return
    out = console()
    table = Table(box=None, show_header=False)
    for name, value in summary.plain().items():
        if name != "outcomes":
            table.add_row(name.replace("_", " "), str(value))
    out.print(table)
    for problem in summary.unsettled:
        out.print(f"! no final outcome: {problem}")
    for search in searches():
        out.print(f"\nrasid search '{search.query}'    {search.why}")
        request = parts.search.request(search.query, now=datetime.now(UTC), limit=3)
        print_hits(parts.search.search(request), out, bidi=parts.search.bidi)
