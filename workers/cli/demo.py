"""`rasid demo`: the whole flow once, on a local news site with sample outlets."""

from __future__ import annotations

from pathlib import Path

import click

from workers.cli.output import json_option


@click.command("demo")
@click.option("--once", is_flag=True, help="End when every sample entry has its final outcome.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data/demo"),
    show_default=True,
    help="Where the demo keeps its stores; a second run goes on with them.",
)
@click.option("--bound", default=300.0, show_default=True, help="Seconds after which --once gives up and says why.")
@json_option
def command(*, once: bool, data: Path, bound: float, as_json: bool) -> None:
    """Run everything on sample outlets: a local news site, Redis, workers, beat; live progress and a summary.

    Without --once it goes on polling until Ctrl-C.

    \b
    Examples:
      rasid demo --once
      rasid demo --json --once
    """
    from workers.demo.run import run  # noqa: PLC0415 - sets the demo's environment before settings are read

    raise SystemExit(run(data, once=once, bound=bound, as_json=as_json))
