"""A resolved tree as an Elasticsearch query. Pure: takes a tree, gives JSON.

No query here analyses text (`match_phrase` gets the whitespace analyzer and terms that hold no space), because the
terms come from `resolve`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from workers.search.ranking import Ranking, as_typed, ranked_fields, together
from workers.search.tree import (
    And,
    Boost,
    Close,
    Form,
    Keyword,
    MatchAll,
    Not,
    Nothing,
    Or,
    Query,
    Range,
    Sequence,
    StartsWith,
    Window,
)

Json = dict[str, Any]

FUZZY_EXPANSIONS = 1024
"""Elasticsearch's default of 50 would drop words that the other evaluators find."""
TIE = 0.3
"""What the other fields, and the other spellings of a name, add to the best one's score."""


def millis(at: datetime) -> int:
    """Milliseconds since 1970, the resolution of the index; later digits are cut."""
    return int(at.timestamp() * 1000 // 1)


def matching(query: Query) -> Json:
    """What finds: a query whose scores mean nothing."""
    return _Builder(None).node(query)


def ranked(query: Query, ranking: Ranking, *, now: datetime) -> Json:
    """What finds and puts in order: fields, words as typed, words standing together, freshness."""
    found, better = _Builder(ranking).node(query), [_Builder(ranking).words(typed) for typed in as_typed(query)]
    if (close := together(query, ranking)) is not None:
        better.append({"constant_score": {"filter": _Builder(None).node(close), "boost": ranking.proximity}})
    if better:
        found = {"bool": {"must": [found], "should": better}}
    decay = {"origin": millis(now), "scale": f"{int(ranking.half_life)}s", "decay": 0.5}
    functions = [{"weight": 1}, {"exp": {"date": decay}, "weight": ranking.freshness}]
    return {"function_score": {"query": found, "functions": functions, "score_mode": "sum", "boost_mode": "multiply"}}


class _Builder:
    def __init__(self, ranking: Ranking | None) -> None:
        self.ranking = ranking

    def node(self, query: Query) -> Json:
        match query:
            case And(parts):
                must = [self.node(part) for part in parts if not isinstance(part, Not)]
                never = [self.node(part.part) for part in parts if isinstance(part, Not)]
                return {"bool": {"must": must or [{"match_all": {}}], "must_not": never}}
            case Or(parts) if self.ranking is not None:
                return {"dis_max": {"queries": [self.node(part) for part in parts], "tie_breaker": TIE}}
            case Or(parts):
                return {"bool": {"should": [self.node(part) for part in parts], "minimum_should_match": 1}}
            case Not(part):
                return {"bool": {"must": [{"match_all": {}}], "must_not": [self.node(part)]}}
            case Boost(part, factor):
                return {"bool": {"must": [self.node(part)], "boost": factor}}
            case _:
                return self.leaf(query)

    def leaf(self, query: Query) -> Json:
        match query:
            case MatchAll():
                return {"match_all": {}}
            case Nothing():
                return {"match_none": {}}
            case Keyword(field, ()):
                return {"constant_score": {"filter": {"exists": {"field": field}}, "boost": 0}}
            case Keyword(field, values):
                return {"constant_score": {"filter": {"terms": {field: list(values)}}, "boost": 0}}
            case Range(field, low, high):
                bounds: Json = {"format": "epoch_millis"}
                bounds |= {} if low is None else {"gte": millis(low)}
                bounds |= {} if high is None else {"lt": millis(high)}
                return {"constant_score": {"filter": {"range": {field: bounds}}, "boost": 0}}
            case _:
                return self.words(query)

    def words(self, query: Query) -> Json:
        match query:
            case Sequence(fields, form, terms):
                return self.best(fields, form, lambda name: _sequence(name, terms))
            case Window(fields, form, parts, distance, ordered):
                return self.best(fields, form, lambda name: _window(name, parts, distance, ordered=ordered))
            case StartsWith(fields, form, prefix):
                return self.best(fields, form, lambda name: {"prefix": {name: {"value": prefix}}})
            case Close(fields, form, term, distance):
                fuzzy = {"value": term, "fuzziness": distance, "max_expansions": FUZZY_EXPANSIONS}
                return self.best(fields, form, lambda name: {"fuzzy": {name: {**fuzzy, "transpositions": True}}})
            case _:
                raise TypeError(f"{type(query).__name__} is not resolved")

    def best(self, fields: tuple[str, ...], form: Form, make: Any) -> Json:
        """The best field's score and a share of the others'; without ranking, any field."""
        if self.ranking is None:
            inner = [make(_name(field, form)) for field in fields]
            return inner[0] if len(inner) == 1 else {"bool": {"should": inner, "minimum_should_match": 1}}
        weighted = []
        for field in ranked_fields(fields) if form == "stem" else fields:
            weight = self.ranking.weight(field)
            weighted.append({"bool": {"must": [make(_name(field, form))], "boost": weight}})
        return {"dis_max": {"queries": weighted, "tie_breaker": TIE}}


def _name(field: str, form: Form) -> str:
    return field if form == "stem" else f"{field}.exact"


def _sequence(name: str, terms: tuple[tuple[str, int], ...]) -> Json:
    if len(terms) == 1:
        return {"term": {name: {"value": terms[0][0]}}}
    if all(offset == place for place, (_, offset) in enumerate(terms)):
        return {"match_phrase": {name: {"query": " ".join(term for term, _ in terms), "analyzer": "whitespace"}}}
    return _span(name, terms)


def _span(name: str, terms: tuple[tuple[str, int], ...]) -> Json:
    """Terms with the stop words' places between them."""
    if len(terms) == 1:
        return {"span_term": {name: terms[0][0]}}
    clauses: list[Json] = []
    end = 0
    for term, offset in terms:
        if offset > end:
            clauses.append({"span_gap": {name: offset - end}})
        clauses.append({"span_term": {name: term}})
        end = offset + 1
    return {"span_near": {"clauses": clauses, "slop": 0, "in_order": True}}


def _window(name: str, parts: tuple[Sequence, ...], distance: int, *, ordered: bool) -> Json:
    clauses = [_span(name, part.terms) for part in parts]
    return {"span_near": {"clauses": clauses, "slop": distance, "in_order": ordered}}
