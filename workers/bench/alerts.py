"""`rasid bench alerts`: what matching costs from 10 to 10,000 rules, and whether Elasticsearch finds the same."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import click
import psutil

from workers.alert.matcher import Matcher
from workers.arabic.analysis import Analyzer
from workers.bench import synthetic
from workers.bench.agree import both_indexes
from workers.bench.alerts_compare import PUBLISHED, batch, differences, pattern_differences
from workers.bench.corpus import corpus_articles
from workers.bench.queries import QueryMaker
from workers.cli.output import console, json_option, print_json
from workers.memory import settle
from workers.model import AlertRule, Article
from workers.search.cover import WORD_KINDS, matches_everything
from workers.search.tree import Query, Range, walk
from workers.settings import settings
from workers.tag import Tagger

SIZES = (10, 100, 1_000, 10_000)
PATTERNS = 300
WORDS = 90
"""Of a paragraph of `--texts`; an article has three."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--articles", default=2000, show_default=True, type=click.IntRange(100))
@click.option("--seen", default=2000, show_default=True, type=click.IntRange(0), help="Articles matched before.")
@click.option("--texts", type=click.Path(path_type=Path), help="Further texts matched before (corpus_2018.txt.gz).")
@click.option("--rules", default=10_000, show_default=True, type=click.IntRange(10))
@click.option("--compare", is_flag=True, help="Also ask Elasticsearch (RASID_ELASTICSEARCH_URL).")
@click.option("--compared", default=3000, show_default=True, type=click.IntRange(1), help="Rules whose answers are.")
@click.option("--seed", default=1, show_default=True)
@json_option
def command(
    file: Path,
    *,
    articles: int,
    seen: int,
    texts: Path | None,
    rules: int,
    compare: bool,
    compared: int,
    seed: int,
    as_json: bool,
) -> None:
    """Match articles against generated rules; times are CPU time of one core, batches are of 100 articles.

    What is measured comes after --seen other articles of FILE, and after --texts: a worker lives for months, and looks
    at each word once.

    \b
    Examples:
      rasid bench alerts articles_text.jsonl.gz
      rasid bench alerts articles_text.jsonl.gz --articles 1000 --seen 3000 --texts corpus_2018.txt.gz
      RASID_ELASTICSEARCH_URL=http://127.0.0.1:9200 rasid bench alerts articles_text.jsonl.gz --compare
    """
    config = settings()
    tagger = Tagger.load(config.config_dir, config.tag)
    read = list(corpus_articles(file, limit=articles + seen, tagger=tagger))
    found, before = read[:articles], read[articles:]
    if texts is not None:
        before = [*synthetic.articles(texts, len(synthetic.pieces(texts, WORDS)) // 3, words=WORDS), *before]
    analyzer = Analyzer.load(config.config_dir)
    broad = generated_rules(found, 3 * rules, Random(seed))  # noqa: S311 - a repeatable choice, no secret
    made = selective(broad, found[:200], analyzer)[:rules]
    sizes = [size for size in SIZES if size < len(made)] + [len(made)]
    curve = [_measure(made[:n], found, before, analyzer) for n in sizes]
    result: dict[str, Any] = {"articles": len(found), "seen": len(before), "curve": curve}
    if compare:
        matcher = Matcher(broad[:compared], analyzer, tagger.catalogue)
        with both_indexes(config, found) as (_, elastic, __):
            patterns = pattern_differences(found, PATTERNS, Random(seed), analyzer, elastic)  # noqa: S311
            differ = differences(matcher, found, elastic)
            rows = [
                batch(made[:size], found[:100], analyzer, elastic, rounds=3 if size < 5000 else 1) for size in sizes
            ]
        result["elasticsearch"] = {
            "rules": len(matcher.compiled),
            "agree": len(matcher.compiled) - len(differ),
            "differ": differ,
            "patterns": PATTERNS,
            "patterns_agree": PATTERNS - len(patterns),
            "patterns_differ": patterns,
            "batch": rows,
            "published": list(PUBLISHED),
        }
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


def _measure(
    rules: list[AlertRule], articles: list[Article], seen: list[Article], analyzer: Analyzer
) -> dict[str, Any]:
    gc.collect()
    before = _memory()
    began = time.process_time()
    matcher = Matcher(rules, analyzer)
    compiling = time.process_time() - began
    settle()  # as a worker does (`alert.live`)
    for article in seen:
        matcher.meets(matcher.words(article))
    analysing, judging, candidates, matches = 0.0, 0.0, 0, 0
    for article in articles:
        began = time.process_time()
        words = matcher.words(article)
        _ = words.keywords, [words.sets[kind] for kind in WORD_KINDS]
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
        "rules_mb": round(_memory() - before, 1),
    }


def _memory() -> float:
    """What this process holds, MB."""
    return float(psutil.Process().memory_info().rss) / 1e6


def _print(result: dict[str, Any]) -> None:
    out = console()
    out.print(f"{result['articles']} articles after {result['seen']} others; CPU time of one core", style="bold")
    for row in result["curve"]:
        out.print("  ".join(f"{name} {value}" for name, value in row.items()))
    if beside := result.get("elasticsearch"):
        out.print(f"\nElasticsearch finds the same for {beside['agree']} of {beside['rules']} rules", style="bold")
        out.print(f"and for {beside['patterns_agree']} of {beside['patterns']} patterns of one word")
        out.print("a batch of 100 new articles, wall clock:")
        for row in [*beside["batch"], *beside["differ"][:20], *beside["patterns_differ"][:20]]:
            out.print("  ".join(f"{name} {value}" for name, value in row.items()))
        for line in beside["published"]:
            out.print(f"published: {line}", style="dim")
