"""`rasid bench latency`: how long a search takes on both indexes, beside the bare engine's query."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any

import click
import orjson
import urllib3

from workers.arabic.analysis import Analyzer
from workers.bench.queries import QueryMaker
from workers.bench.synthetic import START, articles
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.index import open_elastic
from workers.index.elastic import ElasticIndex
from workers.ports import SearchRequest
from workers.search.resolve import resolve
from workers.search.service import SearchService
from workers.search.tree import Prefix, Query, walk
from workers.settings import Settings, settings
from workers.store.embedded import EmbeddedIndex
from workers.tag.catalogue import Catalogue

Json = dict[str, Any]
KEPT = 4000
"""Articles that queries are made from."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--articles", "number", default=100_000, show_default=True, type=click.IntRange(1000))
@click.option("--words", default=30, show_default=True, help="Words of a paragraph; an article has three.")
@click.option("--queries", default=300, show_default=True, type=click.IntRange(100))
@click.option("--only", type=click.Choice(["elasticsearch", "embedded"]), help="One index alone.")
@json_option
def command(file: Path, *, number: int, words: int, queries: int, only: str | None, as_json: bool) -> None:
    """Ask words, phrases, NEAR and Boolean queries of indexes with so many articles made of FILE's texts.

    Three times are taken of each query, in milliseconds of wall clock: the bare engine (the same engine query,
    prepared beforehand, answer read as bytes or rows), the index (from the parsed query to articles with highlights),
    and the whole search (from the text: parsing, names, slips of the pen). One round before is not counted.

    \b
    Example:
      RASID_ELASTICSEARCH_URL=http://127.0.0.1:9200 rasid bench latency corpus_2018.txt.gz
    """
    config = settings()
    analyzer = Analyzer.load(config.config_dir)
    sample = [*islice(articles(file, number, words=words), KEPT)]
    maker = QueryMaker(sample, Random(1))  # noqa: S311 - a repeatable choice, no secret
    asked = [*islice(_typical(maker), queries)]
    result: Json = {"articles": number, "queries": len(asked)}
    for name, opened in (("elasticsearch", _elastic), ("embedded", _embedded)):
        if only in {None, name} and (name == "embedded" or config.elasticsearch.url):
            with opened(config, analyzer) as index:
                began = time.perf_counter()
                _fill(index, articles(file, number, words=words))
                filled = time.perf_counter() - began
                result[name] = {"filled_s": round(filled), **_measure(config, index, analyzer, asked)}
    if as_json:
        print_json(result)
        return
    console().print(f"{number} articles, {len(asked)} queries; ms")
    for name in ("elasticsearch", "embedded"):
        for row, values in result.get(name, {}).items():
            console().print(f"{name:<14} {row:<10} {values}")


def _typical(maker: QueryMaker) -> Iterator[Query]:
    """One Boolean level, as people ask. Without beginnings of words: the memory of slips would have nothing to do."""
    while True:
        query = maker.query(1)
        if not any(isinstance(node, Prefix) for node in walk(query)):
            yield query


@contextmanager
def _elastic(config: Settings, analyzer: Analyzer) -> Iterator[ElasticIndex]:
    own = config.elasticsearch.model_copy(update={"index": f"bench{uuid.uuid4().hex[:10]}"})
    index = open_elastic(config.model_copy(update={"elasticsearch": own}), analyzer)
    try:
        index.init()
        yield index
    finally:
        index.client.options(request_timeout=180).indices.delete(
            master_timeout="150s", index=f"{own.index}-v1", ignore_unavailable=True
        )
        index.close()


@contextmanager
def _embedded(config: Settings, analyzer: Analyzer) -> Iterator[EmbeddedIndex]:
    with tempfile.TemporaryDirectory() as folder:
        index = EmbeddedIndex(Path(folder) / "index.sqlite", analyzer, ranking=config.search.ranking())
        index.init()
        yield index
        index.close()


def _fill(index: ElasticIndex | EmbeddedIndex, made: Iterator[Any]) -> None:
    if isinstance(index, ElasticIndex):
        failed = [verdict for verdict in index.stream(made) if verdict.result != "stored"]
    else:
        failed = []
        while batch := [*islice(made, 1000)]:
            failed += [verdict for verdict in index.put(batch) if verdict.result != "stored"]
    if failed:
        raise UserError(Fault(index.name, f"refused {failed[0].id}", failed[0].reason))
    index.refresh()


def _measure(
    config: Settings, index: ElasticIndex | EmbeddedIndex, analyzer: Analyzer, asked: Sequence[Query]
) -> dict[str, dict[str, float]]:
    now = START + timedelta(days=70)
    index.clock = lambda: now
    service = SearchService(index, analyzer, Catalogue.load(config.config_dir / "entities"), config.search.few_hits)
    requests = [SearchRequest(query=query) for query in asked]
    bare = _bare_elastic(config, index) if isinstance(index, ElasticIndex) else _bare_embedded(index)
    ready = [bare(request) for request in requests]

    def whole(text: str) -> object:
        return service.search(service.request(text, now=now))

    ways: dict[str, list[Callable[[], object]]] = {
        "bare": ready,
        "index": [partial(index.search, request) for request in requests],
        "whole": [partial(whole, str(query)) for query in asked],
    }
    for works in ways.values():
        _times(works)
    return {name: _summary(_times(works)) for name, works in ways.items()}


def _times(works: Sequence[Callable[[], object]]) -> list[float]:
    found = []
    for work in works:
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return found


def _summary(times: list[float]) -> dict[str, float]:
    cuts = quantiles(times, n=100)
    return {"p50": round(cuts[49], 1), "p90": round(cuts[89], 1), "p99": round(cuts[98], 1)}


def _bare_elastic(config: Settings, index: ElasticIndex) -> Callable[[SearchRequest], Callable[[], object]]:
    pool = urllib3.PoolManager(maxsize=1)
    target = f"{str(config.elasticsearch.url).rstrip('/')}/{index.names.read}/_search"
    headers = {"content-type": "application/json"}

    def ready(request: SearchRequest) -> Callable[[], object]:
        body = orjson.dumps(index.search_body(resolve(request.query, index.analyzer), request))
        return lambda: pool.request("POST", target, body=body, headers=headers).data

    return ready


def _bare_embedded(index: EmbeddedIndex) -> Callable[[SearchRequest], Callable[[], object]]:
    return lambda request: lambda: index.engine(request)
