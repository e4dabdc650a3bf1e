"""`rasid clean`: the cleaned text of one article, or what became of each of its lines and why."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from workers.clean import Cleaner
from workers.clean.explain import Verdict, explain
from workers.cli.output import console, json_option, print_json
from workers.errors import Drop, Fault, UserError
from workers.extract import extract, from_text
from workers.fetch.charset import decode
from workers.model import Cleaned, Extract, Outlet, as_dict
from workers.poll.sources import load_sources
from workers.settings import Settings, settings


@click.command("clean")
@click.argument("file", metavar="FILE")
@click.option("--url", default="", help="The page's address: picks the outlet's own rules.")
@click.option(
    "--explain", "with_reasons", is_flag=True, help="Show every line: kept or removed, by which rule and why."
)
@json_option
def command(*, file: str, url: str, with_reasons: bool, as_json: bool) -> None:
    """Print the cleaned text of FILE, a saved page or a plain text with paragraphs on lines.

    \b
    Examples:
      rasid clean article.txt
      rasid clean page.html --explain
    """
    config = settings()
    outlet = load_sources(config.config_dir).outlet_of(url)
    found = _extract(_read(file), url, outlet, config)
    cleaner = Cleaner.load(config.config_dir, config.clean)
    cleaned = cleaner.clean(found, outlet=outlet)
    verdicts = explain(cleaner, found, outlet=outlet) if with_reasons else []
    if as_json:
        print_json(_as_data(cleaned, verdicts))
    elif with_reasons:
        _print_reasons(verdicts, cleaned)
    else:
        console().print("\n".join(filter(None, (cleaned.title, "", cleaned.body))))


def _read(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UserError(Fault(file, f"cannot be read: {error.strerror}", "give a file or -")) from None
    return decode(raw, None)[0]


def _extract(text: str, url: str, outlet: Outlet, config: Settings) -> Extract:
    """A page is told from plain text by its first tag."""
    is_page = "<html" in text[:4000].lower() or "<body" in text[:4000].lower() or text.lstrip()[:1] == "<"
    try:
        if not is_page:
            return from_text(text, url=url)
        return extract(text, url=url, outlet=outlet, entry=None, now=datetime.now(UTC), settings=config.extract)
    except Drop as drop:
        raise UserError(Fault("", f"{drop.status}: {drop.reason}", "rasid extract --json tells more")) from None


def _as_data(cleaned: Cleaned, verdicts: list[Verdict]) -> dict[str, Any]:
    found = as_dict(cleaned) | {"body": cleaned.body}
    if verdicts:
        found["lines"] = [
            {"position": v.position, "kept": v.kept, "rule": v.rule, "why": v.why, "text": v.text} for v in verdicts
        ]
    return found


def _print_reasons(verdicts: list[Verdict], cleaned: Cleaned) -> None:
    out = console()
    out.print(f"title    {cleaned.title}\nbyline   {cleaned.byline or '–'}")
    out.print(f"credit   {cleaned.credit.agency or '–'}  {cleaned.credit.place}  {cleaned.credit.text}\n")
    for verdict in verdicts:
        out.print(f"{'kept   ' if verdict.kept else 'REMOVED'} {verdict.position:>3}  {verdict.text}")
        if verdict.rule:
            out.print(f"             {verdict.rule}: {verdict.why}", style="dim")
