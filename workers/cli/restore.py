"""`rasid restore`: what `rasid backup` kept, back in its place."""

from __future__ import annotations

from pathlib import Path

import click

from workers.cli.output import json_option, print_json
from workers.operate.backup import check, restore
from workers.settings import settings
from workers.wiring import Parts


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--check", "only_check", is_flag=True, help="Read and compare the whole file, restore nothing.")
@click.option("--overwrite", is_flag=True, help="Replace what is there: keys one by one, files that differ.")
@click.option("--config/--no-config", default=True, show_default=True, help="Also the files of config/.")
@json_option
def command(source: Path, *, only_check: bool, overwrite: bool, config: bool, as_json: bool) -> None:
    """Bring back what a backup kept. The whole file is checked before anything is written.

    An installation that has feeds, rules or alerts of its own is left alone unless --overwrite is given.

    \b
    Example:
      rasid restore /var/backups/rasid-2026-11-23.zip --check
    """
    if only_check:
        manifest = check(source)
        keys, files = manifest.keys, len(manifest.parts) - 1
    else:
        done = restore(Parts(settings()), source, overwrite=overwrite, config=config)
        manifest, keys, files = done.manifest, done.keys, done.files
    if as_json:
        print_json({"made_at": manifest.made_at, "rasid": manifest.rasid, "keys": keys, "files": files})
        return
    doing = "is whole and holds" if only_check else "gave back"
    click.echo(f"{source} of {manifest.made_at} {doing} {keys:,} keys and {files} configuration files")
