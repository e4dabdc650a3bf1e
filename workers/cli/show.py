"""`rasid show`: one article as the index has it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from workers.cli.output import console, json_option, print_json
from workers.cli.search import Writer, needs_reordering
from workers.cli.stories import is_story, show_story
from workers.dedupe.revisions import Revision
from workers.errors import Fault, UserError
from workers.model import SUMMARY, Article, as_dict
from workers.settings import Settings


@click.command()
@click.argument("id_or_url")
@click.option("--revisions", is_flag=True, help="What the outlet changed since it was first seen, and when.")
@json_option
def command(id_or_url: str, *, revisions: bool, as_json: bool) -> None:
    """Show an article by its id or its address: its text, its names, and what cleaning took out; or a story by its id.

    \b
    rasid show https://example.com/news/1
    rasid show https://example.com/news/1 --revisions
    rasid show 5f2c… --json
    rasid show s4dbecf903f52230b
    """
    from workers.index import open_index  # noqa: PLC0415 - so that --help stays quick
    from workers.settings import settings  # noqa: PLC0415

    if is_story(id_or_url):
        from workers.wiring import Parts  # noqa: PLC0415

        show_story(Parts(settings()), id_or_url, as_json=as_json)
        return
    config = settings()
    index = open_index(config)
    try:
        article = index.by_url(id_or_url) if "://" in id_or_url else index.get(id_or_url)
    finally:
        index.close()
    if article is None:
        raise UserError(Fault(id_or_url, "is not in the index", "rasid explain tells what became of it"))
    history = _history(article, config) if revisions else []
    if as_json:
        kept = {"revisions": [as_dict(revision) for revision in history]} if revisions else {}
        print_json({**as_dict(article), "body": article.body, **kept})
    elif revisions:
        _print_history(article, history, config.search.bidi)
    else:
        _print(article, config.search.bidi)


def _history(article: Article, config: Settings) -> list[Revision]:
    from workers.wiring import Parts  # noqa: PLC0415 - only this question needs Redis

    return Parts(config).revisions.history(article.id)


def _print_history(article: Article, history: list[Revision], bidi: str) -> None:
    out = console()
    writer = Writer(out, reorder=needs_reordering(bidi, out))
    writer.line(article.title, style="bold")
    if not history:
        writer.line("as it was first seen", style="dim")
    for revision in history:
        writer.line(f"\nrevision {revision.revision}, {revision.at:%Y-%m-%d %H:%M} UTC", style="bold")
        if revision.deleted is not None:
            writer.line("the page was found gone" if revision.deleted else "the page came back")
        for sign, text in _changed(revision):
            writer.line(f"{sign} {text}")


def _changed(revision: Revision) -> Iterator[tuple[str, str]]:
    pairs = [revision.title] if revision.title else []
    pairs += [(change.old, change.new) for change in revision.changes]
    for old, new in pairs:
        if old:
            yield "-", old
        if new:
            yield "+", new


def _print(article: Article, bidi: str) -> None:
    out = console()
    writer = Writer(out, reorder=needs_reordering(bidi, out))
    writer.line(article.title, style="bold")
    for text in (article.subtitle, article.byline, article.credit.text):
        if text:
            writer.line(text)
    published = article.published.isoformat() if article.published else "no date"
    writer.line(f"{article.outlet}  {published}  {article.url}", style="dim", keep=True)
    if article.deleted_at:
        writer.line(f"deleted by the outlet, seen {article.deleted_at:%Y-%m-%d %H:%M} UTC", style="bold red")
    if article.method == SUMMARY:
        writer.line("only its feed's summary: the page was closed to us (rasid explain says by what)", style="bold")
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
