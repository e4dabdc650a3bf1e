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


@command.command()
@click.option("--remove-old", is_flag=True, help="Delete the old Elasticsearch index once the new one is in place.")
def migrate(*, remove_old: bool) -> None:
    """Make the index anew with today's mapping and lexicon, while ingest goes on; run it again to resume.

    \b
    rasid index migrate
    """
    from workers.arabic.analysis import Analyzer  # noqa: PLC0415 - so that --help stays quick
    from workers.index import open_index  # noqa: PLC0415
    from workers.index.elastic import ElasticIndex  # noqa: PLC0415
    from workers.index.migrate import migrate as run  # noqa: PLC0415
    from workers.settings import settings  # noqa: PLC0415
    from workers.store.embedded import EmbeddedIndex  # noqa: PLC0415

    config = settings()
    index = open_index(config, Analyzer.load(config.config_dir))
    out = console()
    try:
        if isinstance(index, ElasticIndex):
            run(index, say=out.print, remove_old=remove_old)
        elif isinstance(index, EmbeddedIndex):
            out.print(f"analysed {index.reanalyse()} articles anew")
    finally:
        index.close()
