"""`rasid explain`: what became of an address, stage by stage, with the evidence."""

from __future__ import annotations

from typing import Any

import click

from workers.arabic.bidi import isolate
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.model import Article, Outcome, as_dict
from workers.poll.urls import canonical_url, entry_id
from workers.ports import Row
from workers.settings import settings
from workers.wiring import Parts


@click.command("explain")
@click.argument("what", metavar="ID_OR_URL")
@json_option
def command(*, what: str, as_json: bool) -> None:
    """Tell every stage's outcome for an entry, and the evidence: what was removed, where dates and credits came from.

    Example: rasid explain https://example.com/news/1
    """
    parts = Parts(settings())
    id_ = id_of(what)
    row, trail, article = parts.ledger.row(id_), parts.ledger.trail(id_), parts.index.get(id_)
    if row is None and article is None:
        raise UserError(Fault(what, "no feed offered this address", "give an id, or the address as the feed has it"))
    if as_json:
        print_json(_plain(id_, row, trail, article))
    else:
        _print(id_, row, trail, article)


def id_of(what: str) -> str:
    """The entry id of an id or an address."""
    return entry_id(canonical_url(what)) if "://" in what else what


def _plain(id_: str, row: Row | None, trail: list[Outcome], article: Article | None) -> dict[str, Any]:
    return {
        "id": id_,
        "status": row.status if row else "indexed",
        "reason": row.reason if row else "known to the index only: the ledger's row has expired",
        "stage": row.stage if row else None,
        "attempts": row.attempts if row else 0,
        "next_at": row.next_at if row else None,
        "first_seen": row.first_seen if row else article and article.first_seen_at,
        "feeds": row.feeds if row else article and article.feeds,
        "entry": as_dict(row.entry) if row else None,
        "trail": [as_dict(outcome) for outcome in trail],
        "article": as_dict(article) if article else None,
    }


def _print(id_: str, row: Row | None, trail: list[Outcome], article: Article | None) -> None:
    out = console()
    out.print(f"id        {id_}")
    if row is not None:
        waiting = f"waits at {row.stage}, {row.attempts} attempts" if row.stage else "ended"
        out.print(f"outcome   {row.status or 'not yet'} {row.reason} ({waiting})")
        out.print(f"address   {row.entry.url}")
        out.print(f"feeds     {', '.join(row.feeds)}; first seen {row.first_seen:%Y-%m-%d %H:%M:%S} UTC")
    for outcome in trail:
        out.print(f"  {outcome.at:%Y-%m-%d %H:%M:%S} {outcome.stage:6} {outcome.status} {outcome.reason}")
    if article is not None:
        _print_article(article)


def _print_article(article: Article) -> None:
    out = console()
    out.print(f"title     {isolate(article.title)}")
    out.print(f"published {article.published} (from {article.published_source or 'nowhere'})")
    out.print(f"text      {len(article.paragraphs)} paragraphs by {article.method}, revision {article.revision}")
    credit = article.credit
    if credit.agency or credit.place:
        out.print(f"credit    {credit.agency} {isolate(credit.place)} as printed: {isolate(credit.text)}")
    kin = article.kinship
    if kin.duplicate_of:
        out.print(f"reprint   of {kin.duplicate_of}, similarity {kin.similarity:.2f}")
    out.print(f"story     {kin.story or '-'}")
    for item in article.removed:
        out.print(f"removed   {isolate(item.text)} (rule {item.rule}, paragraph {item.position})")
    out.print(f"archive   {article.archive or '-'}; rules {article.rules_version}")
