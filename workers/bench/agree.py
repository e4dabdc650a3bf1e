"""`rasid bench agree`: generated queries asked of Elasticsearch, SQLite and the in-process matcher."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import click

from workers.arabic.analysis import Analyzer
from workers.bench.corpus import corpus_articles
from workers.bench.queries import QueryMaker
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.index import open_elastic
from workers.index.elastic import ElasticIndex
from workers.model import Article
from workers.search.expand import expand_query
from workers.search.match import compile_query
from workers.search.resolve import resolve
from workers.search.tree import Query
from workers.search.words import Words
from workers.search.writings import written_otherwise
from workers.settings import Settings, settings
from workers.store.embedded import EmbeddedIndex
from workers.tag.catalogue import Catalogue
from workers.tag.tagger import Tagger

LOT = 200
"""Queries that Elasticsearch is asked at once."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A query whose answers are not the same, and how many ids only one evaluator found."""

    query: str
    resolved: str
    elasticsearch: int
    sqlite: int
    in_process: int | None


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--queries", default=5000, show_default=True, type=click.IntRange(1))
@click.option("--articles", default=4000, show_default=True, type=click.IntRange(1))
@click.option("--matched", default=1000, show_default=True, help="Articles that the in-process matcher is asked of.")
@click.option("--seed", default=1, show_default=True)
@json_option
def command(file: Path, *, queries: int, articles: int, matched: int, seed: int, as_json: bool) -> None:
    """Ask generated queries of all three evaluators; every difference is printed. Exit code 1 when there is one.

    Articles are tagged, and every second query is expanded as a reader's is: names with their other spellings and
    their entities, words with the other ways of writing them.

    \b
    RASID_ELASTICSEARCH_URL=http://127.0.0.1:9200 rasid bench agree articles_text.jsonl.gz
    """
    config = settings()
    began = time.monotonic()
    tagger = Tagger.load(config.config_dir, config.tag)
    found = [*corpus_articles(file, limit=articles, tagger=tagger)]
    with both_indexes(config, found) as (analyzer, elastic, embedded):
        maker = QueryMaker(found, Random(seed))  # noqa: S311 - a repeatable choice, no secret
        written = [maker.query() for _ in range(queries)]
        trees = [as_read(tree, tagger.catalogue) if n % 2 else tree for n, tree in enumerate(written)]
        differences, filled = compare(trees, found[:matched], analyzer, elastic, embedded)
    result = {
        "queries": queries,
        "with_other_spellings": sum(tree != as_typed for tree, as_typed in zip(trees, written, strict=True)),
        "articles": len(found),
        "matched_in_process": min(matched, len(found)),
        "with_hits": filled,
        "agree": queries - len(differences),
        "seconds": round(time.monotonic() - began, 1),
        "differences": [{name: getattr(d, name) for name in Difference.__slots__} for d in differences],
    }
    if as_json:
        print_json(result)
    else:
        for name, value in result.items():
            console().print(f"{name:<19} {value}")
    if differences:
        raise SystemExit(1)


def as_read(tree: Query, catalogue: Catalogue) -> Query:
    """A query as a reader's is asked: with other spellings and ways of writing."""
    return written_otherwise(expand_query(tree, catalogue))


def compare(
    trees: Sequence[Query],
    matched: Sequence[Article],
    analyzer: Analyzer,
    elastic: ElasticIndex,
    embedded: EmbeddedIndex,
) -> tuple[list[Difference], int]:
    """The differences, and how many queries found something. `matched`: articles that the matcher judges."""
    words = {article.id: Words(article, analyzer) for article in matched}
    differences, filled = [], 0
    for start in range(0, len(trees), LOT):
        lot = trees[start : start + LOT]
        resolved = [resolve(tree, analyzer) for tree in lot]
        for tree, query, one in zip(lot, resolved, elastic.matching_each(resolved), strict=True):
            two, holds = embedded.matching(query), compile_query(query)
            three = {id_ for id_, of in words.items() if holds(of)}
            filled += bool(one)
            if one != two or three != two & words.keys():
                wrong = len(three ^ (two & words.keys()))
                differences.append(Difference(str(tree), str(query), len(one - two), len(two - one), wrong))
    return differences, filled


@contextmanager
def both_indexes(
    config: Settings, articles: Sequence[Article]
) -> Iterator[tuple[Analyzer, ElasticIndex, EmbeddedIndex]]:
    """The articles in an Elasticsearch index of its own and in a file of its own, both removed afterwards."""
    if not config.elasticsearch.url:
        raise UserError(Fault("RASID_ELASTICSEARCH_URL", "is not set", "this compares with a real Elasticsearch"))
    analyzer = Analyzer.load(config.config_dir)
    own = config.elasticsearch.model_copy(update={"index": f"bench{uuid.uuid4().hex[:10]}"})
    elastic = open_elastic(config.model_copy(update={"elasticsearch": own}), analyzer)
    with tempfile.TemporaryDirectory() as folder:
        embedded = EmbeddedIndex(Path(folder) / "index.sqlite", analyzer, ranking=config.search.ranking())
        try:
            for index in (elastic, embedded):
                index.init()
                for start in range(0, len(articles), 500):
                    failed = [v for v in index.put(articles[start : start + 500]) if v.result != "stored"]
                    if failed:
                        raise UserError(Fault(index.name, f"refused {failed[0].id}", failed[0].reason))
                index.refresh()
            yield analyzer, elastic, embedded
        finally:
            elastic.client.indices.delete(index=f"{own.index}-v1", ignore_unavailable=True)
            elastic.close()
            embedded.close()
