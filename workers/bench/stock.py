"""What Rasid's search is measured against: Elasticsearch's `arabic` analyzer and FTS5's `unicode61`, as they come."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from elasticsearch import Elasticsearch

from workers.model import Article
from workers.search.elastic import millis
from workers.search.tree import And, Exact, Fuzzy, Keyword, Near, Not, Or, Phrase, Prefix, Query, Range, Word

Json = dict[str, Any]
FIELDS = ["title^4", "body"]
COLUMNS = {"title", "body"}
"""Other fields, such as the names that tagging finds, are asked of both: an index as it comes has no tagging."""


class StockElasticsearch:
    """Title and body in the `arabic` analyzer; every query made of `multi_match`."""

    name = "arabic analyzer"

    def __init__(self, client: Elasticsearch, index: str, articles: Sequence[Article]) -> None:
        self.client = client
        self.index = index
        text, keyword = {"type": "text", "analyzer": "arabic"}, {"type": "keyword"}
        fields = {"title": text, "body": text, "outlet": keyword, "date": {"type": "date", "format": "epoch_millis"}}
        client.indices.create(
            index=index, mappings={"properties": fields}, settings={"number_of_shards": 1, "number_of_replicas": 0}
        )
        for start in range(0, len(articles), 500):
            lines: list[Json] = []
            for article in articles[start : start + 500]:
                lines += [{"index": {"_id": article.id}}, _row(article)]
            client.bulk(index=index, operations=lines)
        client.indices.refresh(index=index)

    def find(self, query: Query) -> list[str]:
        """Every id, best first."""
        answer = self.client.search(index=self.index, query=_json(query), size=10_000, source=False)
        return [hit["_id"] for hit in answer["hits"]["hits"]]

    def close(self) -> None:
        """Remove the index."""
        self.client.indices.delete(index=self.index)


def _row(article: Article) -> Json:
    date = millis(article.published or article.first_seen_at)
    return {"title": article.title, "body": article.body, "outlet": article.outlet, "date": date}


def _json(query: Query) -> Json:  # noqa: PLR0911 - one return a kind of node
    match query:
        case And(parts):
            return {"bool": {"must": [_json(part) for part in parts]}}
        case Or(parts):
            return {"bool": {"should": [_json(part) for part in parts]}}
        case Not(part):
            return {"bool": {"must_not": [_json(part)]}}
        case Keyword(field, values):
            return {"terms": {field: list(values)}}
        case Range(_, low, high):
            bounds = {} if low is None else {"gte": millis(low)}
            return {"range": {"date": bounds | ({} if high is None else {"lt": millis(high)})}}
        case Near(parts, distance):
            text = " ".join(getattr(part, "text", "") for part in parts)
            return {"multi_match": {"query": text, "fields": FIELDS, "type": "phrase", "slop": distance}}
        case _:
            return {"multi_match": {"fields": FIELDS, **_match(query)}}


def _match(query: Query) -> Json:
    match query:
        case Phrase(text, slop, field):
            return {"query": text, "type": "phrase", "slop": slop, **_only(field)}
        case Prefix(text, field):
            return {"query": text, "type": "phrase_prefix", **_only(field)}
        case Fuzzy(text, distance, field):
            return {"query": text, "fuzziness": distance, **_only(field)}
        case Word(text, field) | Exact(text, field):
            return {"query": text, "operator": "and", **_only(field)}
        case _:
            raise TypeError(f"the stock index has no {type(query).__name__}")


def _only(field: str | None) -> Json:
    return {"fields": [field]} if field in COLUMNS else {}


class StockSqlite:
    """Title and body in FTS5's default tokenizer."""

    name = "FTS5 unicode61"

    def __init__(self, articles: Sequence[Article]) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute(
            "CREATE VIRTUAL TABLE a USING fts5(title, body, id UNINDEXED, outlet UNINDEXED, date UNINDEXED)"
        )
        rows = [(a.title, a.body, a.id, a.outlet, millis(a.published or a.first_seen_at)) for a in articles]
        self.connection.executemany("INSERT INTO a VALUES (?, ?, ?, ?, ?)", rows)

    def find(self, query: Query) -> list[str]:
        """Every id, best first."""
        words, filters = _split(query)
        sql = " AND ".join(["SELECT id FROM a WHERE a MATCH ?", *(text for text, _ in filters)])
        values = [value for _, given in filters for value in given]
        return [row[0] for row in self.connection.execute(sql + " ORDER BY bm25(a, 4, 1)", [words, *values])]

    def close(self) -> None:
        """Forget the table."""
        self.connection.close()


def _split(query: Query) -> tuple[str, list[tuple[str, list[Any]]]]:
    """The MATCH, and conditions on columns that stand beside it."""
    parts = query.parts if isinstance(query, And) else (query,)
    filters = [found for part in parts if (found := _filter(part)) is not None]
    words = [part for part in parts if _filter(part) is None]
    text = " AND ".join(_fts(part) for part in words if not isinstance(part, Not))
    for part in words:
        text = f"({text}) NOT {_fts(part.part)}" if isinstance(part, Not) else text
    return text, filters


def _filter(part: Query) -> tuple[str, list[Any]] | None:
    match part:
        case Keyword("outlet", values):
            return "outlet = ?", [values[0]]
        case Range(_, low, high):
            return "date >= ? AND date < ?", [millis(low) if low else 0, millis(high) if high else 1 << 60]
    return None


def _fts(query: Query) -> str:
    match query:
        case And(parts):
            return "(" + " AND ".join(map(_fts, parts)) + ")"
        case Or(parts):
            return "(" + " OR ".join(map(_fts, parts)) + ")"
        case Near(parts, distance):
            return "NEAR(" + " ".join(_quoted(getattr(part, "text", "")) for part in parts) + f", {distance})"
        case Phrase(text, slop, None) if slop:
            return "NEAR(" + " ".join(map(_quoted, text.split())) + f", {slop})"
        case Prefix(text, field):
            return f"{_column(field)}{_quoted(text)} *"
        case Word(text, field) | Exact(text, field) | Phrase(text, _, field) | Fuzzy(text, _, field):
            return _column(field) + _quoted(text)
        case _:
            raise TypeError(f"the stock index has no {type(query).__name__}")


def _column(field: str | None) -> str:
    return f"{field} : " if field in COLUMNS else ""


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
