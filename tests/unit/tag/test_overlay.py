"""The operator's own entities: kept in a file, loaded with the catalogue, found and joined."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.tag.conftest import CONFIG
from workers.errors import UserError
from workers.model import Cleaned, Entity, Paragraph
from workers.settings import TagSettings
from workers.tag import Catalogue, Tagger
from workers.tag.overlay import Overlay

PERSON = Entity(id="zartur-balmuk", kind="person", name="زرتور بلموك", aliases=("زارتور بلموك",), country="at")


def names(path: Path) -> Catalogue:
    return Catalogue.load(CONFIG / "entities", path)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "data" / "entities.yaml"
    own = Overlay().with_entity(PERSON).with_aliases("nato", ["حلف الشماليين"]).with_merge("a", "b").without("كلمة")
    own.save(path)
    assert Overlay.load(path) == own
    assert Overlay.load(tmp_path / "none.yaml") == Overlay()


def test_accepted_names_are_tagged(tmp_path: Path) -> None:
    path = tmp_path / "entities.yaml"
    Overlay().with_entity(PERSON).with_aliases("nato", ["حلف الشماليين"]).save(path)
    tagger = Tagger.load(CONFIG, TagSettings(), overlay=path)
    text = "وصل زرتور بلموك إلى مقر حلف الشماليين ثم غادر بلموك"
    found = tagger.tag(Cleaned(title="", paragraphs=(Paragraph(text),))).mentions
    assert [(m.entity, m.surface) for m in found] == [
        ("zartur-balmuk", "زرتور بلموك"),
        ("nato", "حلف الشماليين"),
        ("zartur-balmuk", "بلموك"),
    ]


def test_a_merged_id_goes_on_to_name_the_entity(tmp_path: Path) -> None:
    path = tmp_path / "entities.yaml"
    Overlay().with_entity(PERSON).with_merge("zartur-balmuk", "joe-biden").save(path)
    catalogue = names(path)
    entity = catalogue.entity("zartur-balmuk")
    assert entity is not None
    assert entity.id == "joe-biden"
    assert "زرتور بلموك" in catalogue.names("joe-biden")
    assert catalogue.ids("joe-biden") == ("joe-biden", "zartur-balmuk")
    assert [e.id for e in catalogue.find("زرتور بلموك")] == ["joe-biden"]


def test_merges_never_chain() -> None:
    own = Overlay().with_merge("a", "b").with_merge("b", "c")
    assert own.merged == {"a": "c", "b": "c"}
    assert own.with_merge("c", "a").merged == {"b": "a", "c": "a"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("aliases: {no-such-id: [اسم]}\n", "entities.yaml"),
        ("merged: {no-such-id: nato}\n", "entities.yaml"),
        ("entities: {x: {kind: planet, names: [اسم]}}\n", "entities: x"),
        ("entities: {nato: {kind: organisation, names: [اسم]}}\n", "entities.yaml"),
        ("wrong: {}\n", "wrong"),
        ("- a\n", "entities.yaml"),
    ],
)
def test_faults_name_their_place(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "entities.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError) as caught:
        names(path)
    assert place in caught.value.faults[0].place
