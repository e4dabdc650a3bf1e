"""What `rasid extract` and `rasid clean --explain` show of every line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner

from workers.cli.clean import command as clean
from workers.cli.extract import command as extract

PAGE = str(Path(__file__).parents[2] / "outlets" / "wire_desk_initials.html")


@pytest.mark.parametrize(("command", "options"), [(extract, []), (clean, ["--explain"])])
def test_every_line_is_kept_or_removed_by_a_rule_and_with_a_reason(command: Command, options: list[str]) -> None:
    answer = CliRunner().invoke(command, [PAGE, *options, "--json"])
    assert answer.exit_code == 0, answer.output
    lines = json.loads(answer.stdout)["lines"]
    kept = [line["text"] for line in lines if line["kept"]]
    removed = {line["rule"]: line for line in lines if not line["kept"]}
    assert len(kept) == 6
    assert "byline/desk" in removed
    assert all(line["why"] for line in removed.values())
    assert [line["position"] for line in lines] == sorted(line["position"] for line in lines)
