import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workers.cli.analyze import command, cut
from workers.cli.lexicon import command as lexicon_command
from workers.cli.lexicon import read_texts
from workers.errors import UserError


def test_json_says_everything_of_each_word() -> None:
    result = CliRunner().invoke(command, ["--json", "وبالصين", "في", "بيان"])
    assert result.exit_code == 0
    words = json.loads(result.output)["words"]
    assert [(w["exact"], w["stem"], w["position"], w["stop"]) for w in words] == [
        ("وبالصين", "صين", 0, False),
        ("في", "في", 1, True),
        ("بيان", "بيان", 2, False),
    ]
    assert words[0]["cut"] == "وبال+"
    assert words[0] | {"surface": "وبالصين", "start": 0, "end": 7, "rule": "light10, lexicon"} == words[0]


def test_the_table_names_lexicon_and_rule() -> None:
    result = CliRunner().invoke(command, ["-"], input="للناتو من")
    assert result.exit_code == 0
    assert "ar_lex_v2" in result.output
    assert "stop" in result.output


def test_cut_shows_both_ends() -> None:
    assert cut("الوزارات", "وزار") == "ال+ +ات"
    assert cut("بيان", "بيان") == ""
    assert cut("سلطات", "سلطه") == ""


def test_a_lexicon_is_built_from_texts_and_lines_of_json(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress("موسكو بموسكو\n\nموسكو بموسكو\n\nموسكو بموسكو".encode()))
    line = json.dumps({"title": "موسكو", "text": "لموسكو"})
    (tmp_path / "b.jsonl").write_text("\n".join([line] * 3), "utf-8")
    out = tmp_path / "lex.txt"
    files = [str(tmp_path / "a.txt.gz"), str(tmp_path / "b.jsonl")]
    result = CliRunner().invoke(lexicon_command, ["build", *files, "--out", str(out)], catch_exceptions=False)
    assert result.exit_code == 0
    assert "from 6 texts" in result.output
    assert "بموسكو" in out.read_text("utf-8")


def test_a_line_that_is_no_article_is_named(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    path.write_text('{"title": "x", "text": "y"}\n[]\n', "utf-8")
    with pytest.raises(UserError, match=r"b.jsonl:2"):
        list(read_texts(path))
