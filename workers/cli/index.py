"""`rasid index`: make, measure and move the index."""

from __future__ import annotations

import click

from workers.cli.output import console, json_option, print_json


@click.group()
def command() -> None:
    """The index: Elasticsearch where RASID_ELASTICSEARCH_URL is set, else the embedded one.

    \b
    rasid index init
    rasid index stats --json
    """


@command.command()
def init() -> None:
    """Make what is missing. Harmless when all is there."""
    from workers.index import open_index  # noqa: PLC0415 - so that --help stays quick
    from workers.settings import settings  # noqa: PLC0415

    index = open_index(settings())
    try:
        done = index.init()
    finally:
        index.close()
    for line in done or ["nothing to do"]:
        console().print(line)


@command.command()
@json_option
def stats(*, as_json: bool) -> None:
    """How many articles, how large, when last written, whether healthy (exit code 1 when not)."""
    from workers.index import open_index  # noqa: PLC0415 - so that --help stays quick
    from workers.settings import settings  # noqa: PLC0415

    index = open_index(settings())
    try:
        found = index.stats()
    finally:
        index.close()
    if as_json:
        print_json(found)
    else:
        for name, value in found.items():
            console().print(f"{name:<13} {value}")
    if not found["healthy"]:
        raise SystemExit(1)
