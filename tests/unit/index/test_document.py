"""An article becomes a document and comes back the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from tests.integration.indexes import FULL, NOW, SAMPLES, article
from workers.errors import UserError
from workers.index.document import article_of, document_of
from workers.index.schema import index_body
from workers.index.versions import version_of
from workers.model import Article, Paragraph

MAPPING = json.loads(Path("config/elasticsearch/article.json").read_text("utf-8"))["mappings"]


@pytest.mark.parametrize("given", [*SAMPLES, article(body=""), article(title="")], ids=lambda a: a.id)
def test_an_article_comes_back_from_its_document(given: Article) -> None:
    assert article_of(orjson.loads(orjson.dumps(document_of(given)))) == given


def test_a_line_break_inside_a_paragraph_survives() -> None:
    given = replace(article(), paragraphs=(Paragraph("سطر\nآخر"), Paragraph("فقرة")))
    assert article_of(document_of(given)) == given


def test_every_field_is_in_the_strict_mapping() -> None:
    assert MAPPING["dynamic"] == "strict"
    assert set(document_of(FULL)) <= set(MAPPING["properties"])
    assert MAPPING["properties"]["article"]["enabled"] is False


def test_removed_lines_are_kept_where_no_search_looks() -> None:
    document = document_of(FULL)
    assert document["article"]["removed"][0]["text"] == "شاركها."
    assert "شاركها" not in json.dumps({k: v for k, v in document.items() if k != "article"}, ensure_ascii=False)


def test_the_version_is_the_microsecond_of_the_last_change() -> None:
    assert version_of(article(updated_at=NOW + timedelta(microseconds=1))) == version_of(article()) + 1


def test_a_broken_mapping_file_is_named_with_its_line(tmp_path: Path) -> None:
    from tests.integration.indexes import small_analyzer

    (tmp_path / "elasticsearch").mkdir()
    (tmp_path / "elasticsearch" / "article.json").write_text('{\n"settings": }')
    with pytest.raises(UserError, match=r"article\.json:2"):
        index_body(tmp_path, small_analyzer())
