"""`rasid search`: ask the index, see why."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from workers.arabic.bidi import is_rtl, visual
from workers.cli.output import console, json_option, print_json
from workers.ports import Hit, Hits
from workers.search.highlight import MARKED

_HIT = "bold yellow"


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("query", required=False)
@click.option("--like", metavar="ID_OR_URL", help="Articles like this one; a QUERY narrows them down.")
@click.option("--since", help="From this date on: 2023-01-29, yesterday, أمس, 'last 7 days'.")
@click.option("--until", help="Until the end of this date.")
@click.option("--outlet", "outlets", multiple=True, help="Only this outlet (id or name); may be repeated.")
@click.option("--entity", "entities", multiple=True, help="Only articles that name this entity (id or name).")
@click.option("--sort", type=click.Choice(["relevance", "newest", "oldest"]), default="relevance", show_default=True)
@click.option("--limit", type=click.IntRange(0, 1000), default=10, show_default=True)
@click.option("--offset", type=click.IntRange(0, 9000), default=0)
@click.option("--stories", is_flag=True, help="One article a story.")
@click.option("--facet", "facets", multiple=True, help="Count by outlet, country, agency, entity, story, day, month …")
@click.option("--explain", is_flag=True, help="What each word was taken to mean, and what it found.")
@json_option
def command(query: str | None, *, like: str | None, as_json: bool, explain: bool, **options: Any) -> None:
    """Search the articles. Words side by side must all be found, in any inflection and spelling.

    \b
    rasid search 'حلف الأطلسي قرب/5 أوكرانيا' --since أمس
    rasid search 'عنوان:(روسيا أو الصين) ليس "كرة القدم"' --facet outlet
    rasid search 'person:ستولتنبرج date:2023-01' --json
    rasid search --like https://example.com/news/17 --limit 5
    """
    if query is None and like is None:
        raise click.UsageError("say what to search for: a QUERY, or --like an article")
    from workers.search.service import SearchService  # noqa: PLC0415 - so that --help stays quick
    from workers.settings import settings  # noqa: PLC0415

    with SearchService.open(settings()) as service:
        request = service.request(query or "*", now=datetime.now(UTC), **options)
        hits = service.like(like, request) if like else service.search(request)
        explained = service.explain(request) if explain else None
    if as_json:
        print_json(as_plain(query or "*", hits) | ({"explain": explained} if explained else {}))
        return
    out = console()
    print_hits(hits, out, bidi=service.bidi)
    if explained:
        print_explained(explained, out)


def as_plain(query: str, hits: Hits) -> dict[str, Any]:
    """`{query, total, hits, facets, notes, meant, instead}` as `--json` prints it."""
    return {
        "query": query,
        "total": hits.total,
        "hits": [_plain_hit(hit) for hit in hits.hits],
        "facets": {
            name: [{"value": value, "count": count} for value, count in found] for name, found in hits.facets.items()
        },
        "notes": _notes(hits),
        "meant": dict(hits.meant),
        "instead": [{"query": query, "articles": count} for query, count in hits.instead],
    }


def _notes(hits: Hits) -> list[str]:
    """What is to be known of these hits, a line each."""
    said = ", ".join(f"“{word}” also as “{other}”" for word, other in hits.meant.items())
    return [*([f"{hits.as_typed} found as typed; read {said}"] if said else []), *hits.notes]


def _plain_hit(hit: Hit) -> dict[str, Any]:
    article = hit.article
    return {
        "id": article.id,
        "url": article.url,
        "title": article.title,
        "outlet": article.outlet,
        "published": article.published.isoformat() if article.published else None,
        "score": round(hit.score, 6),
        "story": article.kinship.story or article.id,
        "duplicate_of": article.kinship.duplicate_of,
        "highlights": {name: list(parts) for name, parts in hit.highlights.items()},
    }


# --- for people --------------------------------------------------------------------------------------------------


def print_hits(hits: Hits, out: Console, *, bidi: str = "auto") -> None:
    """Hits with their highlights, notes first; Arabic in the order that the terminal needs."""
    writer = Writer(out, reorder=needs_reordering(bidi, out))
    for note in _notes(hits):
        writer.line(f"· {note}", style="yellow")
    writer.line(f"{hits.total} found" if hits.total else "nothing found", style="bold")
    for other, count in hits.instead:
        writer.line(f"  {count} with {other}", style="yellow")
    for number, hit in enumerate(hits.hits, 1):
        _print_hit(number, hit, writer)
    for name, values in hits.facets.items():
        writer.line(f"\n{name}", style="bold")
        most = max((count for _, count in values), default=1)
        for value, count in values:
            writer.line(f"  {count:>7}  {'█' * max(1, round(24 * count / most))} {value}")


def _print_hit(number: int, hit: Hit, writer: Writer) -> None:
    article = hit.article
    title = hit.highlights.get("title", (article.title,))[0]
    writer.line(f"\n{number}. {title}", style="bold")
    date = article.published.strftime("%Y-%m-%d %H:%M") if article.published else "no date"
    copy = f"  copy of {article.kinship.duplicate_of}" if article.kinship.duplicate_of else ""
    writer.line(f"   {article.outlet}  {date}  {article.url}{copy}", style="dim", keep=True)
    for name, parts in hit.highlights.items():
        if name != "title":
            for part in parts:
                writer.line(f"   … {part} …" if name == "body" else f"   {name}: {part}")


def print_explained(explained: Mapping[str, Any], out: Console) -> None:
    """What the words were taken to mean, one leaf a line with the number of articles it finds."""
    writer = Writer(out, reorder=False)
    writer.line(f"\nunderstood ({explained['index']}): {explained['understood']}", style="cyan")
    for word in explained["words"]:
        writer.line(f"  {word['word']} → {word['stem']}  ({word['rule']})")
    for leaf in explained["leaves"]:
        writer.line(f"  {leaf['articles']:>7}  {leaf['leaf']}")


class Writer:
    """Prints lines in which highlighted words stand between U+0002 and U+0003."""

    def __init__(self, out: Console, *, reorder: bool) -> None:
        self.out = out
        self.reorder = reorder

    def line(self, text: str, *, style: str = "", keep: bool = False) -> None:
        """One line; `keep`: never wrapped or reordered (addresses)."""
        words = MARKED.findall(text)
        plain = MARKED.sub(r"\1", text)
        if not self.reorder or keep:
            self.out.print(_styled(text, style))
            return
        for part in self._wrapped(plain):
            shown = Text(visual(part.rstrip()), style=style)
            shown.highlight_words([visual(word) for word in words], style=_HIT)
            self.out.print(shown, soft_wrap=False, justify="right" if is_rtl(part.strip()) else None)

    def _wrapped(self, text: str) -> Iterable[str]:
        """Cut before reordering: a line that the terminal wraps afterwards would read from the bottom up."""
        for line in text.split("\n"):
            yield from textwrap.wrap(line, self.out.width, drop_whitespace=False, break_long_words=False) or [line]


def _styled(text: str, style: str) -> Text:
    found = Text(style=style)
    for place, part in enumerate(MARKED.split(text)):  # every second part is a highlighted word
        found.append(part, style=_HIT if place % 2 else None)
    return found


def needs_reordering(bidi: str, out: Console) -> bool:
    """Whether Arabic must be put in visual order: `reorder` and `terminal` say so, `auto` guesses by the environment.

    A file or a pipe gets the text as it is. Of the terminals, mlterm, Konsole, Apple's and those built on VTE 0.58 or
    newer reorder by themselves.
    """
    if bidi != "auto":
        return bidi == "reorder"
    if not out.is_terminal:
        return False
    vte = os.environ.get("VTE_VERSION", "0")
    knows = "KONSOLE_VERSION" in os.environ or "MLTERM" in os.environ or (vte.isdecimal() and int(vte) >= 5800)
    return not (knows or os.environ.get("TERM_PROGRAM") == "Apple_Terminal")
