"""`rasid extract`: the whole making of one article, nothing stored."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from workers.arabic.bidi import strip_controls
from workers.clean.explain import Verdict, explain
from workers.cli.output import json_option, print_json
from workers.errors import Drop, Fault, UserError
from workers.extract import from_text
from workers.fetch.charset import decode
from workers.fetch.http import Client, FetchError
from workers.model import Article, Outlet, as_dict
from workers.pipeline import Made, Pipeline, page_of_file
from workers.poll.sources import load_sources
from workers.poll.urls import canonical_url, entry_id
from workers.settings import Settings, settings
from workers.wiring import load_pipeline


@click.command("extract")
@click.argument("source", metavar="FILE_OR_URL")
@click.option("--url", default="", help="The page's address, for relative links and for the outlet's own rules.")
@click.option(
    "--text", "is_text", is_flag=True, help="The file is plain text: paragraphs on lines, perhaps a title first."
)
@json_option
def command(*, source: str, url: str, is_text: bool, as_json: bool) -> None:
    """Make one article from a page: extract, clean, tag. Nothing is stored.

    Every line is shown: as it stays, or with the rule that removed it and why.

    \b
    Examples:
      rasid extract page.html --url https://example.com/news/1
      rasid extract article.txt --text --json
    """
    config = settings()
    raw, address, content_type = read_source(source, url, config)
    made = make_one(load_pipeline(config), raw, content_type, address, is_text=is_text, config=config)
    if as_json:
        print_json(made)
    else:
        _print(made)


def read_source(source: str, url: str, config: Settings) -> tuple[bytes, str, str | None]:
    """The bytes of a file, of standard input (`-`) or of an address; its address; its declared content type."""
    if source.startswith(("http://", "https://")):
        try:
            answer = Client(config.fetch).get(source)
        except FetchError as error:
            raise UserError(Fault(source, str(error))) from None
        return answer.body, url or answer.final_url, answer.headers.get("content-type")
    if source == "-":
        return sys.stdin.buffer.read(), url, None
    try:
        return Path(source).read_bytes(), url, None
    except OSError as error:
        raise UserError(Fault(source, f"cannot be read: {error.strerror}", "give a file, an address or -")) from None


def make_one(
    pipeline: Pipeline, raw: bytes, content_type: str | None, url: str, *, is_text: bool, config: Settings
) -> dict[str, Any]:
    """The article of `raw` as plain data with its outcome; without paragraphs where it is not an article."""
    try:
        made = _made_of(pipeline, raw, content_type, url, is_text=is_text, config=config)
        verdicts = explain(pipeline.cleaner, made.extract, outlet=_outlet_of(made.article.url, config))
        return _result(made.article, verdicts)
    except Drop as drop:
        address = canonical_url(url) if url else ""
        return _nothing(entry_id(address or "file:"), address, _outlet_of(address, config).id, drop)


def article_of(
    pipeline: Pipeline, raw: bytes, content_type: str | None, url: str, *, is_text: bool, config: Settings
) -> Article:
    """The article of `raw`; raises `Drop` where it is none."""
    return _made_of(pipeline, raw, content_type, url, is_text=is_text, config=config).article


def _made_of(
    pipeline: Pipeline, raw: bytes, content_type: str | None, url: str, *, is_text: bool, config: Settings
) -> Made:
    address = canonical_url(url) if url else ""
    outlet = _outlet_of(address, config)
    page = page_of_file(entry_id(address or "file:"), address, outlet.id, datetime.now(UTC))
    text, _ = decode(raw, content_type)
    if is_text:
        return pipeline.finish(page, from_text(text, url=address), outlet=outlet)
    return pipeline.make(page, text, outlet=outlet)


def _outlet_of(url: str, config: Settings) -> Outlet:
    return load_sources(config.config_dir).outlet_of(url)


def _result(article: Article, verdicts: list[Verdict]) -> dict[str, Any]:
    whole = as_dict(article)
    keys = ("id", "url", "canonical_url", "outlet", "kicker", "title", "subtitle", "byline")
    return {
        **{key: whole[key] for key in (*keys, "published", "published_source")},
        "language": article.language,
        "credit": {"agency": article.credit.agency, "place": article.credit.place, "text": article.credit.text},
        "paragraphs": [p.text for p in article.paragraphs],
        "kinds": [p.kind for p in article.paragraphs],
        "body": article.body,
        "image": article.image,
        "caption": article.caption,
        "removed": whole["removed"],
        "lines": [asdict(verdict) for verdict in verdicts],
        "mentions": whole["mentions"],
        "related": whole["related"],
        "outcome": {"status": "article", "reason": article.method},
    }


def _nothing(id_: str, url: str, outlet: str, drop: Drop) -> dict[str, Any]:
    texts = dict.fromkeys(
        ("kicker", "title", "subtitle", "byline", "published_source", "language", "body", "caption"), ""
    )
    lists: dict[str, list[Any]] = {
        name: [] for name in ("paragraphs", "kinds", "removed", "lines", "mentions", "related")
    }
    return {
        "id": id_,
        "url": url,
        "canonical_url": url,
        "outlet": outlet,
        **texts,
        "published": None,
        "image": None,
        "credit": {"agency": "", "place": "", "text": ""},
        **lists,
        "outcome": {"status": drop.status, "reason": drop.reason},
    }


def _print(made: dict[str, Any]) -> None:
    outcome = made["outcome"]
    if outcome["status"] != "article":
        click.echo(f"{outcome['status']}: {outcome['reason']}")
        return
    for name in ("kicker", "title", "subtitle", "byline", "published", "caption"):
        if made[name]:
            click.echo(f"{name}: {strip_controls(str(made[name]))}")
    if any(made["credit"].values()):
        click.echo(f"credit: {made['credit']['agency']} {made['credit']['place']} ({made['credit']['text']})")
    click.echo("")
    for line in made["lines"]:
        text = strip_controls(line["text"])
        click.echo(text + "\n" if line["kept"] else f"- removed: {text}\n    {line['rule']}: {line['why']}\n")
    names = sorted({m["entity"] for m in made["mentions"] if m["entity"]})
    click.echo(f"names: {', '.join(names)}")
