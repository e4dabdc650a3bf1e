"""`rasid bench stories FILE`: reprints, stories of events, and what a look-up costs."""

from __future__ import annotations

import gzip
import importlib
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import redis

from workers.bench.clusters import bcubed, threshold_clusters
from workers.bench.reprints import Stream, article_id, exact_list, score_made, score_real, wrong_among_unrelated
from workers.bench.window import bytes_an_article, measure
from workers.cli.output import json_option, print_json
from workers.dedupe import fingerprint
from workers.errors import Fault, UserError
from workers.model import Cleaned, Paragraph
from workers.settings import DedupeSettings, settings
from workers.store.duplicates import RedisDuplicates

T = TypeVar("T")

SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
GOAL = 0.2
"""Up to this share of edited words recall .99 at precision .999 is demanded; beyond, the curve is shown."""
LABELS = Path("tests/bench/story_labels.json")
THRESHOLDS = tuple(n / 100 for n in range(10, 70, 2))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--corpus",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="More texts (title, text, blank line).",
)
@click.option(
    "--pairs", default=500, show_default=True, help="Made reprints a share of edited words (2,000 up to 20 %)."
)
@click.option(
    "--window", "sizes", default="10000,100000,1000000", show_default=True, help="Articles in the window, with commas."
)
@json_option
def command(file: Path, corpus: Path | None, pairs: int, sizes: str, as_json: bool) -> None:
    """Reprints and stories on real texts, through a Redis of the bench's own.

    FILE holds one JSON object a line: id, date, title, text. Runs in a checkout: reprints and labels are under tests/.

    \b
    Example:
      rasid bench stories ../shared/data/articles_text.jsonl.gz --corpus ../shared/data/corpus_2018.txt.gz
    """
    servers, made = _of_tests("tests.servers"), _of_tests("tests.bench.reprints")
    options = settings().dedupe
    rows = _read(file)
    labels = _labels(rows)
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.redis_server(Path(folder)) as (url, _),
        redis.Redis.from_url(url) as client,
    ):
        report = _reprints(client, rows, corpus, pairs, made, options)
        prints = report.pop("prints")
        client.flushall()
        report["stories"] = _stories(client, rows, labels, options)
        windows = [int(n) for n in sizes.split(",") if n.strip()]
        report["window"] = measure(client, windows, options, prints, asked=500)
        report["bytes"] = bytes_an_article(client, options, prints)
    print_json(report) if as_json else _show(report)


def _of_tests(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UserError(Fault(name, "is not there", "run in a checkout: the bench makes its texts with it")) from None


def _read(file: Path) -> list[dict[str, str]]:
    try:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        raise UserError(Fault(str(file), f"is not JSON, one object a line: {error}")) from None


def _reprints(
    client: redis.Redis, rows: list[dict[str, str]], corpus: Path | None, pairs: int, made: Any, options: DedupeSettings
) -> dict[str, Any]:
    stream = Stream(RedisDuplicates(client, "bench", options), options)
    sources = [made.Source(str(row["id"]), row["title"], tuple(row["text"].split("\n"))) for row in rows]
    sources += _corpus(corpus, made) if corpus else []
    stream.add((source.id, source.cleaned()) for source in progress(sources, "texts"))
    prints = list(stream.prints)
    listed = exact_list(stream)
    real, unrelated = score_real(stream, listed), wrong_among_unrelated(stream, listed)

    def make(source: Any, share: float, rng: random.Random) -> Cleaned:
        found: Cleaned = made.reprint(source, share, sources, rng)
        return found

    curve = score_made(stream, make, sources, SHARES, pairs, progress)
    return {"real": real, "unrelated": unrelated, "made": curve, "goal": _goal(curve, unrelated), "prints": prints}


def _goal(curve: list[dict[str, Any]], unrelated: dict[str, Any]) -> dict[str, Any]:
    """All pairs up to `GOAL` and the unrelated texts together."""
    rows = [row for row in curve if row["edited"] <= GOAL]
    pairs, found = (sum(row[name] for row in rows) for name in ("pairs", "found"))
    wrong = sum(row["called"] - row["right"] for row in rows) + unrelated["wrong"]
    called = sum(row["called"] for row in rows) + unrelated["called_reprints"]
    return {"pairs": pairs, "unrelated": unrelated["texts"], "recall": found / pairs, "precision": 1 - wrong / called}


def progress(items: Sequence[T], what: str) -> Iterator[T]:
    """The items, with a bar on a terminal's standard error."""
    with click.progressbar(items, label=f"{what:12}", file=sys.stderr) as bar:
        yield from bar


def _corpus(path: Path, made: Any) -> list[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        blocks = [block.strip().split("\n") for block in text.read().split("\n\n") if block.strip()]
    return [made.Source(f"corpus/{i}", block[0], tuple(block[1:])) for i, block in enumerate(blocks)]


def _labels(rows: list[dict[str, str]]) -> dict[str, int]:
    """Story by article id; raises `UserError` where the file is another one than was labelled."""
    labels: dict[str, int] = json.loads(LABELS.read_text("utf-8"))["labels"]
    if missing := labels.keys() - {str(row["id"]) for row in rows}:
        raise UserError(Fault("FILE", f"lacks {len(missing)} of the {len(labels)} labelled articles"))
    return labels


def _stories(
    client: Any, rows: list[dict[str, str]], labels: dict[str, int], options: DedupeSettings
) -> dict[str, Any]:
    by_id = {str(row["id"]): row for row in rows}
    duplicates = RedisDuplicates(client, "stories", options)
    for row in progress(sorted(rows, key=lambda row: (row["date"][-8:], str(row["id"]))), "stories"):
        cleaned = Cleaned(
            title=row["title"], paragraphs=tuple(Paragraph(p) for p in row["text"].split("\n") if p.strip())
        )
        duplicates.relate(article_id(str(row["id"])), fingerprint(cleaned, options), at=_day(row))
    found = {id_: row.id for row in duplicates.stories.all() for id_, _ in row.articles}
    ours = {item: found[article_id(item)] for item in labels}
    days = {item: _day(by_id[item]).toordinal() for item in labels}
    texts = {item: f"{by_id[item]['title']}\n{by_id[item]['text']}" for item in labels}
    plain = threshold_clusters(texts, days, THRESHOLDS, gap=4)
    best = max(plain, key=lambda least: bcubed(labels, plain[least])[2])
    sizes = Counter(labels.values())
    several = {item: label for item, label in labels.items() if sizes[label] > 1}
    return {
        "articles": len(labels),
        "stories": len(sizes),
        "stories_of_several": sum(n > 1 for n in sizes.values()),
        "rasid": bcubed(labels, ours),
        "rasid_in_stories_of_several": bcubed(several, ours),
        "tfidf": bcubed(labels, plain[best]),
        "tfidf_in_stories_of_several": bcubed(several, plain[best]),
        "tfidf_threshold": best,
        "each_alone": bcubed(labels, {item: item for item in labels}),
    }


def _day(row: dict[str, str]) -> datetime:
    return datetime.strptime(row["date"][-8:], "%Y%m%d").replace(tzinfo=UTC)


def _show(report: dict[str, Any]) -> None:
    real, made = report["real"], report["made"]
    click.echo(f"real reprints   {real['listed']} listed by exact containment in {real['texts']} texts: precision"
               f" {real['precision']:.3f} recall {real['recall']:.3f} F1 {real['f1']:.3f};"
               f" {real['rewrites_beyond_the_list']} more edited throughout,"
               f" counted as wrong: F1 {real['strict_f1']:.3f}")  # fmt: skip
    click.echo(f"unrelated       {report['unrelated']['texts']} texts, {report['unrelated']['called_reprints']} called"
               f" reprints, not borne out by the words: {report['unrelated']['wrong']}")  # fmt: skip
    for row in made:
        click.echo(f"made reprints   {row['edited']:4.0%} of words edited: recall {row['recall']:.4f}"
                   f" precision {row['precision']:.4f} ({row['pairs']} pairs)")  # fmt: skip
    goal = report["goal"]
    click.echo(f"up to {GOAL:.0%} edited {goal['pairs']} pairs and {goal['unrelated']} unrelated texts:"
               f" recall {goal['recall']:.4f} precision {goal['precision']:.5f}")  # fmt: skip
    stories = report["stories"]
    sizes = f"{stories['articles']} articles, {stories['stories']} stories, {stories['stories_of_several']} of several"
    click.echo(f"stories         {sizes} articles; B-cubed P R F1 (F1 in those)")
    for name in ("rasid", "tfidf", "each_alone"):
        several = stories.get(f"{name}_in_stories_of_several")
        tail = f"  ({several[2]:.3f})" if several else ""
        click.echo(f"  {name:12}  {' '.join(f'{x:.3f}' for x in stories[name])}{tail}")
    for row in report["window"]:
        click.echo(f"window          {row['articles']:>9,} articles: {row['ms']:.2f} ms an article, Redis"
                   f" {row['redis_ms']:.2f} ms CPU, {row['ratio']:.2f} of the first;"
                   f" {row['bytes']:,.0f} bytes an article")  # fmt: skip
    used = report["bytes"]
    click.echo(f"one by one      {used['articles']:>9,} articles: {used['total']:.0f} bytes an article: reprints"
               f" {used['reprints']:.0f}, stories {used['stories']:.0f}")  # fmt: skip
