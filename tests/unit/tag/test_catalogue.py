"""The shipped catalogue is sound, large, and its spellings meet."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.unit.tag.conftest import CONFIG
from workers.bench.tag_sets import foreign_names, generated, meetings
from workers.cli import cli
from workers.errors import UserError
from workers.settings import TagSettings
from workers.tag import Tagger
from workers.tag.check import check
from workers.tag.sources import read_sources


def test_every_name_is_reachable_and_none_stands_twice_without_readings() -> None:
    size = check(CONFIG, TagSettings())
    assert size.entities >= 3000


def test_the_hand_written_part_alone_is_large() -> None:
    written = [s for s in read_sources(CONFIG / "entities") if not s.cued]
    assert len(written) >= 3000


def test_names_and_search(tagger: Tagger) -> None:
    catalogue = tagger.catalogue
    assert [e.id for e in catalogue.find("حلف شمال الاطلنطي")] == ["nato"]
    assert [e.id for e in catalogue.find("Agence France-Presse")] == ["afp"]
    assert "الناتو" in catalogue.names("nato")
    assert catalogue.entity("no-such") is None
    assert any("الناتو" in group and "حلف شمال الأطلسي" in group for group in catalogue.variant_groups())


@pytest.mark.parametrize(
    "agency",
    ["afp", "reuters", "ap", "dpa", "anadolu", "spa", "wam", "mena", "qna", "kuna", "petra", "sana", "ina", "xinhua"],
)
def test_agencies_have_the_ids_that_credits_use(tagger: Tagger, agency: str) -> None:
    entity = tagger.catalogue.entity(agency)
    assert entity is not None
    assert entity.kind == "organisation"


def test_a_fault_names_the_file_and_the_id(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: place\nentities:\n  x: اسم | X\n", "utf-8")
    (tmp_path / "b.yaml").write_text("kind: place\nentities:\n  x: اسم | X\n", "utf-8")
    (tmp_path / "c.yaml").write_text("kind: planet\n", "utf-8")
    with pytest.raises(UserError) as caught:
        read_sources(tmp_path)
    assert [Path(str(f.place).split(":")[0]).name for f in caught.value.faults] == ["b.yaml", "c.yaml"]


def test_500_foreign_names_meet_in_other_spellings(tagger: Tagger) -> None:
    found = meetings(tagger, generated(foreign_names(tagger.catalogue, seed=7), seed=7))
    assert found.tried == 500
    assert found.met / found.tried >= 0.95, found.failed
    assert found.false / found.tried <= 0.005, found.failed


def test_while_it_is_loaded_no_garbage_is_looked_for() -> None:
    gc.unfreeze()  # what tests before this one may have settled
    gc.collect()
    looked: list[str] = []
    gc.callbacks.append(note := lambda phase, info: looked.append(f"{phase} {info['generation']}"))
    try:
        Tagger.load(CONFIG, TagSettings())
    finally:
        gc.callbacks.remove(note)
    assert looked == []
    assert gc.isenabled()


def test_tag_gives_offsets_into_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    text = "\n  وصل الوزير\r\nإلى وبكين ثم لليابان.\n"
    file.write_bytes(text.encode())
    result = CliRunner().invoke(cli, ["tag", str(file), "--json"], catch_exceptions=False)
    mentions = json.loads(result.output)["mentions"]
    assert [(m["entity"], text[m["start"] : m["end"]]) for m in mentions] == [("beijing", "بكين"), ("japan", "ليابان")]
    assert {m["field"] for m in mentions} == {"text"}


def test_entities_show_and_search() -> None:
    shown = CliRunner().invoke(cli, ["entities", "show", "nato", "--json"], catch_exceptions=False)
    assert json.loads(shown.output)["kind"] == "organisation"
    found = CliRunner().invoke(cli, ["entities", "search", "الأطلسي"], catch_exceptions=False)
    assert "nato" in found.output
