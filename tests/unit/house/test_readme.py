"""What the README tells a stranger to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from workers.cli import cli
from workers.settings import _known_variable

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text("utf-8")
CODE = "\n".join(re.findall(r"`+(?:sh\n)?([^`]+)`+", README))


def test_every_command_exists() -> None:
    context = click.Context(cli)
    named = set(re.findall(r"\brasid ([a-z]+)", CODE))
    assert len(named) >= 15
    assert named <= set(cli.list_commands(context))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\brasid bench ([a-z]+)", CODE))))
def test_every_benchmark_exists(name: str) -> None:
    assert (ROOT / "workers" / "bench" / f"{name}.py").is_file()


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test", "bench", "lint"} <= named <= targets


def test_every_variable_is_a_setting() -> None:
    known_elsewhere = {"RASID_REDIS_PASSWORD", "RASID_REDIS_READER_PASSWORD"}  # read by docker-compose.yml
    for name in set(re.findall(r"\bRASID_[A-Z_]+[A-Z]\b", CODE)) - known_elsewhere:
        assert _known_variable(name), name


def test_every_place_on_the_map_exists() -> None:
    table = README.partition("| where | what |")[2].partition("\n\n")[0]
    for cell in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE):
        for path in re.findall(r"`([^`]+)`", cell):
            assert (ROOT / path).exists() or (ROOT / "workers" / path).exists(), path
