"""The whole flow, for real: site, Redis, two Celery workers, beat and an index; also when workers are killed in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest
from elasticsearch import Elasticsearch

from workers.demo.site import NewsSite

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(400)]

COMMAND = [sys.executable, "-m", "workers.cli", "demo", "--once", "--json", "--bound", "240"]


def environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
    return kept | extra


def demo(data: Path, **extra: str) -> dict[str, Any]:
    done = subprocess.run(
        [*COMMAND, "--data", str(data)],
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=390,
        check=False,
    )
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stderr[-3000:]}\n{done.stdout[-2000:]}"
    return dict(json.loads(done.stdout))


def groups() -> dict[str, str]:
    """Path of each sample entry → its reprint group."""
    with NewsSite() as site:
        return {path(e.url): f"{e.group}" for e in site.expected}


def path(url: str) -> str:
    return url.partition("//")[2].partition("/")[2]


def by_group(summary: dict[str, Any]) -> Counter[tuple[str, str]]:
    """How many entries of each reprint group ended how. Which of a group's reprints is the first one is a race."""
    names = groups()
    return Counter((names[path(o["url"])], o["status"]) for o in summary["outcomes"])


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    data = tmp_path_factory.mktemp("demo")
    return data, demo(data)


def test_every_entry_ends_as_its_sample_says(first: tuple[Path, dict[str, Any]]) -> None:
    _, summary = first
    expected: Counter[tuple[str, str]] = Counter()
    with NewsSite() as site:
        for e in site.expected:
            expected[(e.group, e.status)] += 1
    assert by_group(summary) == expected
    assert summary["entries"] == len(summary["outcomes"]) >= 60
    assert summary["failed"] == 0


def test_the_summary_counts_what_the_flow_did(first: tuple[Path, dict[str, Any]]) -> None:
    _, summary = first
    assert summary["feeds"] >= 6
    assert summary["duplicates"] >= 8
    assert summary["boilerplate_lines_removed"] >= 60
    assert summary["mentions_linked"] >= 300
    assert summary["alerts_matched"] >= 1
    assert (
        sum(summary[n] for n in ("indexed", "duplicates", "not_article", "not_arabic", "gone", "refused"))
        == (summary["entries"])
    )


def test_a_second_run_adds_nothing(first: tuple[Path, dict[str, Any]]) -> None:
    data, summary = first
    again = demo(data)
    for name in ("entries", "indexed", "updated", "duplicates", "alerts_matched", "mentions_linked"):
        assert again[name] == summary[name], name
    assert {o["id"]: o["status"] for o in again["outcomes"]} == {o["id"]: o["status"] for o in summary["outcomes"]}


def test_killed_workers_cost_nothing(first: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """Kill -9 of both workers and a pool child, four times in mid-work: the same outcomes, nothing twice."""
    _, summary = first
    process = subprocess.Popen(
        [*COMMAND, "--data", str(tmp_path)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    killed = kill_workers(process, rounds=4)
    stdout, stderr = process.communicate(timeout=390)
    assert process.returncode == 0, stderr[-3000:]
    assert killed >= 4
    survived = json.loads(stdout)
    assert by_group(survived) == by_group(summary)
    assert survived["alerts_matched"] == summary["alerts_matched"]


def kill_workers(process: subprocess.Popen[str], *, rounds: int) -> int:
    killed = 0
    deadline = time.monotonic() + 60
    while killed < rounds and time.monotonic() < deadline and process.poll() is None:
        time.sleep(2.5 if killed == 0 else 1.5)
        for child in psutil.Process(process.pid).children(recursive=True):
            try:
                if "worker" in child.cmdline() and child.is_running():
                    child.kill()
                    killed += 1
            except psutil.Error:
                continue
    return killed


def test_the_same_on_a_real_elasticsearch(
    first: tuple[Path, dict[str, Any]], tmp_path: Path, elasticsearch_url: str, unique_name: str
) -> None:
    _, summary = first
    try:
        other = demo(tmp_path, RASID_ELASTICSEARCH_URL=elasticsearch_url, RASID_ELASTICSEARCH_INDEX=unique_name)
        assert by_group(other) == by_group(summary)
        client = Elasticsearch(elasticsearch_url)
        client.indices.refresh(index=f"{unique_name}-read")
        stored = client.count(index=f"{unique_name}-read")["count"]
        assert stored == other["indexed"] + other["duplicates"] + other["updated"]
    finally:
        Elasticsearch(elasticsearch_url).options(ignore_status=[404]).indices.delete(index=f"{unique_name}-v1")
