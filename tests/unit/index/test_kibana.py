"""Kibana's objects against the documented shapes and against the real mapping: no Kibana runs here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workers.errors import UserError
from workers.index.kibana import discover_link, read_objects, saved_objects
from workers.store.ledger import FINAL

FOLDER = Path("config/kibana")
OBJECTS = [found for _, found in read_objects(FOLDER)]
MAPPINGS = {
    view: json.loads(Path(f"config/elasticsearch/{file}.json").read_text("utf-8"))["mappings"]["properties"]
    for view, file in {
        "rasid-articles": "article", "rasid-polls": "polls", "rasid-outcomes": "outcomes", "rasid-alerts": "alert",
    }.items()
}  # fmt: skip
"""The fields of each data view's index."""
TITLES = {
    "rasid-articles": "news-read",
    "rasid-polls": "news-polls",
    "rasid-outcomes": "news-outcomes",
    "rasid-alerts": "news-alerts",
}

VERSIONS = {"index-pattern": "8.0.0", "search": "10.5.0", "dashboard": "10.2.0"}
"""Model versions that Kibana 9.x reads and upgrades from (research: search, section 6)."""


def fields(view: str) -> set[str]:
    """Every field and sub-field of a view's index."""
    mapping = MAPPINGS[view]
    return set(mapping) | {f"{name}.{sub}" for name, field in mapping.items() for sub in field.get("fields", ())}


def aggregatable(view: str, name: str) -> bool:
    field, _, sub = name.partition(".")
    mapping = MAPPINGS[view][field]
    return (mapping["fields"][sub] if sub else mapping)["type"] in {"keyword", "date", "integer", "long", "float"}


def lenses() -> Iterator[dict[str, Any]]:
    for found in OBJECTS:
        if found["type"] == "dashboard":
            for panel in json.loads(found["attributes"]["panelsJSON"]):
                if panel["type"] == "lens":
                    yield panel["embeddableConfig"]["attributes"]


def columns() -> Iterator[tuple[str, dict[str, Any]]]:
    """(data view, column) of every panel."""
    for lens in lenses():
        (view,) = {reference["id"] for reference in lens["references"]}
        for layer in lens["state"]["datasourceStates"]["formBased"]["layers"].values():
            assert set(layer["columnOrder"]) == set(layer["columns"])
            for column in layer["columns"].values():
                yield view, column


def queries() -> Iterator[tuple[str, str]]:
    """(data view, KQL) of every panel and saved search."""
    for lens in lenses():
        yield lens["references"][0]["id"], lens["state"]["query"]["query"]
    for found in OBJECTS:
        if found["type"] == "search":
            source = json.loads(found["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
            yield found["references"][0]["id"], source["query"]["query"]


def test_there_is_a_data_view_searches_and_dashboards() -> None:
    kinds = [found["type"] for found in OBJECTS]
    assert {kind: kinds.count(kind) for kind in VERSIONS} == {"index-pattern": 4, "search": 9, "dashboard": 5}


@pytest.mark.parametrize("found", OBJECTS, ids=[found["id"] for found in OBJECTS])
def test_an_object_has_the_documented_shape(found: dict[str, Any]) -> None:
    assert set(found) == {
        *("coreMigrationVersion", "managed", "type", "id", "typeMigrationVersion", "references", "attributes")
    }
    assert found["typeMigrationVersion"] == VERSIONS[found["type"]]
    known = {(other["type"], other["id"]) for other in OBJECTS}
    assert {(reference["type"], reference["id"]) for reference in found["references"]} <= known
    names = [reference["name"] for reference in found["references"]]
    assert len(names) == len(set(names))


def test_a_data_view_is_of_an_index_that_we_fill_and_of_a_date_that_every_document_has() -> None:
    views = {found["id"]: found["attributes"] for found in OBJECTS if found["type"] == "index-pattern"}
    assert {id_: view["title"] for id_, view in views.items()} == TITLES
    for id_, view in views.items():
        assert view["timeFieldName"] == ("date" if id_ == "rasid-articles" else "at")
        assert MAPPINGS[id_][view["timeFieldName"]]["type"] == "date"
        assert set(json.loads(view["fieldAttrs"])) <= fields(id_)
        assert set(json.loads(view["fieldFormatMap"])) <= fields(id_)
    pointed = saved_objects(FOLDER, "other")
    assert all(f'"title":"other-{kind}"'.encode() in pointed for kind in ("read", "polls", "outcomes", "alerts"))


def test_every_column_names_a_field_of_its_index_that_can_be_counted() -> None:
    named = [(view, column) for view, column in columns() if column["sourceField"] != "___records___"]
    assert {view for view, _ in named} == set(MAPPINGS)
    for view, column in named:
        assert column["sourceField"] in fields(view), column
        assert aggregatable(view, column["sourceField"]), column
        assert column["label"]


def test_every_query_names_fields_and_values_that_are_written() -> None:
    values = {"result": {"failed"}, "gap": {"true"}, "kind": {"alert"}, "state": {"dead"}, "status": FINAL}
    asked = [(view, query) for view, query in queries() if view != "rasid-articles" and query]
    assert len(asked) >= 10
    for view, query in asked:
        for field, value in re.findall(r"(\w+) : \(?([\w ]+?)\)?(?= and |$)", query):
            assert field in fields(view), query
            assert set(value.split(" or ")) <= values[field], query


def test_saved_searches_show_and_sort_by_fields_of_their_index() -> None:
    for found in OBJECTS:
        if found["type"] == "search":
            attributes, (reference,) = found["attributes"], found["references"]
            assert set(attributes["columns"]) <= fields(reference["id"])
            assert {name for name, _ in attributes["sort"]} <= fields(reference["id"])
            source = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
            assert source["indexRefName"] == reference["name"]


def test_every_panel_has_its_references_and_none_lies_on_another() -> None:
    for found in OBJECTS:
        if found["type"] != "dashboard":
            continue
        names = {reference["name"] for reference in found["references"]}
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(found["attributes"]["panelsJSON"]):
            grid = panel["gridData"]
            cells = {
                (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
            }
            assert not cells & taken
            assert grid["x"] + grid["w"] <= 48
            taken |= cells
            key = panel["panelIndex"]
            if panel["type"] == "lens":
                inner = panel["embeddableConfig"]["attributes"]["references"]
                assert {f"{key}:{reference['name']}" for reference in inner} <= names
            else:
                assert f"{key}:{panel['panelRefName']}" in names


def test_a_link_into_discover_carries_query_and_time() -> None:
    link = discover_link("http://127.0.0.1:5601/", "title: 'قمة'")
    assert link.startswith("http://127.0.0.1:5601/app/discover#/?_g=(time:(from:now-7d,to:now))&_a=")
    assert "rasid-articles" in link
    assert "%21%27" in link  # rison escapes the quote, the address both


def test_a_bad_file_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.ndjson").write_text('{"type":"search"}\n{bad\n')
    with pytest.raises(UserError, match=r"x\.ndjson:2"):
        saved_objects(tmp_path, "a")
    with pytest.raises(UserError, match="holds no"):
        saved_objects(tmp_path / "none", "a")
