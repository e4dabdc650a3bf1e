"""Every command says what it does, and gives examples as they can be copied, a line each."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from workers.cli import cli


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        if found is not None:
            yield from _commands(found, (*path, name))


@pytest.mark.parametrize("path", list(_commands(cli)), ids=" ".join)
def test_help_has_examples_that_stand_as_written(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli, [*path, "--help"], prog_name="rasid")
    assert shown.exit_code == 0
    assert "\\b" not in shown.output
    lines = [line.strip() for line in shown.output.splitlines()]
    assert any(f"rasid {' '.join(path)}" in line and not line.startswith("Usage") for line in lines), shown.output
