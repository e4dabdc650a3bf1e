"""Every fault of a question, and every note on its hits, can be said in Arabic."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from elastic_transport import ApiResponseMeta, ConnectionError, HttpHeaders, NodeConfig  # noqa: A004 - its name there
from elasticsearch import ApiError

from workers.index.faults import reason_of
from workers.search.faults import in_arabic

ROOM = Path(__file__).parents[3] / "workers" / "search"
MODULES = ("lexer", "parse", "patterns", "resolve", "service", "page")
NAMES = {"problem", "mend", "_MENDS"}


def _said(node: ast.AST) -> Iterator[str]:
    """The texts that an expression may be, {} for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from [*_said(node.body), *_said(node.orelse)]
    elif isinstance(node, ast.Dict | ast.Tuple | ast.List):
        for child in node.values if isinstance(node, ast.Dict) else node.elts:
            yield from _said(child)


def _written() -> Iterator[str]:
    for module in MODULES:
        for node in ast.walk(ast.parse((ROOM / f"{module}.py").read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"fault", "Fault"}:
                for argument in node.args[1:]:
                    yield from _said(argument)
            elif (isinstance(node, ast.keyword) and node.arg == "faults") or (
                isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id == "notes"
            ):
                yield from _said(node.value)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if NAMES & {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}:
                    yield from _said(node.value)


def test_every_fault_that_the_room_can_raise_is_known() -> None:
    known = yaml.safe_load((ROOM / "templates" / "faults.yaml").read_text("utf-8"))
    written = {text for text in _written() if text}
    assert len(written) > 70
    assert written <= set(known), written - set(known)


def test_that_the_index_is_away_is_said_in_arabic() -> None:
    busy = ApiError("busy", ApiResponseMeta(429, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "127.0.0.1", 9)), {})
    away = ConnectionError("refused")
    for error, detail in ((busy, "429"), (away, "Connection error")):
        shown = in_arabic(reason_of(error))
        assert shown.startswith("\u200fفهرس البحث")
        assert f"\u2068{detail}" in shown
        assert "Elasticsearch" not in shown


def test_every_line_has_the_places_of_its_english() -> None:
    known = yaml.safe_load((ROOM / "templates" / "faults.yaml").read_text("utf-8"))
    for english, arabic in known.items():
        places = english.count("{}")
        shown = in_arabic(english.replace("{}", "س"))
        assert shown.count("\u2068س\u2069") == sum(arabic.count(f"{{{n}}}") for n in range(places)), english
        assert "{" not in shown
        assert "`" not in shown
        assert any("ء" <= letter <= "ي" for letter in shown), english


@pytest.mark.parametrize(
    ("english", "arabic"),
    [
        ("“{x}” is not a date", "\u200f«\u2068{x}\u2069» ليس تاريخا"),
        ("“foo” is out of place here", "\u200f«\u2068foo\u2069» في غير موضعها هنا"),
        ("write word^2", "\u200fاكتب \u2066word^2\u2069"),
        ("something else", "something else"),
    ],
)
def test_a_fault_is_said_in_arabic_and_what_is_unknown_as_it_is(english: str, arabic: str) -> None:
    assert in_arabic(english) == arabic
