"""`rasid config`: every fault in config/ and the environment, and the settings in force."""

from __future__ import annotations

import os
from collections.abc import Callable

import click
from pydantic import SecretStr

from workers.alert.rules import load_rules
from workers.clean import Cleaner
from workers.cli.output import json_option, print_json
from workers.errors import Fault, UserError
from workers.fetch.blocked import Barriers
from workers.mask import mask
from workers.poll.sources import load_sources
from workers.settings import Section, Settings, read_settings
from workers.tag import Tagger


@click.group("config")
def command() -> None:
    """Check and show the configuration."""


@command.command()
@json_option
def check(*, as_json: bool) -> None:
    """List every fault in config/ and the environment, with file and line. Exit code 1 when there is one.

    Example: rasid config check
    """
    faults = find_faults()
    if as_json:
        print_json({"faults": [{"place": f.place, "problem": f.problem, "mend": f.mend} for f in faults]})
    else:
        for fault in faults:
            click.echo(str(fault))
        click.echo("the configuration is in order" if not faults else f"{len(faults)} fault(s)", err=bool(faults))
    raise SystemExit(1 if faults else 0)


@command.command()
@json_option
def show(*, as_json: bool) -> None:
    """Print the settings in force, secrets masked.

    Example: RASID_POLL_MIN_INTERVAL=120 rasid config show
    """
    values = masked(read_settings(os.environ))
    if as_json:
        print_json(values)
        return
    for name, value in values.items():
        if isinstance(value, dict):
            click.echo(f"{name}:")
            for key, inner in value.items():
                click.echo(f"  {key}: {inner}")
        else:
            click.echo(f"{name}: {value}")


def find_faults() -> list[Fault]:
    """Every fault of the settings, feeds, cleaning rules, catalogue, marks of blocked pages and alert rules."""
    try:
        settings = read_settings(os.environ)
    except UserError as error:
        return error.faults
    folder = settings.config_dir
    checks: tuple[Callable[[], object], ...] = (
        lambda: load_sources(folder),
        lambda: Cleaner.load(folder, settings.clean),
        lambda: Tagger.load(folder, settings.tag),
        lambda: Barriers.load(folder),
    )
    found: list[Fault] = []
    for load in checks:
        try:
            load()
        except UserError as error:
            found += error.faults
    return found + list(load_rules(folder).faults)


def masked(settings: Settings) -> dict[str, object]:
    """The settings as plain data; secrets and passwords in addresses are replaced by ***."""
    return {name: _mask(getattr(settings, name)) for name in Settings.model_fields}


def _mask(value: object) -> object:
    if isinstance(value, Section):
        return {(info.alias or name): _mask(getattr(value, name)) for name, info in type(value).model_fields.items()}
    if isinstance(value, SecretStr):
        return "***"
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, (list, tuple)):
        return [_mask(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
