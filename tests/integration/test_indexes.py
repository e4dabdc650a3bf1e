"""Elasticsearch and the embedded index: the same behaviour, tested by the same lines."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.indexes import FULL, NOW, SAMPLES, analyzer, article, elastic_index, remove, small_analyzer
from workers.arabic.analysis import Analyzer
from workers.errors import Retry, UserError
from workers.index import bulk
from workers.model import Article, Cleaned, Paragraph
from workers.ports import ArticleIndex, Hits, SearchRequest
from workers.search.expand import expand_query
from workers.search.parse import parse
from workers.search.service import SearchService
from workers.settings import TagSettings
from workers.store.embedded import EmbeddedIndex
from workers.tag import Tagger
from workers.tag.catalogue import Catalogue

pytestmark = pytest.mark.servers


@pytest.fixture(params=["embedded", "elasticsearch"])
def index(request: pytest.FixtureRequest, tmp_path: Path, unique_name: str) -> Iterator[ArticleIndex]:
    """An empty index."""
    if request.param == "embedded":
        embedded = EmbeddedIndex(tmp_path / "index.sqlite", small_analyzer(), clock=lambda: NOW)
        embedded.init()
        yield embedded
        embedded.close()
    else:
        elastic = elastic_index(request.getfixturevalue("elasticsearch_url"), unique_name, small_analyzer())
        elastic.clock = lambda: NOW
        elastic.init()
        yield elastic
        remove(elastic)


@pytest.fixture(scope="module", params=["embedded", "elasticsearch"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArticleIndex]:
    """An index with `SAMPLES`, only read."""
    if request.param == "embedded":
        made: ArticleIndex = EmbeddedIndex(tmp_path_factory.mktemp("i") / "index.sqlite", analyzer(), clock=lambda: NOW)
    else:
        made = elastic_index(request.getfixturevalue("elasticsearch_url"), f"tfilled{id(request)}")
        made.clock = lambda: NOW
    made.init()
    assert {verdict.result for verdict in made.put(SAMPLES)} == {"stored"}
    made.refresh()
    yield made
    made.close() if request.param == "embedded" else remove(made)  # type: ignore[arg-type]


def ask(index: ArticleIndex, query: str, **options: object) -> Hits:
    return index.search(SearchRequest(query=parse(query, now=NOW), **options))  # type: ignore[arg-type]


def ids(hits: Hits) -> list[str]:
    return [hit.article.id for hit in hits.hits]


def test_an_article_comes_back_whole(filled: ArticleIndex) -> None:
    assert filled.get("full") == FULL
    assert filled.by_url(FULL.url) == FULL
    assert filled.get("nobody") is None
    assert filled.by_url("https://news.example/nobody") is None


def test_twice_is_once_and_an_older_one_changes_nothing(index: ArticleIndex) -> None:
    first = article()
    newer = replace(first, title="عنوان جديد", updated_at=NOW + timedelta(microseconds=1), revision=2)
    assert [v.result for v in index.put([first])] == ["stored"]
    assert [v.result for v in index.put([newer])] == ["stored"]
    assert [v.result for v in index.put([first, newer])] == ["older", "stored"]
    index.refresh()
    assert index.get("a1") == newer
    assert index.stats()["articles"] == 1
    assert ask(index, "title:جديد").total == 1
    assert ask(index, "title:قمة").total == 0


def test_init_twice_is_harmless(index: ArticleIndex) -> None:
    index.put([article()])
    assert index.init() == []
    index.refresh()
    assert index.stats()["articles"] == 1


def test_stats(filled: ArticleIndex) -> None:
    stats = filled.stats()
    assert stats["articles"] == len(SAMPLES)
    assert stats["bytes"] > 0
    assert stats["healthy"]
    assert datetime.fromisoformat(stats["last_indexed"]) == NOW


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("موسكو", {"moscow", "old"}),  # بموسكو too
        ("=موسكو", {"moscow", "old"}),
        ("=بموسكو", {"moscow"}),
        ("بيان", {"statement"}),
        ("واليابان", {"statement"}),
        ('"رئيس الوزراء"', {"old"}),
        ('"رئيس في الوزارة"', {"moscow"}),  # over a stop word
        ('"رئيس من الوزارة"', {"moscow"}),  # whichever stop word
        ("title:قمة", {"moscow"}),
        ("عنوان:(بيان أو قمة)", {"moscow", "statement"}),
        ("أ ف ب", {"full"}),
        ('credit:"أ ف ب"', {"full"}),
        ("byline:كاتبة", {"full"}),
        ("person:ستولتنبرغ", {"full"}),
        ("person:بروكسل", set()),
        ("place:بروكسل", {"full"}),
        ('organisation:"شمال الأطلسي"', {"full"}),
        ('organisation:"الأطلسي بروكسل"', set()),  # no phrase over two values
        ("entity:nato", {"full"}),
        ("agency:afp", {"full"}),
        ("country:EG", {"full"}),
        ("feed:f2", {"full"}),
        ("زرافة OR entity:nato", {"full"}),  # found by its entity alone, without a word to score
        ("outlet:other", {"statement"}),
        ("agency:*", {"full"}),
        ("duplicate_of:copy1", {"copy2"}),
        ("الصين -اليابان", {"undated"}),
        ("NOT (موسكو OR الصين)", {"full", "copy1", "copy2"}),
        ("وزيران قرب/2 موسكو", {"moscow"}),
        ("موسكو BEFORE/2 وزيران", set()),
        ('"موسكو التقى"~2', {"moscow"}),
        ("كور*", {"undated"}),
        ("موسكة~1", {"old", "moscow"}),
        ("بموسكو~1", {"moscow", "old"}),
        ("date:2026-02-28", {"full", "moscow", "statement", "copy1", "copy2"}),
        ("date:2026-03-01", {"undated"}),  # without a date: the day it was first seen
        ("published:2026-03-01", set()),
        ("date:<2026", {"old"}),
        ("*", {a.id for a in SAMPLES}),
        ("شاركها", set()),  # what was removed is kept, not found
        ("من", {"full", "statement"}),
        ("في", {"full", "moscow", "copy1", "copy2"}),
    ],
)
def test_queries(filled: ArticleIndex, query: str, found: set[str]) -> None:
    hits = ask(filled, query)
    assert set(ids(hits)) == found
    assert hits.total == len(found)


def test_filters_and_order(filled: ArticleIndex) -> None:
    assert ids(ask(filled, "موسكو", sort="newest")) == ["moscow", "old"]
    assert ids(ask(filled, "موسكو", sort="oldest")) == ["old", "moscow"]
    assert ids(ask(filled, "موسكو")) == ["moscow", "old"]  # in the title, and fresher
    assert ids(ask(filled, "*", sort="newest", limit=1)) == ["undated"]
    assert ids(ask(filled, "موسكو", sort="newest", offset=1)) == ["old"]
    assert ids(ask(filled, "موسكو", since=NOW - timedelta(days=2))) == ["moscow"]
    assert ids(ask(filled, "موسكو", until=NOW - timedelta(days=2))) == ["old"]
    assert ids(ask(filled, "*", outlets=("other",))) == ["statement"]
    assert ids(ask(filled, "*", entities=("nato", "x"))) == ["full"]


def test_one_article_a_story(filled: ArticleIndex) -> None:
    hits = ask(filled, "انفجار", fold_stories=True)
    assert ids(hits) == ["copy1"]
    assert hits.total == 2


def test_phrases_over_stop_words_side_by_side_are_ranked(filled: ArticleIndex) -> None:
    assert ids(ask(filled, '"قمة في موسكو" "رئيس في الوزارة"')) == ["moscow"]


def test_what_is_printed_as_it_was_asked_for_goes_first(index: ArticleIndex) -> None:
    """All have one stem here; as typed the word, the phrase and the words of the NEAR stand in one article each."""
    bodies = ("قال مثلان", "قال مثلين", "قال مثلات", "قال مثلون")  # said: two examples (twice), examples (twice)
    index.put([article(f"p{n}", title="خبر", body=body) for n, body in enumerate(bodies)])
    index.refresh()
    for query, first in (("مثلين", "p1"), ('"قال مثلون"', "p3"), ("قال قرب/3 مثلين", "p1")):
        hits = ask(index, query).hits
        assert (len(hits), hits[0].article.id) == (4, first), query
        assert hits[0].score > hits[1].score, query


def test_more_like_this_is_the_same_on_both(filled: ArticleIndex) -> None:
    service = SearchService(filled, small_analyzer(), Catalogue([], {}))
    found = service.like("copy1", service.request("*", now=NOW))
    assert [hit.article.id for hit in found.hits] == ["copy2"]
    assert found.hits[0].score == pytest.approx(1)
    assert service.search(service.request("مرفأ زلزال", now=NOW)).instead == (("مرفأ", 2),)


def test_facets(filled: ArticleIndex) -> None:
    hits = ask(filled, "موسكو", facets=("outlet", "month", "entity"), limit=0)
    assert hits.hits == ()
    assert hits.facets == {"outlet": (("example", 2),), "month": (("2025-01", 1), ("2026-02", 1)), "entity": ()}
    with pytest.raises(UserError, match="no facet"):
        ask(filled, "موسكو", facets=("colour",))


def test_highlights(filled: ArticleIndex) -> None:
    (hit,) = ask(filled, "title:قمة موسكو").hits
    assert hit.highlights["title"] == ("\u0002قمة\u0003 في \u0002موسكو\u0003",)
    assert "\u0002بموسكو\u0003" in hit.highlights["body"][0]
    (hit,) = ask(filled, "entity:nato").hits
    assert hit.highlights["title"] == ("\u0002حلف شمال الأطلسي\u0003 يجتمع في بروكسل",)


def test_another_lexicon_is_refused(index: ArticleIndex, request: pytest.FixtureRequest, unique_name: str) -> None:
    index.put([article()])
    other = Analyzer(name="ar_lex_other", lexicon={}, stop_words=())
    if isinstance(index, EmbeddedIndex):
        reopened: ArticleIndex = EmbeddedIndex(index.path, other)
    else:
        reopened = elastic_index(request.getfixturevalue("elasticsearch_url"), unique_name, other)
    with pytest.raises(UserError, match="lexicon"):
        reopened.put([article()])
    with pytest.raises(UserError, match="lexicon"):
        ask(reopened, "موسكو")
    reopened.close()


# --- the seeds ---------------------------------------------------------------------------------------------------


BOTH = ("بيونج يانج", "بيونغ يانغ", '"بيونغ يانغ"', "الأطلنطي", "الأطلسي", "الناتو", "لأوكرانيا", "والصين", "أوكرانيا")
FIRST = ("ستولتنبرج", "ستولتنبرغ")


def test_either_spelling_of_a_name_finds_both_seeds(
    request: pytest.FixtureRequest, data_folder: Path, tmp_path: Path, unique_name: str
) -> None:
    elastic = elastic_index(request.getfixturevalue("elasticsearch_url"), unique_name)
    embedded = EmbeddedIndex(tmp_path / "index.sqlite", analyzer())
    tagger = Tagger.load(Path("config"), TagSettings())
    seeds = [_seed(path, number, tagger) for number, path in enumerate(sorted((data_folder / "seeds").glob("*.txt")))]
    for index in (elastic, embedded):
        index.init()
        index.put(seeds)
        index.refresh()
        for queries, wanted in ((BOTH, {"seed0", "seed1"}), (FIRST, {"seed0"}), (("اليابانية",), {"seed1"})):
            for query in queries:
                tree = expand_query(parse(query, now=NOW), tagger.catalogue)
                assert set(ids(index.search(SearchRequest(query=tree)))) >= wanted, (index.name, query)
    remove(elastic)
    embedded.close()


def _seed(path: Path, number: int, tagger: Tagger) -> Article:
    """The text as it lies, the first line of the first one its title."""
    lines = [" ".join(line.split()) for line in path.read_text("utf-8").split("\n") if line.strip()]
    title = lines.pop(0) if number == 0 else ""
    cleaned = Cleaned(title=title, paragraphs=tuple(map(Paragraph, lines)))
    known = article(f"seed{number}", title, "")
    return replace(known, paragraphs=cleaned.paragraphs, mentions=tagger.tag(cleaned).mentions)


# --- what is special to each -------------------------------------------------------------------------------------


def _write(path: Path, first: int) -> None:
    index = EmbeddedIndex(path, analyzer())
    for number in range(first, first + 20):
        (verdict,) = index.put([article(f"n{number % 30}", updated_at=NOW + timedelta(seconds=number))])
        assert verdict.result in {"stored", "older"}
    index.close()


def test_several_processes_write_the_embedded_index(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(path, first)) for first in (0, 10, 20, 30)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0, 0, 0, 0]
    index = EmbeddedIndex(path, analyzer())
    assert index.stats()["articles"] == 30
    assert ask(index, "موسكو").total == 30
    newest = index.get("n19")
    assert newest is not None
    assert newest.updated_at == NOW + timedelta(seconds=49)
    index.close()


def test_elasticsearch_that_is_away_means_wait(unique_name: str) -> None:
    index = elastic_index("http://127.0.0.1:9", unique_name, small_analyzer())
    (verdict,) = index.put([article()])
    assert verdict.result == "wait"
    assert "does not answer" in verdict.reason
    with pytest.raises(Retry):
        ask(index, "موسكو")
    assert index.stats()["healthy"] is False
    index.close()


def test_elasticsearch_without_the_index_says_what_to_run(elasticsearch_url: str, unique_name: str) -> None:
    index = elastic_index(elasticsearch_url, unique_name, small_analyzer())
    with pytest.raises(UserError, match="rasid index init"):
        index.put([article()])
    index.close()


def test_one_article_that_elasticsearch_refuses_does_not_hold_up_the_others(
    elasticsearch_url: str, unique_name: str
) -> None:
    index = elastic_index(elasticsearch_url, unique_name, small_analyzer())
    index.init()
    far = article("bad", updated_at=datetime(1960, 1, 1, tzinfo=UTC))  # a negative version
    verdicts = index.put([article("a"), far, article("b")])
    assert [v.result for v in verdicts] == ["stored", "rejected", "stored"]
    assert verdicts[1].reason
    remove(index)


def test_an_alias_that_is_gone_is_never_made_into_an_index(elasticsearch_url: str, unique_name: str) -> None:
    index = elastic_index(elasticsearch_url, unique_name, small_analyzer())
    index.init()
    index.check()
    index.client.indices.delete_alias(index=index.names.version(1), name=index.names.write)
    (verdict,) = index.put([article()])
    assert verdict.result == "wait"
    assert not index.client.indices.exists(index=index.names.write)
    remove(index)


def test_fields_that_a_newer_rasid_writes_are_added_to_an_index_in_use(
    elasticsearch_url: str, unique_name: str
) -> None:
    index = elastic_index(elasticsearch_url, unique_name, small_analyzer())
    whole = index.body()
    old = {name: how for name, how in whole["mappings"]["properties"].items() if name != "deleted"}
    index.body = lambda: {**whole, "mappings": {**whole["mappings"], "properties": old}}
    fields, index.fields = index.fields, dict
    try:
        index.init()
        assert [verdict.result for verdict in index.put([FULL])] == ["rejected"]  # the mapping is strict
        index.fields = fields
        assert index.init() == [f"added the fields deleted to {unique_name}-v1"]
        assert [verdict.result for verdict in index.put([FULL])] == ["stored"]
        assert index.get("full") == FULL
        assert index.init() == []
    finally:
        remove(index)


def test_a_stream_is_stored_in_batches_with_a_verdict_each(
    elasticsearch_url: str, unique_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = elastic_index(elasticsearch_url, unique_name, small_analyzer())
    monkeypatch.setattr(bulk, "MAX_ITEMS", 3)
    monkeypatch.setattr(bulk, "WORTH_PACKING", 10)
    try:
        index.init()
        verdicts = [*index.stream(iter(SAMPLES)), *index.stream(iter(SAMPLES))]
        assert [(verdict.id, verdict.result) for verdict in verdicts] == [(a.id, "stored") for a in SAMPLES * 2]
        index.refresh()
        assert index.counts([parse("*", now=NOW), parse("الصين", now=NOW), parse("لاشيء", now=NOW)]) == [7, 2, 0]
    finally:
        remove(index)
