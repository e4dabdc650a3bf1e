"""`make audit` and what it looks at: every package pinned with hashes, and no pass where nothing could be asked."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOCKS = sorted((ROOT / "config" / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_package_is_pinned_with_hashes(lock: Path) -> None:
    text = lock.read_text("utf-8").replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(packages) > 30
    for line in packages:
        assert re.match(r"[A-Za-z0-9_.-]+(\[[\w,-]+\])?==\S+ ", line), line
        assert "--hash=sha256:" in line, line
        assert "://" not in line, line


def audited(folder: Path, code: int, said: str) -> subprocess.CompletedProcess[str]:
    """`make audit` with a pip-audit that says `said` and ends with `code`."""
    (folder / "bin").mkdir(exist_ok=True)
    (folder / ".audit").touch()
    tool = folder / "bin" / "pip-audit"
    tool.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\necho "{said}"\nexit {code}\n')
    tool.chmod(0o755)
    command = ["make", "-C", str(ROOT), "-o", str(folder / ".audit"), "audit", f"VENV={folder}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_an_audit_that_cannot_ask_is_no_pass(tmp_path: Path) -> None:
    """--strict makes pip-audit fail for a package that it could not ask about; the target hands the failure on."""
    failed = audited(tmp_path, 1, "Dependency not found and could not be audited")
    assert failed.returncode != 0
    assert "FAILED for runtime.txt" in failed.stderr
    assert "nothing was checked" in failed.stderr
    assert "no known vulnerability" not in failed.stdout
    (tmp_path / "asked").unlink()
    passed = audited(tmp_path, 0, "No known vulnerabilities found")
    assert passed.returncode == 0
    assert "no known vulnerability in any locked package" in passed.stdout
    asked = (tmp_path / "asked").read_text().splitlines()
    assert all("--strict" in line and "--require-hashes" in line for line in asked)
    assert [name for line in asked for name in re.findall(r"(\w+)\.txt", line)] == ["runtime", "otel", "dev"]
