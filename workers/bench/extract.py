"""`rasid bench extract PAGES_FOLDER`: what is kept, leaked and lost, page by page, beside other extractors."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import trafilatura
from rich.table import Table

from workers.bench import rivals
from workers.bench.pages import SavedPage, Score, Summary, Told, read_folder, score
from workers.clean import Cleaner
from workers.cli.output import console, json_option, print_json
from workers.errors import Drop
from workers.extract import extract
from workers.model import Outlet
from workers.settings import Settings, settings

_ROUNDS = 3
"""Each page is timed so often; the least counts, because what else the machine does only adds."""
_OUTLET = Outlet(id="any", name="")
"""No profile and no name: the general way must do."""


@click.command("extract")
@click.argument("folder", metavar="PAGES_FOLDER", type=click.Path(path_type=Path))
@click.option("--alone", is_flag=True, help="Leave the other extractors out.")
@json_option
def command(*, folder: Path, alone: bool, as_json: bool) -> None:
    """Measure extraction and cleaning on saved pages with known text (index.json says what a reader would keep).

    \b
    Example:
      rasid bench extract ../shared/data/pages
    """
    pages = read_folder(folder)
    extractors: dict[str, rivals.Extractor] = {"rasid": ours(settings())}
    if not alone:
        extractors |= rivals.available()
    results = {name: _run(extractor, pages) for name, extractor in extractors.items()}
    costs = cost(extractors["rasid"], pages)
    if as_json:
        print_json(_as_data(results, costs))
    else:
        _print(results, costs)


def ours(config: Settings) -> rivals.Extractor:
    """Extraction and cleaning as the pipeline does them, without feed and profile."""
    cleaner = Cleaner.load(config.config_dir, config.clean)
    now = datetime.now(UTC)

    def run(html: str, url: str) -> Told:
        try:
            found = extract(html, url=url, outlet=_OUTLET, entry=None, now=now, settings=config.extract)
        except Drop:
            return Told(title="", byline="", published="")
        cleaned = cleaner.clean(found, outlet=_OUTLET)
        return Told(text=cleaned.body, title=cleaned.title, byline=cleaned.byline, published=found.published or "")

    return run


def _run(extractor: rivals.Extractor, pages: list[SavedPage]) -> Summary:
    summary = Summary()
    with rivals.no_network():
        for page in pages:
            summary.scores.append(score(page, _told(extractor, page)))
    return summary


def _told(extractor: rivals.Extractor, page: SavedPage) -> Told:
    try:
        return extractor(page.html, page.url)
    except Exception:  # a rival that fails on a page has extracted nothing from it
        return Told()


def cost(extractor: rivals.Extractor, pages: list[SavedPage]) -> dict[str, float]:
    """CPU ms a page: ours, and trafilatura's own with and without its metadata, in turns on the same pages."""
    calls: dict[str, Callable[[SavedPage], object]] = {
        "rasid": lambda page: extractor(page.html, page.url),
        "trafilatura": lambda page: trafilatura.bare_extraction(page.html, with_metadata=True),
        "trafilatura fast, text only": lambda page: trafilatura.bare_extraction(
            page.html, fast=True, favor_precision=True, include_comments=False
        ),
    }
    least = dict.fromkeys(calls, 0.0)
    for page in pages:
        for name, call in calls.items():
            least[name] += min(_time(call, page) for _ in range(_ROUNDS))
    return {name: 1000 * total / max(1, len(pages)) for name, total in least.items()}


def _time(call: Callable[[SavedPage], object], page: SavedPage) -> float:
    gc.collect()
    start = time.process_time()
    call(page)
    return time.process_time() - start


def _figures(summary: Summary) -> dict[str, Any]:
    return {
        "kept": summary.share("kept", "wanted"),
        "leaked": summary.share("leaked", "unwanted"),
        "precision": summary.mean("precision"),
        "recall": summary.mean("recall"),
        "f1": summary.mean("f1"),
        "lowest_f1": min((s.f1 for s in summary.articles()), default=0.0),
        "title": summary.right("title"),
        "byline": summary.right("byline"),
        "date": summary.right("date"),
        "characters_from_non_articles": summary.from_others(),
    }


def _as_data(results: dict[str, Summary], costs: dict[str, float]) -> dict[str, Any]:
    return {
        "extractors": {name: _figures(summary) for name, summary in results.items()},
        "pages": [
            {"page": s.page, "kept": s.kept, "wanted": s.wanted, "leaked": s.leaked, "f1": s.f1, "title": s.title,
             "byline": s.byline, "date": s.date, "characters": s.characters, "lost": s.lost, "leaks": s.leaks}
            for s in results["rasid"].scores
        ],
        "cpu_ms_a_page": costs,
        "cost_ratio": costs["rasid"] / costs["trafilatura"] if costs["trafilatura"] else None,
    }  # fmt: skip


def _print(results: dict[str, Summary], costs: dict[str, float]) -> None:
    out = console()
    pages = Table("page", "kept", "leaked", "P", "R", "F1", "title", "date", "byline", title="Rasid, page by page")
    for found in results["rasid"].scores:
        pages.add_row(*_row(found))
    out.print(pages)
    names = ("kept", "leaked", "P", "R", "F1", "lowest F1", "title", "date", "byline", "non-articles")
    table = Table("extractor", *names, title="Means")
    for name, summary in results.items():
        f = _figures(summary)
        table.add_row(
            name, *(f"{f[k]:.3f}" for k in ("kept", "leaked", "precision", "recall", "f1", "lowest_f1")),
            *("–" if not f[k][1] else f"{f[k][0]}/{f[k][1]}" for k in ("title", "date", "byline")),
            str(f["characters_from_non_articles"]),
        )  # fmt: skip
    out.print(table)
    for name, milliseconds in costs.items():
        out.print(f"{milliseconds:8.1f} ms CPU a page   {name}   (rasid = {costs['rasid'] / milliseconds:.2f} × this)")


def _row(found: Score) -> tuple[str, ...]:
    if not found.wanted:
        return (found.page, *["–"] * 7, "nothing kept" if not found.characters else f"{found.characters} characters")
    marks = ("–" if value is None else "yes" if value else "NO" for value in (found.title, found.date, found.byline))
    return (
        found.page, f"{found.kept}/{found.wanted}", f"{found.leaked}/{found.unwanted}", f"{found.precision:.3f}",
        f"{found.recall:.3f}", f"{found.f1:.3f}", *marks,
    )  # fmt: skip
