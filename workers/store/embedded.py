"""The index without a server: SQLite FTS5 over words that `workers.arabic` has analysed, one file in the data folder.

Several processes may read and write it: the file is in WAL mode, a batch is one short transaction, and analysis is done
before it begins. Stop words leave placeholders, so that positions are those of Elasticsearch.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from workers.arabic.analysis import Analyzer
from workers.errors import Fault, UserError
from workers.index.document import article_of, document_of, keywords_of, texts_of
from workers.index.versions import version_of
from workers.model import Article
from workers.ports import Hit, Hits, NearWord, Scan, SearchRequest, Verdict
from workers.search.elastic import millis
from workers.search.ranking import LEDE, Ranking
from workers.search.request import filtered, highlights_of
from workers.search.resolve import resolve
from workers.search.sqlite import COLUMNS, SINGLE, Condition, Nearby, bm25_weights, condition, encode, rank_match
from workers.search.tree import DATE_FIELDS, Query
from workers.store import rows
from workers.store.places import checker, encoded
from workers.store.vocabulary import Vocabulary

SCHEMA = 1
BUSY = 30.0
"""Seconds that a writer waits for another one."""

_TABLES = f"""
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS articles (
  rowid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, url TEXT NOT NULL,
  canonical_url TEXT NOT NULL, {", ".join(f"{name} TEXT NOT NULL" for name in sorted(SINGLE - {"id"}))},
  {", ".join(f"{name} INTEGER" for name in DATE_FIELDS)}, indexed INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS articles_date ON articles (date);
CREATE INDEX IF NOT EXISTS articles_url ON articles (url);
CREATE INDEX IF NOT EXISTS articles_canonical_url ON articles (canonical_url);
CREATE INDEX IF NOT EXISTS articles_story ON articles (story);
CREATE TABLE IF NOT EXISTS documents (article INTEGER PRIMARY KEY, json BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS keywords (
  field TEXT NOT NULL, value TEXT NOT NULL, article INTEGER NOT NULL, PRIMARY KEY (field, value, article)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keywords_article ON keywords (article);
CREATE TABLE IF NOT EXISTS vocabulary (id INTEGER PRIMARY KEY, term TEXT NOT NULL UNIQUE);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5({", ".join(COLUMNS)}, tokenize = "ascii");
CREATE VIRTUAL TABLE IF NOT EXISTS words_by_column USING fts5vocab(words, col);
"""
_FACETS = {"day": "%Y-%m-%d", "month": "%Y-%m", "hour": "%Y-%m-%dT%H"}


class EmbeddedIndex:
    """`ports.ArticleIndex` in one SQLite file."""

    name = "embedded"

    def __init__(
        self,
        path: Path,
        analyzer: Analyzer,
        *,
        ranking: Ranking | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.path = path
        self.analyzer = analyzer
        self.ranking = ranking or Ranking()
        self.clock = clock
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._vocabulary = Vocabulary()

    # --- the file ------------------------------------------------------------------------------------------------

    def init(self) -> list[str]:
        new = not self.path.exists()
        self._connection()
        return [f"made {self.path.name}"] if new else []

    def _connection(self) -> sqlite3.Connection:
        """A connection of this thread and process; SQLite's do not survive a fork."""
        known: tuple[int, sqlite3.Connection] | None = getattr(self._local, "connection", None)
        if known is not None and known[0] == os.getpid():
            return known[1]
        made = self._open()
        self._local.connection = (os.getpid(), made)
        self._connections.append(made)
        return made

    def _open(self, *, check: bool = True) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        made = sqlite3.connect(self.path, timeout=BUSY, isolation_level=None, check_same_thread=False)
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("PRAGMA synchronous = NORMAL")
        with rows.transaction(made):
            for statement in _TABLES.split(";\n"):
                made.execute(statement)
            made.executemany(
                "INSERT OR IGNORE INTO meta VALUES (?, ?)", [("lexicon", self.analyzer.name), ("schema", str(SCHEMA))]
            )
        if check:
            self._check(dict(made.execute("SELECT key, value FROM meta")))
        return made

    def _check(self, meta: dict[str, str]) -> None:
        for key, wanted in (("lexicon", self.analyzer.name), ("schema", str(SCHEMA))):
            if meta.get(key) != wanted:
                problem = f"was made with {key} {meta.get(key)}, this Rasid has {wanted}"
                raise UserError(Fault(str(self.path), problem, "rasid index migrate makes it anew"))

    def reanalyse(self) -> int:
        """Write every article's words anew with this analysis, in one transaction; how many. Writers wait."""
        connection = self._open(check=False)
        try:
            with rows.transaction(connection):
                connection.execute("DELETE FROM words")
                connection.execute("DELETE FROM vocabulary")
                found = connection.execute("SELECT article, json FROM documents ORDER BY article").fetchall()
                for rowid, blob in found:
                    self._store_words(connection, rowid, self._prepare(article_of(rows.read(blob))))
                connection.execute("UPDATE meta SET value = ? WHERE key = 'lexicon'", (self.analyzer.name,))
        finally:
            connection.close()
        return len(found)

    # --- writing -------------------------------------------------------------------------------------------------

    def put(self, articles: Sequence[Article]) -> list[Verdict]:
        prepared = [self._prepare(article) for article in articles]
        try:
            connection = self._connection()
            with rows.transaction(connection):
                return [Verdict(one.id, self._store(connection, one)) for one in prepared]
        except sqlite3.OperationalError as error:  # locked, disk full
            return [Verdict(article.id, "wait", f"embedded index: {error}") for article in articles]

    def remove(self, ids: Sequence[str]) -> int:
        return rows.remove(self._connection(), ids)

    def remove_before(self, moment: datetime) -> int:
        return rows.remove_before(self._connection(), moment)

    def _prepare(self, article: Article) -> _Prepared:
        texts = texts_of(article)
        stems = {name: encoded([self.analyzer.stem(text) for text in values]) for name, values in texts.items()}
        exact = {name: [self.analyzer.exact(text) for text in values] for name, values in texts.items()}
        if article.paragraphs:
            stems[LEDE] = encoded([self.analyzer.stem(article.paragraphs[0].text)])
        words = stems | {f"x_{name}": encoded(values) for name, values in exact.items()}
        vocabulary = {term.term for values in exact.values() for terms in values for term in terms}
        return _Prepared(article, [words.get(column, "") for column in COLUMNS], vocabulary)

    def _store(self, connection: sqlite3.Connection, one: _Prepared) -> Any:
        known = connection.execute("SELECT rowid, version FROM articles WHERE id = ?", (one.id,)).fetchone()
        if known is not None:
            if known[1] > one.version:
                return "older"
            rows.forget(connection, known[0])
        row = one.row(known[0] if known else None, millis(self.clock()))
        marks = ", ".join("?" * len(row))
        rowid = connection.execute(
            f"INSERT INTO articles ({', '.join(row)}) VALUES ({marks})", [*row.values()]
        ).lastrowid
        connection.execute("INSERT INTO documents VALUES (?, ?)", (rowid, one.document))
        connection.executemany("INSERT INTO keywords VALUES (?, ?, ?)", [(*pair, rowid) for pair in one.keywords])
        self._store_words(connection, rowid, one)
        return "stored"

    def _store_words(self, connection: sqlite3.Connection, rowid: int | None, one: _Prepared) -> None:
        connection.execute(_INSERT_WORDS, (rowid, *one.columns))
        connection.executemany(
            "INSERT OR IGNORE INTO vocabulary (term) VALUES (?)", [(term,) for term in one.vocabulary]
        )

    # --- reading -------------------------------------------------------------------------------------------------

    def get(self, article: str) -> Article | None:
        return self._first("a.id = ?", article)

    def by_url(self, url: str) -> Article | None:
        return self._first("a.url = ?1 OR a.canonical_url = ?1", url)

    def scan(self, wanted: Scan) -> Iterator[list[Article]]:
        return rows.scan(self._connection(), wanted)

    def _first(self, where: str, value: str) -> Article | None:
        sql = f"SELECT json FROM documents d JOIN articles a ON a.rowid = d.article WHERE {where} ORDER BY a.first_seen"
        found = self._connection().execute(sql, (value,)).fetchone()
        return article_of(rows.read(found[0])) if found else None

    def search(self, request: SearchRequest) -> Hits:
        query = resolve(request.query, self.analyzer)
        found = self._found(filtered(query, request))
        total, rows_found = self._answer(query, found, request)
        return Hits(
            total=total,
            hits=tuple(self._hits(rows_found, query)),
            facets={name: tuple(_facet(self._connection(), name, found)) for name in request.facets},
        )

    def engine(self, request: SearchRequest) -> tuple[int, list[tuple[int, float]]]:
        """What SQLite itself answers: how many, and row and score of each hit; the articles are not read."""
        query = resolve(request.query, self.analyzer)
        return self._answer(query, self._found(filtered(query, request)), request)

    def _found(self, asked: Query) -> Condition:
        """What finds a resolved query, with its checks at hand."""
        found = condition(asked, self._nearby())
        self._connection().create_function("holds", -1, checker(found), deterministic=True)
        return found

    def _answer(self, query: Query, found: Condition, request: SearchRequest) -> tuple[int, list[tuple[int, float]]]:
        """How many, and row and score of each hit. They are counted as they are put in order: one search, not two."""
        connection = self._connection()
        sql, values = self._ordered(query, found, request, self._nearby())
        answer = connection.execute(sql, values).fetchall()
        counted = bool(answer) and not request.fold_stories
        total = answer[0][2] if counted else _count(connection, found)
        return total, [(row, score) for row, score, _ in answer]

    def counts(self, queries: Sequence[Query]) -> list[int]:
        connection = self._connection()
        return [_count(connection, self._found(resolve(query, self.analyzer))) for query in queries]

    def near_words(self, word: str, slips: int) -> list[NearWord]:
        """Words as printed (folded) at most `slips` edits from `word`, with the articles whose body has them."""
        connection = self._connection()
        found = []
        for near, _ in self._vocabulary.near(connection, word, slips):
            sql = "SELECT doc FROM words_by_column WHERE term = ? AND col = 'x_body'"
            row = connection.execute(sql, (encode(near),)).fetchone()
            if row is not None:
                found.append(NearWord(near, row[0]))
        return found

    def matching(self, query: Query) -> set[str]:
        """The ids of every article that `query` finds: what the evaluators are compared by."""
        found = self._found(resolve(query, self.analyzer))
        return {
            id_ for (id_,) in self._connection().execute(f"SELECT a.id FROM articles a WHERE {found.sql}", found.values)
        }

    def _hits(self, found: list[tuple[int, float]], query: Query) -> Iterator[Hit]:
        connection = self._connection()
        for rowid, score in found:
            blob = connection.execute("SELECT json FROM documents WHERE article = ?", (rowid,)).fetchone()[0]
            article = article_of(rows.read(blob))
            marks = highlights_of(article, query, self.analyzer)
            yield Hit(article=article, score=score, highlights=marks)

    def _ordered(self, query: Query, found: Condition, request: SearchRequest, nearby: Nearby) -> tuple[str, list[Any]]:
        """SQL for the rows of the hits in their order, and its values."""
        match = rank_match(query, self.ranking, nearby) if request.sort == "relevance" else None
        sql, values = self._scored(match, found)
        order = "date" if request.sort == "oldest" else "date DESC" if match is None else "score DESC, date DESC"
        if request.fold_stories:
            place = f"row_number() OVER (PARTITION BY story ORDER BY {order}, id)"
            sql = f"SELECT row, score, date, id FROM (SELECT *, {place} AS place FROM ({sql})) WHERE place = 1"
        sql = f"SELECT row, score, count(*) OVER () FROM ({sql}) ORDER BY {order}, id LIMIT ? OFFSET ?"
        return sql, [*values, request.limit, request.offset]

    def _scored(self, match: str | None, found: Condition) -> tuple[str, list[Any]]:
        """Every found row with its score; an article that was found by its entity alone has no word to score."""
        columns = "a.rowid AS row, {} AS score, a.date, a.story, a.id FROM articles a"
        if match is None:
            return f"SELECT {columns.format('0.0')} WHERE {found.sql}", [*found.values]
        self._connection().create_function("half", 1, lambda ages: 0.5**ages, deterministic=True)
        age = f"max(0, {millis(self.clock())} - a.date) / {self.ranking.half_life * 1000:.1f}"
        score = f"ifnull(w.score, 0) * (1 + {self.ranking.freshness:g} * half({age}))"
        bm25 = f"SELECT rowid AS id, -bm25(words, {bm25_weights(self.ranking)}) AS score FROM words WHERE words MATCH ?"
        sql = f"SELECT {columns.format(score)} LEFT JOIN ({bm25}) w ON w.id = a.rowid WHERE {found.sql}"
        return sql, [match, *found.values]

    def _nearby(self) -> Nearby:
        """The look-up of near words for one search, each asked once."""
        return cache(lambda term, most: [word for word, _ in self._vocabulary.near(self._connection(), term, most)])

    def stats(self) -> dict[str, Any]:
        connection = self._connection()
        count, last = connection.execute("SELECT count(*), max(indexed) FROM articles").fetchone()
        pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        at = datetime.fromtimestamp(last / 1000, UTC).isoformat() if last else None
        return {"name": self.name, "articles": count, "bytes": pages * size, "last_indexed": at, "healthy": True}

    def refresh(self) -> None:
        """A transaction is findable once it is committed."""

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._local = threading.local()


class _Prepared:
    """An article's rows, made before the transaction begins."""

    def __init__(self, article: Article, columns: list[str], vocabulary: set[str]) -> None:
        self.article = article
        self.id = article.id
        self.version = version_of(article)
        self.columns = columns
        self.vocabulary = vocabulary
        self.document = zlib.compress(orjson.dumps(document_of(article)), 1)
        fields = keywords_of(article)
        self.single = {name: fields[name] for name in SINGLE - {"id"}}
        self.keywords = sorted(
            {(name, value) for name, values in fields.items() if isinstance(values, list) for value in values}
        )

    def row(self, rowid: int | None, indexed: int) -> dict[str, Any]:
        article = self.article
        dates = {"published": article.published, "first_seen": article.first_seen_at, "updated": article.updated_at}
        dates["date"] = article.published or article.first_seen_at
        return {
            "rowid": rowid,
            "id": self.id,
            "version": self.version,
            "url": article.url,
            "canonical_url": article.canonical_url,
            **self.single,
            **{name: None if at is None else millis(at) for name, at in dates.items()},
            "indexed": indexed,
        }


_INSERT_WORDS = f"INSERT INTO words (rowid, {', '.join(COLUMNS)}) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"


def _count(connection: sqlite3.Connection, found: Condition) -> int:
    sql = f"SELECT count(*) FROM articles a WHERE {found.sql}"
    return int(connection.execute(sql, found.values).fetchone()[0])


def _facet(connection: sqlite3.Connection, name: str, found: Condition) -> Iterator[tuple[str, int]]:
    if name in _FACETS:
        key, source, order = f"strftime('{_FACETS[name]}', a.date / 1000, 'unixepoch')", "articles a", "1"
    elif name in SINGLE:
        key, source, order = f"a.{name}", "articles a", "2 DESC, 1"
    elif name in {"entity", "feed", "related"}:
        key, order = "k.value", "2 DESC, 1"
        source = f"articles a JOIN keywords k ON k.article = a.rowid AND k.field = '{name}'"
    else:
        raise UserError(
            Fault("facets", f"there is no facet “{name}”", f"try {', '.join(sorted(SINGLE | {'entity', *_FACETS}))}")
        )
    limit = "" if name in _FACETS else " LIMIT 20"
    sql = f"SELECT {key}, count(*) FROM {source} WHERE {key} <> '' AND ({found.sql}) GROUP BY 1 ORDER BY {order}{limit}"
    yield from connection.execute(sql, found.values)
