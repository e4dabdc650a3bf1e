"""A migration while ingest goes on: nothing lost, nothing twice, the read alias never empty."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.integration.indexes import NOW, article, elastic_index, remove, small_analyzer
from workers.arabic.analysis import Analyzer
from workers.errors import UserError
from workers.index.elastic import ElasticIndex
from workers.index.migrate import copy, migrate
from workers.ports import SearchRequest
from workers.search.parse import parse
from workers.store.embedded import EmbeddedIndex

pytestmark = pytest.mark.servers
OTHER = Analyzer(name="none2", lexicon={"موسكو": "مسكو"}, stop_words=("في",))


@pytest.fixture
def old(elasticsearch_url: str, unique_name: str) -> Iterator[ElasticIndex]:
    index = elastic_index(elasticsearch_url, unique_name, small_analyzer())
    index.init()
    index.put([article(f"n{number}") for number in range(1500)])
    index.refresh()
    yield index
    remove(index)


def test_ingest_goes_on_through_a_migration(old: ElasticIndex, elasticsearch_url: str) -> None:
    new = elastic_index(elasticsearch_url, old.names.prefix, OTHER)
    stop = threading.Event()
    stored: dict[str, int] = {}
    empty: list[int] = []

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            id_ = f"n{number % 400}" if number % 2 else f"m{number}"
            (verdict,) = old.put([article(id_, updated_at=NOW + timedelta(seconds=number), revision=number)])
            assert verdict.result == "stored", verdict
            stored[id_] = number

    def read() -> None:
        while not stop.is_set():
            empty.append(new.client.count(index=new.names.read)["count"])

    threads = [threading.Thread(target=run) for run in (write, read)]
    for thread in threads:
        thread.start()
    said: list[str] = []
    try:
        assert migrate(new, say=said.append) == new.names.version(2)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    copy(new.client, new.names.version(1), new.names.version(2), since=None)
    new.refresh()
    assert min(empty) >= 1500
    assert len(stored) > 3
    assert new.stats()["articles"] == len({f"n{n}" for n in range(1500)} | stored.keys())
    for id_, revision in stored.items():
        found = new.get(id_)
        assert found is not None
        assert found.revision == revision
    assert new.search(SearchRequest(query=parse("مسكو", now=NOW))).total > 0  # the new lexicon's stem
    assert len(said) >= 4
    new.close()


def test_a_migration_that_was_cut_off_is_resumed(old: ElasticIndex, elasticsearch_url: str) -> None:
    new = elastic_index(elasticsearch_url, old.names.prefix, OTHER)
    new.client.indices.create(index=new.names.version(2), body=new.body())
    copy(new.client, new.names.version(1), new.names.version(2), since=NOW + timedelta(days=9999))
    old.put([replace(article("n1"), title="جديد", updated_at=NOW + timedelta(seconds=1))])
    migrate(new, say=lambda _: None, remove_old=True)
    assert not new.client.indices.exists(index=new.names.version(1))
    assert new.stats()["articles"] == 1500
    found = new.get("n1")
    assert found is not None
    assert found.title == "جديد"
    new.close()


def test_without_an_index_it_says_what_to_run(elasticsearch_url: str, unique_name: str) -> None:
    index = elastic_index(elasticsearch_url, unique_name, small_analyzer())
    with pytest.raises(UserError, match="rasid index init"):
        migrate(index, say=lambda _: None)
    index.close()


def test_the_embedded_index_is_analysed_anew(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with_old = EmbeddedIndex(path, small_analyzer())
    with_old.put([article("a"), article("b", body="خبر من بكين.")])
    with_old.close()
    index = EmbeddedIndex(path, OTHER)
    assert index.reanalyse() == 2
    hits = index.search(SearchRequest(query=parse("مسكو", now=NOW)))
    assert {hit.article.id for hit in hits.hits} == {"a", "b"}
    assert index.get("a") == article("a")
    index.close()
