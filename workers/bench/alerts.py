"""`rasid bench alerts`: what matching costs from 10 to 10,000 rules, and whether Elasticsearch finds the same."""

from __future__ import annotations

import gc
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import click

from workers.alert.filter import Compiled
from workers.alert.matcher import Matcher
from workers.arabic.analysis import Analyzer
from workers.bench.agree import both_indexes
from workers.bench.corpus import corpus_articles
from workers.bench.queries import QueryMaker
from workers.cli.output import console, json_option, print_json
from workers.index.elastic import ElasticIndex
from workers.model import AlertRule, Article
from workers.search.cover import matches_everything
from workers.search.elastic import matching
from workers.search.tree import Query, Range, walk
from workers.settings import settings
from workers.store.embedded import EmbeddedIndex
from workers.tag import Tagger

SIZES = (10, 100, 1_000, 10_000)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--articles", default=2000, show_default=True, type=click.IntRange(100))
@click.option("--rules", default=10_000, show_default=True, type=click.IntRange(10))
@click.option("--compare", is_flag=True, help="Also ask Elasticsearch (RASID_ELASTICSEARCH_URL) every rule.")
@click.option("--seed", default=1, show_default=True)
@json_option
def command(file: Path, *, articles: int, rules: int, compare: bool, seed: int, as_json: bool) -> None:
    """Match articles against generated rules; times are CPU time of one core, batches are of 100 articles.

    \b
    Examples:
      rasid bench alerts articles_text.jsonl.gz
      RASID_ELASTICSEARCH_URL=http://127.0.0.1:9200 rasid bench alerts articles_text.jsonl.gz --compare
    """
    config = settings()
    tagger = Tagger.load(config.config_dir, config.tag)
    found = list(corpus_articles(file, limit=articles, tagger=tagger))
    analyzer = Analyzer.load(config.config_dir)
    broad = generated_rules(found, 3 * rules, Random(seed))  # noqa: S311 - a repeatable choice, no secret
    made = selective(broad, found[:200], analyzer)[:rules]
    sizes = [size for size in SIZES if size < len(made)] + [len(made)]
    result: dict[str, Any] = {"articles": len(found), "curve": [_measure(made[:n], found, analyzer) for n in sizes]}
    if compare:
        with both_indexes(config, found) as (_, elastic, __):
            differ = differences(Matcher(broad[:rules], analyzer), found, elastic)
            rows = [_batch(made[:size], found[:100], analyzer, elastic) for size in sizes]
        result["elasticsearch"] = {"rules": rules, "agree": rules - len(differ), "differ": differ, "batch": rows}
    if as_json:
        print_json(result)
    else:
        _print(result)


def generated_rules(articles: Sequence[Article], number: int, chance: Random) -> list[AlertRule]:
    """Rules from the words of `articles`: words, phrases, NEAR, prefixes, fuzzy words, fields, AND, OR, NOT."""
    maker = QueryMaker(articles, chance)
    rules: list[AlertRule] = []
    while len(rules) < number:
        tree = maker.query()
        if not matches_everything(tree) and _has_words(tree):
            rules.append(AlertRule(id=f"r{len(rules)}", query=str(tree), channels=("desk",)))
    return rules


def selective(rules: list[AlertRule], articles: Sequence[Article], analyzer: Analyzer) -> list[AlertRule]:
    """Without the rules that more than one article in a hundred meets: nobody wants to be told so often."""
    matcher = Matcher(rules, analyzer)
    met: Counter[str] = Counter()
    for article in articles:
        met.update(compiled.rule.id for compiled in matcher.meets(matcher.words(article)))
    return [rule for rule in rules if rule.id in matcher.compiled and met[rule.id] * 100 <= len(articles)]


def _has_words(tree: Query) -> bool:
    return any(not isinstance(node, Range) for node in walk(tree))


def _measure(rules: list[AlertRule], articles: list[Article], analyzer: Analyzer) -> dict[str, Any]:
    gc.collect()
    began = time.process_time()
    matcher = Matcher(rules, analyzer)
    compiling = time.process_time() - began
    for article in articles[:200]:  # words seen before are the rule in a worker that runs for days
        matcher.meets(matcher.words(article))
    analysing, judging, candidates, matches = 0.0, 0.0, 0, 0
    for article in articles:
        began = time.process_time()
        words = matcher.words(article)
        _ = words.stem, words.exact, words.keywords, words.names_stem
        middle = time.process_time()
        matches += len(matcher.meets(words))
        judging += time.process_time() - middle
        analysing += middle - began
        candidates += matcher.candidates(words)
    number = len(articles)
    return {
        "rules": len(rules),
        "compile_s": round(compiling, 2),
        "analysis_ms": round(analysing / number * 1000, 3),
        "match_ms": round(judging / number * 1000, 3),
        "articles_s_match": round(number / judging),
        "articles_s_all": round(number / (judging + analysing)),
        "candidates": round(candidates / number, 1),
        "matches": round(matches / number, 2),
    }


# --- beside Elasticsearch ----------------------------------------------------------------------------------------


def _batch(
    rules: list[AlertRule], articles: list[Article], analyzer: Analyzer, elastic: ElasticIndex
) -> dict[str, Any]:
    """One batch of new articles, asked of the index by rule and of the matcher: wall-clock ms."""
    matcher = Matcher(rules, analyzer)
    compiled = list(matcher.compiled.values())
    return {
        "rules": len(rules),
        "msearch_ms": round(_timed(lambda: _msearch(compiled, articles, elastic))),
        "in_process_ms": round(_timed(lambda: _match(matcher, articles))),
    }


def differences(
    matcher: Matcher, articles: Sequence[Article], index: ElasticIndex | EmbeddedIndex
) -> list[dict[str, Any]]:
    """The rules whose articles in the index are not those that `matcher` found."""
    found: dict[str, set[str]] = {rule: set() for rule in matcher.compiled}
    for article in articles:
        for compiled in matcher.meets(matcher.words(article)):
            found[compiled.rule.id].add(article.id)
    return [
        {"query": compiled.rule.query, "only_matcher": len(mine - theirs), "only_index": len(theirs - mine)}
        for rule, mine in found.items()
        if (theirs := index.matching((compiled := matcher.compiled[rule]).query)) != mine
    ]


def _timed(work: Callable[[], object]) -> float:
    """The best of three, in wall-clock ms: the server's work does not show in this process."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times) * 1000


def _match(matcher: Matcher, articles: Sequence[Article]) -> None:
    for article in articles:
        matcher.meets(matcher.words(article))


def _msearch(rules: Sequence[Compiled], articles: Sequence[Article], elastic: ElasticIndex) -> None:
    """Ask for the new articles' ids by every rule, 500 rules a request."""
    ids = {"ids": {"values": [article.id for article in articles]}}
    for part in _parts(rules, 500):
        lines: list[Any] = []
        for compiled in part:
            lines += [
                {},
                {"query": {"bool": {"filter": [ids, matching(compiled.query)]}}, "_source": False, "size": 100},
            ]
        body = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n"
        elastic.client.perform_request(
            "POST",
            f"/{elastic.names.read}/_msearch?filter_path=responses.hits.hits._id",
            headers={"content-type": "application/x-ndjson", "accept": "application/json"},
            body=body.encode(),
        )


def _parts(rules: Sequence[Compiled], size: int) -> Iterator[Sequence[Compiled]]:
    return (rules[start : start + size] for start in range(0, len(rules), size))


def _print(result: dict[str, Any]) -> None:
    out = console()
    out.print(f"{result['articles']} articles; CPU time of one core", style="bold")
    for row in result["curve"]:
        out.print("  ".join(f"{name} {value}" for name, value in row.items()))
    if beside := result.get("elasticsearch"):
        out.print(f"\nElasticsearch finds the same for {beside['agree']} of {beside['rules']} rules", style="bold")
        for row in beside["batch"]:
            out.print("  ".join(f"{name} {value}" for name, value in row.items()))
        for row in beside["differ"][:20]:
            out.print(str(row))
