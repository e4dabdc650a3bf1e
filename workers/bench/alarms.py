"""`rasid bench alarms TEXTS`: every line that cleaning removes from texts that are known to be articles, to be read."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import click

from workers.clean import Cleaner
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.model import Extract, Outlet, Paragraph
from workers.settings import settings


@click.command("alarms")
@click.argument("texts", metavar="TEXTS", type=click.Path(path_type=Path))
@json_option
def command(*, texts: Path, as_json: bool) -> None:
    """List what cleaning removes from article texts: TEXTS is a .jsonl.gz with `title`, `text` and `source`.

    \b
    Example:
      rasid bench alarms ../shared/data/articles_text.jsonl.gz
    """
    config = settings()
    cleaner = Cleaner.load(config.config_dir, config.clean)
    lines = articles = 0
    removed: dict[str, Counter[str]] = defaultdict(Counter)
    for article in read_texts(texts):
        paragraphs = tuple(Paragraph(text) for p in article["text"].splitlines() if (text := " ".join(p.split())))
        found = Extract(title=article.get("title", ""), paragraphs=paragraphs)
        articles, lines = articles + 1, lines + len(paragraphs)
        for piece in cleaner.clean(found, outlet=Outlet(id=article.get("source", ""), name="")).removed:
            removed[piece.rule][piece.text] += 1
    if as_json:
        print_json({"articles": articles, "lines": lines, "removed": removed})
    else:
        _print(articles, lines, removed)


def read_texts(texts: Path) -> list[dict[str, Any]]:
    """The articles of a .jsonl.gz, one JSON object a line; raises `UserError`."""
    try:
        with gzip.open(texts, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except (OSError, ValueError) as error:
        raise UserError(
            Fault(str(texts), f"cannot be read: {error}", "a gzip file with one JSON object a line")
        ) from None


def _print(articles: int, lines: int, removed: dict[str, Counter[str]]) -> None:
    out = console()
    for rule, found in sorted(removed.items(), key=lambda item: -item[1].total()):
        out.print(f"\n{rule}  {found.total()}")
        for text, times in found.most_common():
            out.print(f"  {times:>5}  {text}")
    total = sum(found.total() for found in removed.values())
    words = total - removed["theme/ornament"].total()
    out.print(f"\n{articles} articles, {lines} lines: {total} removed, {words} of them with words in them")
