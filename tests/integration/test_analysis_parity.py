"""The analysis in Python against a real Elasticsearch: the same terms at the same positions. All texts and every code
point are compared by `rasid bench analysis --characters`; here a sample."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from tests import servers
from workers.arabic import lexicon
from workers.arabic.analysis import Analyzer
from workers.bench import oddities
from workers.bench.analysis import Server, compare, in_lots
from workers.cli.lexicon import read_texts
from workers.index.analysis import RULES_PATH, analysis_settings
from workers.settings import config_dir

pytestmark = pytest.mark.servers

VARIANTS = {"الأطلنطي": "الأطلسي", "ترمب": "ترامب", "بيونج": "بيونغ"}
GROUPS = ["بيونغ يانغ, بيونج يانج, بيونغيانغ", "الناتو, حلف شمال الأطلسي"]


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer.load(config_dir())


@pytest.fixture(scope="module")
def server(elasticsearch_url: str, analyzer: Analyzer) -> Iterator[Server]:
    with Server.running(elasticsearch_url, analyzer) as running:
        yield running


def assert_equal(server: Server, analyzer: Analyzer, texts: Iterator[str], *, at_least: int) -> None:
    for parity in compare(server, analyzer, texts).values():
        assert parity.first_difference == ""
        assert parity.same_texts == parity.texts
        assert parity.words >= at_least


def test_real_articles(server: Server, analyzer: Analyzer, data_folder: Path) -> None:
    articles = islice(read_texts(data_folder / "articles_text.jsonl.gz"), 0, 4000, 20)
    assert_equal(server, analyzer, articles, at_least=30_000)


def test_generated_oddities(server: Server, analyzer: Analyzer) -> None:
    strings = [*oddities.random_strings(3000, seed=11), *oddities.long_words()]
    assert_equal(server, analyzer, in_lots(strings), at_least=9_000)


def test_a_sample_of_all_characters_and_every_arabic_one(server: Server, analyzer: Analyzer) -> None:
    everywhere = islice(oddities.characters(), 0, None, 60)
    assert_equal(server, analyzer, in_lots([*oddities.characters(0x0800), *everywhere], 200), at_least=20_000)


def test_every_entry_of_the_lexicon(server: Server, analyzer: Analyzer) -> None:
    assert_equal(server, analyzer, in_lots(sorted(analyzer.lexicon), 500), at_least=20_000)


def with_few_words(analyzer: Analyzer, *, variants: dict[str, str] | None = None) -> Analyzer:
    """The same analysis with a thirtieth of the lexicon: an index with it is made at once."""
    stems = {"اطلسي", "اطلنطي", "ترامب", "بيونغ", "يانغ", "ناتو", "حلف", "شمال"}
    few = {
        word: stem for number, (word, stem) in enumerate(analyzer.lexicon.items()) if stem in stems or not number % 30
    }
    return Analyzer(name="few", lexicon=few, stop_words=analyzer.stop_words, variants=variants)


def test_variants_of_names_are_merged_alike(elasticsearch_url: str, analyzer: Analyzer) -> None:
    merged = with_few_words(analyzer, variants=VARIANTS)
    texts = [f"{head}{name} وصل" for name in VARIANTS for head in ("", "و", "ل", "ب", "ول", "ك")]
    texts += ["للأطلنطي والأطلسي", "ترامب ترمب لترامب"]
    with Server.running(elasticsearch_url, merged) as running:
        assert_equal(running, merged, iter(texts), at_least=36)


def test_plain_searches_find_names_by_all_their_spellings(
    elasticsearch_url: str, analyzer: Analyzer, unique_name: str
) -> None:
    client = Elasticsearch(elasticsearch_url, request_timeout=60)
    text = {"type": "text", "analyzer": "ar_stem", "search_analyzer": "ar_search"}
    analysis = analysis_settings(with_few_words(analyzer), synonyms=GROUPS)
    block = {"number_of_shards": 1, "number_of_replicas": 0, "analysis": analysis}
    client.indices.create(index=unique_name, settings=block, mappings={"properties": {"t": text}})
    documents = ["زار بيونج يانج", "في بيونغيانغ", "إلى بيونغ يانغ", "وحلف شمال الأطلسي", "قمة للناتو", "شمال البلاد"]
    try:
        for number, document in enumerate(documents):
            client.index(index=unique_name, id=str(number), document={"t": document})
        client.indices.refresh(index=unique_name)

        def found(query: str) -> set[str]:
            plain = {"query_string": {"query": query, "fields": ["t"], "default_operator": "AND"}}
            return {hit["_id"] for hit in client.search(index=unique_name, query=plain)["hits"]["hits"]}

        assert found("بيونغيانغ") == found('"بيونغ يانغ"') == {"0", "1", "2"}
        assert found("الناتو") == found('"حلف شمال الأطلسي"') == {"3", "4"}
        assert found("شمال") == {"3", "5"}
    finally:
        client.indices.delete(index=unique_name)
        client.close()


def test_the_lexicon_may_lie_in_a_file_on_the_server(
    elasticsearch_url: str, analyzer: Analyzer, unique_name: str
) -> None:
    if "RASID_TEST_ELASTICSEARCH_URL" in os.environ:
        pytest.skip("the configuration folder of a server that was given is not known")
    few = with_few_words(analyzer)
    named = Analyzer(name=unique_name, lexicon=few.lexicon, stop_words=few.stop_words)
    path = servers.CACHE / "run" / "config" / RULES_PATH.format(name=unique_name)
    path.parent.mkdir(exist_ok=True)
    lexicon.write(path, named.lexicon, comment="of a test")
    client = Elasticsearch(elasticsearch_url, request_timeout=60)
    settings = {"number_of_shards": 1, "number_of_replicas": 0, "analysis": analysis_settings(named, lexicon="file")}
    try:
        client.indices.create(index=unique_name, settings=settings)
        assert "بموسكو" not in str(client.indices.get_settings(index=unique_name))
        assert_equal(Server(client, unique_name), named, in_lots(sorted(named.lexicon), 500), at_least=500)
    finally:
        client.indices.delete(index=unique_name, ignore_unavailable=True)
        client.close()
        path.unlink()
