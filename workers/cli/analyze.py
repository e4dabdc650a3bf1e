"""`rasid analyze`: what searching makes of each word of a text."""

from __future__ import annotations

import sys
from typing import Any

import click
from rich.table import Table

from workers.arabic.analysis import Analyzer
from workers.arabic.fold import fold
from workers.arabic.tokens import tokenize
from workers.cli.output import console, json_option, print_json
from workers.settings import config_dir


@click.command()
@click.argument("text", nargs=-1, required=True)
@json_option
def command(text: tuple[str, ...], as_json: bool) -> None:
    """Show for every word of TEXT (- reads standard input) under what it is indexed and found, and why.

    `stem` is what plain words are searched under, `exact` what =word and prefixes are. `rule`: `lexicon` (the word
    list knows it), `light10` (the general stemmer cut it), `light10, lexicon` (and the word list knows what was left),
    `none` (nothing to cut), `stop` (left out of stems).

    \b
    Example:
      rasid analyze 'وبالصين بيان الوزارة'
    """
    printed = sys.stdin.read() if text == ("-",) else " ".join(text)
    analyzer = Analyzer.load(config_dir())
    words = analyze(printed, analyzer)
    if as_json:
        print_json({"lexicon": analyzer.name, "words": words})
        return
    table = Table("", "word", "folded", "exact", "stem", "cut", "rule", title=f"lexicon {analyzer.name}")
    for word in words:
        stem = "" if word["stop"] else word["stem"]
        table.add_row(
            str(word["position"]), word["surface"], word["folded"], word["exact"], stem, word["cut"], word["rule"]
        )
    console().print(table)


def analyze(text: str, analyzer: Analyzer) -> list[dict[str, Any]]:
    """One object a word: surface, start, end, folded, exact, stem, cut, rule, position, stop."""
    found = []
    for position, token in enumerate(tokenize(text)):
        stem = analyzer.stem_of(token.key)
        found.append(
            {
                "surface": token.surface,
                "start": token.start,
                "end": token.end,
                "folded": fold(token.surface),
                "exact": token.key,
                "stem": stem,
                "cut": cut(token.key, stem),
                "rule": analyzer.rule(token.key),
                "position": position,
                "stop": token.key in analyzer.stop_words,
            }
        )
    return found


def cut(exact: str, stem: str) -> str:
    """What was taken off: `وبال+` before, `+ها` after; empty where nothing was, or letters were exchanged."""
    at = exact.find(stem)
    if at < 0 or exact == stem:
        return ""
    head, tail = exact[:at], exact[at + len(stem) :]
    return " ".join([f"{head}+"] * bool(head) + [f"+{tail}"] * bool(tail))
