"""`rasid index`: make, measure and move the index."""

from __future__ import annotations

import click

from workers.cli.output import console, json_option, print_json
from workers.cli.reprocess import moment, open_parts, print_report, processes_option, told


@click.group()
def command() -> None:
    """The index: Elasticsearch where RASID_ELASTICSEARCH_URL is set, else the embedded one.

    \b
    rasid index init
    rasid index stats --json
    """


@command.command()
def init() -> None:
    """Make what is missing. Harmless when all is there.

    \b
    rasid index init
    """
    from workers.index import open_alerts, open_events, open_index  # noqa: PLC0415 - so that --help stays quick
    from workers.settings import settings  # noqa: PLC0415

    config = settings()
    index = open_index(config)
    try:
        done = index.init() + open_alerts(config).init()
        if config.elasticsearch.url:
            done += open_events(config).init()
    finally:
        index.close()
    for line in done or ["nothing to do"]:
        console().print(line)


@command.command()
@json_option
def stats(*, as_json: bool) -> None:
    """How many articles, how large, when last written, whether healthy (exit code 1 when not).

    \b
    rasid index stats --json
    """
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


@command.command()
@click.option("--since", default="", help="Only pages fetched since then: 2026-11-01, 'last 7 days'.")
@click.option("--again", is_flag=True, help="From the archive's beginning, although an earlier run was cut off.")
@processes_option
@json_option
def rebuild(*, since: str, again: bool, processes: int, as_json: bool) -> None:
    """Fill the index from the archived pages alone: after its loss, or into a new one. Run it again to resume.

    Nothing is fetched and no alert fires; ingest may go on meanwhile. Articles that the index has in a newer version
    stay as they are.

    \b
    rasid index rebuild
    """
    from workers.remake import rebuild as run  # noqa: PLC0415 - so that --help stays quick

    here = open_parts()
    with told(as_json=as_json) as say:
        report = run(here, since=moment("--since", since), processes=processes, again=again, say=say)
    print_report(report, as_json=as_json)
