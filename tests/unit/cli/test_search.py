"""`rasid search`, `show` and `index` on an embedded index, as a person and as a program see them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from tests.integration.indexes import SAMPLES, analyzer
from workers.arabic.bidi import visual
from workers.cli.search import Writer, needs_reordering
from workers.store.embedded import EmbeddedIndex


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    index = EmbeddedIndex(folder / "index.sqlite", analyzer())
    index.put(SAMPLES)
    index.close()
    return folder


def rasid(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
    command = [sys.executable, "-c", "from workers.cli import main; main()", *arguments]
    return subprocess.run(
        command,
        env={**kept, "RASID_DATA": str(data), "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_search_for_a_program(data: Path) -> None:
    done = rasid(data, "search", "موسكو", "--sort", "newest", "--json", "--explain", "--facet", "outlet")
    answer = json.loads(done.stdout)
    assert set(answer) == {"query", "total", "hits", "facets", "notes", "meant", "instead", "explain"}
    assert answer["total"] == 2
    assert [hit["id"] for hit in answer["hits"]] == ["moscow", "old"]
    assert set(answer["hits"][0]) >= {"id", "url", "title", "outlet", "published", "score", "highlights"}
    assert answer["facets"]["outlet"] == [{"value": "example", "count": 2}]


def test_search_for_a_person(data: Path) -> None:
    done = rasid(data, "search", "وزيران قرب/2 موسكو")
    assert done.returncode == 0
    assert "1 found" in done.stdout
    assert "قمة في موسكو" in done.stdout
    assert "\u0002" not in done.stdout


def test_a_bad_query_is_one_line_without_a_traceback(data: Path) -> None:
    done = rasid(data, "search", "(موسكو")
    assert done.returncode == 2
    assert "column 1" in done.stderr
    assert "Traceback" not in done.stderr


def test_show_by_id_and_by_address(data: Path) -> None:
    by_id = json.loads(rasid(data, "show", "full", "--json").stdout)
    assert by_id["removed"] == [{"rule": "share-bar", "text": "شاركها.", "position": 3}]
    assert "حلف شمال الأطلسي" in rasid(data, "show", "https://news.example/full").stdout
    missing = rasid(data, "show", "nobody")
    assert missing.returncode == 2
    assert "not in the index" in missing.stderr


def test_index_init_and_stats(data: Path) -> None:
    assert "nothing to do" in rasid(data, "index", "init").stdout
    stats = json.loads(rasid(data, "index", "stats", "--json").stdout)
    assert stats["articles"] == len(SAMPLES)
    assert stats["name"] == "embedded"


# --- the terminal ------------------------------------------------------------------------------------------------


def written(text: str, *, reorder: bool) -> str:
    out = io.StringIO()
    Writer(Console(file=out, width=40, highlight=False, markup=False), reorder=reorder).line(text)
    return out.getvalue()


def test_a_terminal_that_reorders_gets_the_text_as_it_is() -> None:
    assert written("زار \u0002موسكو\u0003 اليوم", reorder=False) == "زار موسكو اليوم\n"


def test_a_terminal_that_does_not_gets_each_line_in_visual_order_on_the_right() -> None:
    line = written("زار \u0002موسكو\u0003 اليوم", reorder=True)
    assert line.strip() == visual("زار موسكو اليوم")
    assert line.startswith(" " * 10)
    lines = written("كلمة " * 30, reorder=True).splitlines()
    assert len(lines) > 3
    assert all(len(line) <= 40 for line in lines)


def test_a_pipe_is_never_reordered_unless_asked() -> None:
    out = Console(file=io.StringIO())
    assert not needs_reordering("auto", out)
    assert needs_reordering("reorder", out)
    assert not needs_reordering("terminal", out)
