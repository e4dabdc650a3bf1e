"""`rasid show`: one article as the index has it."""

from __future__ import annotations

import click

from workers.cli.output import console, json_option, print_json
from workers.cli.search import Writer, needs_reordering
from workers.errors import Fault, UserError
from workers.model import Article, as_dict


@click.command()
@click.argument("id_or_url")
@json_option
def command(id_or_url: str, *, as_json: bool) -> None:
    """Show an article by its id or its address: its text, its names, and what cleaning took out.

    \b
    rasid show https://example.com/news/1
    rasid show 5f2c… --json
    """
    from workers.index import open_index  # noqa: PLC0415 - so that --help stays quick
    from workers.settings import settings  # noqa: PLC0415

    config = settings()
    index = open_index(config)
    try:
        article = index.by_url(id_or_url) if "://" in id_or_url else index.get(id_or_url)
    finally:
        index.close()
    if article is None:
        raise UserError(Fault(id_or_url, "is not in the index", "rasid explain tells what became of it"))
    if as_json:
        print_json({**as_dict(article), "body": article.body})
    else:
        _print(article, config.search.bidi)


def _print(article: Article, bidi: str) -> None:
    out = console()
    writer = Writer(out, reorder=needs_reordering(bidi, out))
    writer.line(article.title, style="bold")
    for text in (article.subtitle, article.byline, article.credit.text):
        if text:
            writer.line(text)
    published = article.published.isoformat() if article.published else "no date"
    writer.line(f"{article.outlet}  {published}  {article.url}", style="dim", keep=True)
    writer.line(f"id {article.id}, revision {article.revision}, story {article.kinship.story or '-'}", style="dim")
    for paragraph in article.paragraphs:
        writer.line(f"\n{paragraph.text}", style="bold" if paragraph.kind == "heading" else "")
    names = sorted({(mention.surface, mention.entity or mention.kind) for mention in article.mentions})
    if names:
        writer.line("\nnames", style="bold")
        for surface, entity in names:
            writer.line(f"  {surface} → {entity}")
    if article.removed:
        writer.line("\nremoved", style="bold")
        for removed in article.removed:
            writer.line(f"  {removed.rule}: {removed.text}")
