"""Kibana's objects against the documented shapes and against the real mapping: no Kibana runs here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workers.errors import UserError
from workers.index.kibana import discover_link, read_objects, saved_objects

FOLDER = Path("config/kibana")
OBJECTS = [found for _, found in read_objects(FOLDER)]
MAPPING = json.loads(Path("config/elasticsearch/article.json").read_text("utf-8"))["mappings"]["properties"]

VERSIONS = {"index-pattern": "8.0.0", "search": "10.5.0", "dashboard": "10.2.0"}
"""Model versions that Kibana 9.x reads and upgrades from (research: search, section 6)."""


def fields() -> set[str]:
    """Every field and sub-field of the mapping."""
    inner = {f"{name}.{sub}" for name, field in MAPPING.items() for sub in field.get("fields", ())}
    return set(MAPPING) | inner


def aggregatable(name: str) -> bool:
    field, _, sub = name.partition(".")
    kind = MAPPING[field]["fields"][sub]["type"] if sub else MAPPING[field]["type"]
    return kind in {"keyword", "date", "integer", "long"}


def lenses() -> Iterator[dict[str, Any]]:
    for found in OBJECTS:
        if found["type"] == "dashboard":
            for panel in json.loads(found["attributes"]["panelsJSON"]):
                if panel["type"] == "lens":
                    yield panel["embeddableConfig"]["attributes"]


def columns() -> Iterator[dict[str, Any]]:
    for lens in lenses():
        for layer in lens["state"]["datasourceStates"]["formBased"]["layers"].values():
            assert set(layer["columnOrder"]) == set(layer["columns"])
            yield from layer["columns"].values()


def test_there_is_a_data_view_searches_and_dashboards() -> None:
    kinds = [found["type"] for found in OBJECTS]
    assert {kind: kinds.count(kind) for kind in VERSIONS} == {"index-pattern": 1, "search": 3, "dashboard": 2}


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


def test_the_data_view_is_of_the_alias_and_of_a_date_that_every_article_has() -> None:
    (view,) = [found["attributes"] for found in OBJECTS if found["type"] == "index-pattern"]
    assert view["timeFieldName"] == "date"
    assert MAPPING["date"]["type"] == "date"
    assert set(json.loads(view["fieldAttrs"])) <= fields()
    assert set(json.loads(view["fieldFormatMap"])) <= fields()
    assert b'"title":"other-read"' in saved_objects(FOLDER, "other-read")


def test_every_column_names_a_field_of_the_mapping_that_can_be_counted() -> None:
    named = [column for column in columns() if column["sourceField"] != "___records___"]
    assert len(named) >= 10
    for column in named:
        assert column["sourceField"] in fields(), column
        assert aggregatable(column["sourceField"]), column
        assert column["label"]


def test_saved_searches_show_and_sort_by_fields_of_the_mapping() -> None:
    for found in OBJECTS:
        if found["type"] == "search":
            attributes = found["attributes"]
            assert set(attributes["columns"]) <= fields()
            assert {name for name, _ in attributes["sort"]} <= fields()
            source = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
            assert source["indexRefName"] in {reference["name"] for reference in found["references"]}


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
