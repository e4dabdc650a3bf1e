"""`rasid backup`: what cannot be had again from the outside, in one file."""

from __future__ import annotations

from pathlib import Path

import click

from workers.cli.output import json_option, print_json
from workers.operate.backup import backup
from workers.settings import settings
from workers.wiring import Parts


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def command(target: Path, *, as_json: bool) -> None:
    """Write feeds, alert rules and history, rulings, revisions, quarantine and config/ to one checksummed file.

    May run while everything runs. Articles and pages are not in it: the index is rebuilt from the archive
    (`rasid index rebuild`), the archive folder is copied as files. `rasid restore` reads it.

    \b
    Example:
      rasid backup /var/backups/rasid-$(date +%F).zip
    """
    manifest = backup(Parts(settings()), target)
    size = target.stat().st_size
    if as_json:
        print_json({"file": str(target), "bytes": size, "keys": manifest.keys, "made_at": manifest.made_at})
        return
    files = len(manifest.parts) - 1
    click.echo(f"{target}: {manifest.keys:,} keys and {files} configuration files, {size:,} bytes")
