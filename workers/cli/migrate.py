"""`rasid migrate`: what an older release keeps in Redis becomes what this one writes."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from workers.cli.output import json_option, print_json
from workers.settings import settings
from workers.store.schema import SCHEMA
from workers.store.times import to_ms
from workers.wiring import Parts


@click.command("migrate")
@json_option
def command(*, as_json: bool) -> None:
    """Bring the rows in Redis to this release's schema. May be interrupted and run again; twice is once.

    Workers refuse to start beside rows of an older schema and name this command. (For the index there is
    `rasid index migrate`, for articles `rasid reprocess`.)

    \b
    Example:
      rasid migrate
    """
    schema = Parts(settings()).schema
    before = schema.found()
    if before > SCHEMA:
        schema.check()

    def progress(seen: int, changed: int) -> None:
        if not as_json:
            click.echo(f"\r{seen:,} rows seen, {changed:,} changed", err=True, nl=False)

    changed = schema.migrate(now=to_ms(datetime.now(UTC)), progress=progress)
    if as_json:
        print_json({"from": before, "to": SCHEMA, "changed": changed})
    elif before == SCHEMA:
        click.echo(f"schema {SCHEMA}: nothing to do")
    else:
        click.echo(f"\nschema {before} → {SCHEMA}: {changed:,} rows changed")
