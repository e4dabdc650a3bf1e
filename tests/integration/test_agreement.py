"""The three evaluators give the same answers to generated queries (`rasid bench agree` asks 5,000 over 4,000 texts)."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.integration.indexes import analyzer, elastic_index, remove
from workers.bench.agree import as_read, compare
from workers.bench.corpus import corpus_articles
from workers.bench.queries import QueryMaker
from workers.settings import TagSettings
from workers.store.embedded import EmbeddedIndex
from workers.tag.tagger import Tagger

pytestmark = pytest.mark.servers


def test_elasticsearch_sqlite_and_the_matcher_agree(
    elasticsearch_url: str, unique_name: str, data_folder: Path, tmp_path: Path
) -> None:
    tagger = Tagger.load(Path("config"), TagSettings())
    articles = [*corpus_articles(data_folder / "articles_text.jsonl.gz", limit=80, tagger=tagger)]
    elastic = elastic_index(elasticsearch_url, unique_name)
    embedded = EmbeddedIndex(tmp_path / "index.sqlite", analyzer())
    for index in (elastic, embedded):
        index.init()
        assert {verdict.result for verdict in index.put(articles)} == {"stored"}
        index.refresh()
    maker = QueryMaker(articles, Random(7))
    trees = [maker.query() for _ in range(200)]
    trees += [as_read(tree, tagger.catalogue) for tree in trees[:60]]
    differences, filled = compare(trees, articles, analyzer(), elastic, embedded)
    assert differences == []
    assert filled > 80
    remove(elastic)
    embedded.close()
