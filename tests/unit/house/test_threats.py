"""The threat model in the README: each threat names tests, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
SECTION = (ROOT / "README.md").read_text("utf-8").partition("## Threat model")[2].partition("\n## ")[0]
ROWS = [line.strip("| ").split(" | ") for line in SECTION.splitlines() if line.startswith("| ")][2:]


def test_there_is_a_threat_model() -> None:
    assert len(ROWS) >= 15
    assert all(len(row) == 3 for row in ROWS)


def test_every_threat_has_a_test_and_every_test_exists() -> None:
    for threat, _, tests in ROWS:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", tests)
        assert named, threat
        for file, test in named:
            path = ROOT / file
            assert path.is_file(), (threat, file)
            assert re.search(rf"^def {test}\(", path.read_text("utf-8"), re.MULTILINE), (threat, file, test)
