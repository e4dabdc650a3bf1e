"""The matcher beside Elasticsearch: whether both find the same, and what asking the index by rule would cost.

Answers are compared as sets of article ids, rule by rule. Patterns have no equal in an index: those that stay inside
one word are compared with Elasticsearch's `regexp` on the exact words, which is the nearest there is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from workers.alert.matcher import Matcher
from workers.arabic.analysis import Analyzer
from workers.index.elastic import ElasticIndex
from workers.model import AlertRule, Article
from workers.search.elastic import matching
from workers.search.tree import DEFAULT_FIELDS, Query
from workers.store.embedded import EmbeddedIndex

Json = dict[str, Any]

RULES_A_REQUEST = 500
PUBLISHED = (
    "Meltwater's percolator of 2014: ~1 article a second with 100,000 rules, ~1,000 with their batch fork and 225,000",
    "elastic/elasticsearch#25278: 227,906 alerts, 30 articles in 9.1 s (1.6) and 26.7 s (5.4) on 4 cores",
)
"""Percolation as others measured it (GitHub: MeltwaterArchive/elasticsearch-batch-percolator, issue of elastic)."""


def differences(matcher: Matcher, articles: Sequence[Article], index: ElasticIndex | EmbeddedIndex) -> list[Json]:
    """The rules whose articles in the index are not those that `matcher` found."""
    found = _by_rule(matcher, articles)
    rules = [matcher.compiled[rule] for rule in found]
    answers = _answers([matching(rule.query) for rule in rules], index) if isinstance(index, ElasticIndex) else None
    differ = []
    for number, rule in enumerate(rules):
        mine = found[rule.rule.id]
        theirs = answers[number] if answers is not None else index.matching(rule.query)
        if mine != theirs:
            counts = {"only_matcher": len(mine - theirs), "only_index": len(theirs - mine)}
            differ.append({"query": rule.rule.query, "resolved": str(rule.query), **counts})
    return differ


def _by_rule(matcher: Matcher, articles: Sequence[Article]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {rule: set() for rule in matcher.compiled}
    for article in articles:
        for compiled in matcher.meets(matcher.words(article)):
            found[compiled.rule.id].add(article.id)
    return found


def pattern_differences(
    articles: Sequence[Article], number: int, chance: Random, analyzer: Analyzer, index: ElasticIndex
) -> list[Json]:
    """Of `number` patterns of one word, those that Elasticsearch's `regexp` answers otherwise."""
    patterns = [_pattern(articles, chance, analyzer) for _ in range(number)]
    rules = [AlertRule(id=f"p{n}", query=f"/{ours}/") for n, (ours, _) in enumerate(patterns)]
    found = _by_rule(Matcher(rules, analyzer), articles)
    answers = _answers([_regexp(theirs) for _, theirs in patterns], index)
    return [
        {"query": rule.query, "only_matcher": len(mine - theirs), "only_index": len(theirs - mine)}
        for rule, theirs in zip(rules, answers, strict=True)
        if (mine := found[rule.id]) != theirs
    ]


def _pattern(articles: Sequence[Article], chance: Random, analyzer: Analyzer) -> tuple[str, str]:
    """A word of an article with one letter made a class, a dot or an option: ours, and Lucene's."""
    while True:
        words = [w for w in analyzer.exacts(chance.choice(articles).body) if w.isalpha() and len(w) > 3]
        if not words:
            continue
        word = chance.choice(words)
        at = chance.randrange(1, len(word) - 1)
        changed = chance.choice([f"[{word[at]}{chance.choice(word)}]", f"{word[at]}?", f"({word[at]}|{word[at + 1]})"])
        inner = word[:at] + changed + word[at + 1 :]
        return (rf"\b{inner}\w*", f"{inner}.*") if chance.random() < 0.3 else (rf"\b{inner}\b", inner)


def _regexp(pattern: str) -> Json:
    fields = [{"regexp": {f"{field}.exact": {"value": pattern, "flags": "NONE"}}} for field in DEFAULT_FIELDS]
    return {"bool": {"should": fields, "minimum_should_match": 1}}


# --- what it costs -----------------------------------------------------------------------------------------------


def batch(
    rules: list[AlertRule], articles: Sequence[Article], analyzer: Analyzer, index: ElasticIndex, *, rounds: int
) -> Json:
    """One batch of new articles, asked of the index by rule and of the matcher: wall-clock ms, the best of `rounds`."""
    matcher = Matcher(rules, analyzer)
    queries = [rule.query for rule in matcher.compiled.values()]
    asked = min(_timed(lambda: _ask(queries, articles, index)) for _ in range(rounds))
    matched = min(_timed(lambda: _by_rule(matcher, articles)) for _ in range(max(2, rounds)))
    return {
        "rules": len(rules),
        "msearch_ms": round(asked),
        "in_process_ms": round(matched),
        "ratio": round(asked / matched, 1),
    }


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _ask(queries: Sequence[Query], articles: Sequence[Article], index: ElasticIndex) -> None:
    """Ask for the new articles' ids by every rule."""
    ids = {"ids": {"values": [article.id for article in articles]}}
    _answers([{"bool": {"filter": [ids, matching(query)]}} for query in queries], index, size=len(articles))


def _answers(queries: Sequence[Json], index: ElasticIndex, *, size: int = 10_000) -> list[set[str]]:
    """The ids that each query finds."""
    found: list[set[str]] = []
    for part in _parts(queries, RULES_A_REQUEST):
        lines: list[Any] = []
        for query in part:
            lines += [{}, {"query": query, "_source": False, "size": size, "track_total_hits": False}]
        body = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n"
        answer = index.client.options(request_timeout=120).perform_request(
            "POST",
            f"/{index.names.read}/_msearch?filter_path=responses.hits.hits._id,responses.status",
            headers={"content-type": "application/x-ndjson", "accept": "application/json"},
            body=body.encode(),
        )
        responses = answer.body["responses"]
        found += [{hit["_id"] for hit in one.get("hits", {}).get("hits", ())} for one in responses]
    return found


def _parts(queries: Sequence[Json], size: int) -> Iterator[Sequence[Json]]:
    return (queries[start : start + size] for start in range(0, len(queries), size))
