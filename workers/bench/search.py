"""`rasid bench search`: recall, precision, F1 and nDCG on judged queries, beside indexes as they come."""

from __future__ import annotations

import math
import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import click
from rich.table import Table

from workers.bench.agree import both_indexes
from workers.bench.corpus import corpus_articles
from workers.bench.judged import Judged, read_judged
from workers.bench.stock import StockElasticsearch, StockSqlite
from workers.cli.output import console, json_option, print_json
from workers.index.elastic import ElasticIndex
from workers.model import Article
from workers.ports import ArticleIndex
from workers.search.parse import parse
from workers.search.service import SearchService
from workers.settings import Settings, settings
from workers.tag.tagger import Tagger

System = Callable[[str], list[str]]
"""A query as typed → every id it finds, best first."""
NOW = datetime(2019, 1, 1, tzinfo=UTC)
"""The corpus is of 2018: a reader at its end, so that freshness means something."""
KIBANA = "rasid, Kibana's bar"
"""Plain text as Kibana's Lucene mode sends it to our index, without our parser; asked what needs none."""
_OURS = re.compile(r"[:/~()*=؛،]| -|\b(?:AND|OR|NOT|NEAR|أو|و|ليس|قرب)\b")
MEASURES = ("recall", "precision", "f1", "ndcg")


@dataclass(frozen=True, slots=True)
class Score:
    """One query on one system."""

    kind: str
    query: str
    recall: float
    precision: float
    f1: float
    ndcg: float
    missed: tuple[str, ...]
    wrong: tuple[str, ...]


@click.command("search")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--corpus", required=True, type=click.Path(path_type=Path), help="articles_text.jsonl.gz")
@click.option("--only", help="Leave out the systems whose name does not contain this.")
@click.option("--worst", default=0, help="Show so many of Rasid's worst queries with ids missed and found wrongly.")
@json_option
def command(file: Path, *, corpus: Path, only: str | None, worst: int, as_json: bool) -> None:
    """Judge search by FILE: queries with rules or ids (config/bench/judged_queries.yaml shows both shapes).

    Needs RASID_ELASTICSEARCH_URL; makes indexes of its own there and removes them.

    \b
    Example:
      rasid bench search config/bench/judged_queries.yaml --corpus ../shared/data/articles_text.jsonl.gz
    """
    config = settings()
    tagger = Tagger.load(config.config_dir, config.tag)
    articles = [*corpus_articles(corpus, tagger=tagger)]
    judged = [query for query in read_judged(file, articles) if query.must]
    scores: dict[str, list[Score]] = {}
    with _systems(config, tagger, articles) as systems:
        for name, system in systems.items():
            if only is None or only in name:
                asked = [query for query in judged if name != KIBANA or not _OURS.search(query.query)]
                scores[name] = [score(query, system(query.query)) for query in asked]
    if as_json:
        print_json(_as_data(scores))
    else:
        _print(scores)
        for found in sorted(next(iter(scores.values())), key=lambda s: s.f1)[:worst]:
            missed, wrong = " ".join(found.missed[:5]), " ".join(found.wrong[:5])
            console().print(f"{found.f1:.2f} {found.kind} {found.query}  missed {missed}  wrong {wrong}")


@contextmanager
def _systems(config: Settings, tagger: Tagger, articles: Sequence[Article]) -> Iterator[Mapping[str, System]]:
    with both_indexes(config, articles) as (analyzer, elastic, embedded):
        stock = StockElasticsearch(elastic.client, f"bench{uuid.uuid4().hex[:10]}", articles)
        plain = StockSqlite(articles)
        services = {
            "rasid, elasticsearch": SearchService(elastic, analyzer, tagger.catalogue, config.search.few_hits),
            "rasid, embedded": SearchService(embedded, analyzer, tagger.catalogue, config.search.few_hits),
        }
        elastic.clock = embedded.clock = lambda: NOW
        try:
            yield {name: _asking(service) for name, service in services.items()} | {
                KIBANA: partial(_plain, elastic),
                stock.name: lambda text: stock.find(parse(text, now=NOW)),
                plain.name: lambda text: plain.find(parse(text, now=NOW)),
            }
        finally:
            stock.close()
            plain.close()


def _asking(service: SearchService) -> System:
    """Ids of all hits: the first ten in their order, then the rest."""

    def ask(text: str) -> list[str]:
        request = service.request(text, now=NOW, limit=10)
        found = service.meant(request)
        first = [hit.article.id for hit in service.index.search(found).hits]
        return [*first, *sorted(_all(service.index, found.query) - set(first))]

    return ask


def _plain(elastic: ElasticIndex, text: str) -> list[str]:
    query = {"query_string": {"query": text, "analyze_wildcard": True}}
    answer = elastic.client.search(index=elastic.names.read, query=query, size=10_000, source=False)
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def _all(index: ArticleIndex, query: Any) -> set[str]:
    found: set[str] = index.matching(query)  # type: ignore[attr-defined]
    return found


def score(judged: Judged, found: list[str]) -> Score:
    """Recall over what must be found; precision counts derived forms as right; nDCG of the first ten by grades."""
    ids = set(found)
    right = ids & judged.grades.keys()
    recall = len(ids & judged.must) / len(judged.must)
    precision = len(right) / len(ids) if ids else 0.0
    f1 = 2 * recall * precision / (recall + precision) if recall + precision else 0.0
    gained = _gain(judged.grades.get(id_, 0) for id_ in found[:10])
    ideal = _gain(sorted(judged.grades.values(), reverse=True)[:10])
    missed, wrong = sorted(judged.must - ids), sorted(ids - judged.grades.keys())
    return Score(judged.kind, judged.query, recall, precision, f1, gained / ideal, tuple(missed), tuple(wrong))


def _gain(grades: Iterable[int]) -> float:
    return sum(float(2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades))


def _means(scores: Sequence[Score]) -> dict[str, float]:
    return {name: round(fmean(getattr(score, name) for score in scores), 3) for name in MEASURES}


def _by_class(scores: Sequence[Score]) -> dict[str, list[Score]]:
    found: dict[str, list[Score]] = defaultdict(list)
    for one in scores:
        found[one.kind].append(one)
    return found


def _as_data(scores: Mapping[str, Sequence[Score]]) -> dict[str, Any]:
    return {
        name: {
            "queries": len(found),
            "all": _means(found),
            "classes": {kind: {"queries": len(some), **_means(some)} for kind, some in _by_class(found).items()},
        }
        for name, found in scores.items()
    }


def _print(scores: Mapping[str, Sequence[Score]]) -> None:
    table = Table(box=None)
    for title in ("class", "queries", "system", "recall", "precision", "F1", "nDCG@10"):
        table.add_column(title, justify="left" if title in {"class", "system"} else "right", no_wrap=True)
    classes = {name: {**_by_class(found), "all": list(found)} for name, found in scores.items()}
    for kind in next(iter(classes.values())):
        for place, (name, by) in enumerate((name, by) for name, by in classes.items() if by.get(kind)):
            values = [f"{value:.3f}" for value in _means(by[kind]).values()]
            table.add_row(kind if place == 0 else "", str(len(by[kind])) if place == 0 else "", name, *values)
    console().print(table)
