"""`rasid bench bulk`: the rate of indexing beside that of posting the same bytes with nothing else done."""

from __future__ import annotations

import gzip
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import click
import urllib3

from workers.arabic.analysis import Analyzer
from workers.bench.synthetic import articles
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.index import open_elastic
from workers.index.bulk import batches, body_of
from workers.index.elastic import ElasticIndex
from workers.model import Article
from workers.settings import Settings, settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--articles", "number", default=4000, show_default=True, type=click.IntRange(1000))
@click.option("--words", default=90, show_default=True, help="Words of a paragraph; an article has three.")
@click.option("--rounds", default=5, show_default=True, help="Each posts every article twice: bare, and through Rasid.")
@json_option
def command(file: Path, *, number: int, words: int, rounds: int, as_json: bool) -> None:
    """Index articles made of FILE's texts, in turn with bare posts of the same bytes to an index of the same kind.

    Bare: bodies serialised and packed beforehand, sent one after the other over one kept connection, the answer read.
    Rasid: from Article objects to verdicts. Each round's order is the other way round; indexes are removed afterwards.
    Figures are medians of the rounds: a busy machine spoils some of them.

    \b
    Example:
      RASID_ELASTICSEARCH_URL=http://127.0.0.1:9200 rasid bench bulk corpus_2018.txt.gz
    """
    config = settings()
    if not config.elasticsearch.url:
        raise UserError(Fault("RASID_ELASTICSEARCH_URL", "is not set", "this measures a real Elasticsearch"))
    made = [*articles(file, number, words=words)]
    analyzer = Analyzer.load(config.config_dir)
    rows = [_round(config, analyzer, made, bare_first=turn % 2 == 0) for turn in range(rounds)]
    bare, own, cpu = (median(row[name] for row in rows) for name in ("bare_s", "rasid_s", "rasid_cpu_s"))
    result = {
        "articles": number,
        "bytes_an_article": rows[0]["bytes"] // number,
        "rounds": rows,
        "bare_articles_s": round(number / bare),
        "rasid_articles_s": round(number / own),
        "ratio": round(median(row["bare_s"] / row["rasid_s"] for row in rows), 3),
        "client_cpu_ms_an_article": round(cpu / number * 1000, 3),
    }
    if as_json:
        print_json(result)
    else:
        for name, value in result.items():
            console().print(f"{name:<25} {value}")


def _round(config: Settings, analyzer: Analyzer, made: list[Article], *, bare_first: bool) -> dict[str, Any]:
    """Both ways once, each into an empty index."""
    row: dict[str, Any] = {}
    for way in ("bare", "rasid") if bare_first else ("rasid", "bare"):
        own = config.elasticsearch.model_copy(update={"index": f"bench{uuid.uuid4().hex[:10]}"})
        index = open_elastic(config.model_copy(update={"elasticsearch": own}), analyzer)
        try:
            index.init()
            row |= _bare(str(own.url), index, made) if way == "bare" else _rasid(index, made)
        finally:
            index.client.options(request_timeout=180).indices.delete(
                master_timeout="150s", index=f"{own.index}-v1", ignore_unavailable=True
            )
            index.close()
    return row


def _bare(url: str, index: ElasticIndex, made: list[Article]) -> dict[str, Any]:
    """Nothing but the posts: wall-clock seconds, and the bytes before packing."""
    plain = [body_of(batch) for batch in batches(made, index.clock)]
    packed = [gzip.compress(body, 1) for body in plain]
    headers = {"content-type": "application/x-ndjson", "content-encoding": "gzip"}
    target = f"{url.rstrip('/')}/{index.names.write}/_bulk?require_alias=true&filter_path=items.*.status"
    pool = urllib3.PoolManager(maxsize=1)
    began = time.perf_counter()
    for body in packed:
        answer = pool.request("POST", target, body=body, headers=headers)
        if answer.status != 200:
            raise UserError(Fault(url, f"answered {answer.status}: {answer.data[:200]!r}"))
    return {"bare_s": round(time.perf_counter() - began, 2), "bytes": sum(map(len, plain))}


def _rasid(index: ElasticIndex, made: list[Article]) -> dict[str, Any]:
    index.check()
    began, cpu = time.perf_counter(), time.process_time()
    failed = [verdict for verdict in index.stream(_each(made)) if verdict.result != "stored"]
    if failed:
        raise UserError(Fault("index", f"refused {failed[0].id}", failed[0].reason))
    seconds, worked = time.perf_counter() - began, time.process_time() - cpu
    return {"rasid_s": round(seconds, 2), "rasid_cpu_s": round(worked, 2)}


def _each(made: list[Article]) -> Iterator[Article]:
    yield from made
