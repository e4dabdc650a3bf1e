"""`rasid boilerplate`: the lines that the stream taught, and a person's word on them."""

from __future__ import annotations

import re

import click
import yaml

from workers.clean.learn import LineCount, Ruling, is_believed
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.settings import settings
from workers.store import open_redis
from workers.store.lines import RedisLines


def _lines() -> RedisLines:
    config = settings()
    return RedisLines(open_redis(config), config.redis.prefix, config.clean)


@click.group()
def command() -> None:
    """Lines that recur on an outlet's pages: what was learned, and your ruling on it.

    \b
    Example:
      rasid boilerplate list --outlet example
      rasid boilerplate reject example "a slogan that is part of the text"
    """


@command.command("list")
@click.option("--outlet", default="", help="Only this outlet.")
@click.option("--all", "everything", is_flag=True, help="Also the lines that are not removed (yet).")
@click.option("--limit", default=40, show_default=True, help="Lines an outlet.")
@json_option
def list_(*, outlet: str, everything: bool, limit: int, as_json: bool) -> None:
    """The lines that are removed, with how many of how many pages they stood on.

    \b
    Example:
      rasid boilerplate list --all
    """
    rules = settings().clean
    lines = _lines()
    found: list[LineCount] = []
    for name in [outlet] if outlet else lines.outlets():
        counts = [count for count in lines.counts(name) if everything or is_believed(count, rules)]
        found += counts[:limit]
    if as_json:
        print_json(
            [
                {"outlet": c.outlet, "line": c.key, "pages": c.pages, "of": c.of, "ruling": c.ruling,
                 "removed": is_believed(c, rules)}
                for c in found
            ]
        )  # fmt: skip
        return
    out = console()
    for count in found:
        mark = "removed" if is_believed(count, rules) else "kept"
        out.print(f"{count.outlet:<20} {count.pages:>5} of {count.of:<5} {mark:<8} {count.ruling:<9} {count.key}")
    if not found:
        out.print("no line is learned yet")


@command.command()
@click.argument("outlet")
@click.argument("line")
def accept(*, outlet: str, line: str) -> None:
    """Remove LINE from OUTLET's articles from now on.

    \b
    Example:
      rasid boilerplate accept example "Published by the news desk"
    """
    _rule(outlet, line, "accepted")


@command.command()
@click.argument("outlet")
@click.argument("line")
def reject(*, outlet: str, line: str) -> None:
    """Never remove LINE from OUTLET's articles as a learned line.

    \b
    Example:
      rasid boilerplate reject example "Published by the news desk"
    """
    _rule(outlet, line, "rejected")


@command.command()
def export() -> None:
    """Print what is learned or accepted as rules for config/boilerplate.yaml.

    \b
    Example:
      rasid boilerplate export > learned.yaml
    """
    rules = settings().clean
    lines = _lines()
    found = [c for name in lines.outlets() for c in lines.counts(name) if is_believed(c, rules)]
    document = {"rules": [_as_rule(number, count) for number, count in enumerate(found, 1)]}
    click.echo(yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120), nl=False)


def _rule(outlet: str, line: str, ruling: Ruling) -> None:
    if not line.strip():
        raise UserError(Fault("LINE", "is empty", "give the line as `rasid boilerplate list` prints it"))
    _lines().rule(outlet, line, ruling)
    click.echo(f"{outlet}: {ruling}: {line}")


def _as_rule(number: int, count: LineCount) -> dict[str, str]:
    """A rule that matches exactly this line; its near miss is the line as the beginning of a sentence."""
    words = (r"\d[\d.,:/]*" if word == "0" else re.escape(word) for word in count.key.split())
    pattern = r"\W+".join(words)
    return {
        "group": "learned", "id": f"{count.outlet}-{number}", "scope": "line", "outlet": count.outlet,
        "source": f"learned: {count.pages} of {count.of} pages" + (f", {count.ruling}" if count.ruling else ""),
        "pattern": pattern, "goes": count.key, "stays": f"{count.key} وقال المتحدث إن ذلك غير صحيح",
    }  # fmt: skip
