"""How commands print: JSON for programs, rich for people, Arabic in the right order for both."""

from __future__ import annotations

import sys
from typing import Any

import click
import orjson
from rich.console import Console

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object for a program to read.")


WIDE = 160
"""Columns of a table that is written into a file or a pipe: nothing is cut to fit a terminal that is not there."""


def print_json(value: Any) -> None:
    """One JSON object on standard output, UTF-8, keys as given."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str) + b"\n")
    sys.stdout.flush()


def console(*, stderr: bool = False, wide: bool = False) -> Console:
    """A console that prints what it is given: no markup in the text of others, no highlighting of numbers.

    `wide`: tables take `WIDE` columns where no terminal bounds them.
    """
    found = Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
    if wide and not found.is_terminal:
        found.width = WIDE
    return found
