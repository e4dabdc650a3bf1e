"""Rows of the embedded index's file: the transaction, reading articles in order, forgetting them."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson

from workers.index.document import article_of
from workers.model import Article
from workers.ports import SCAN_BATCH, Scan
from workers.search.elastic import millis


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Takes the write lock at once, so that no reader has to become a writer half-way."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def read(blob: bytes) -> dict[str, Any]:
    """The document of a `documents` row."""
    found: dict[str, Any] = orjson.loads(zlib.decompress(blob))
    return found


def forget(connection: sqlite3.Connection, rowid: int) -> None:
    """Delete one article's rows."""
    connection.execute("DELETE FROM words WHERE rowid = ?", (rowid,))
    connection.execute("DELETE FROM keywords WHERE article = ?", (rowid,))
    connection.execute("DELETE FROM documents WHERE article = ?", (rowid,))
    connection.execute("DELETE FROM articles WHERE rowid = ?", (rowid,))


def remove(connection: sqlite3.Connection, ids: Iterable[str]) -> int:
    """Delete articles by id, in one transaction; how many there were."""
    removed = 0
    with transaction(connection):
        for id_ in ids:
            for (rowid,) in connection.execute("SELECT rowid FROM articles WHERE id = ?", (id_,)).fetchall():
                forget(connection, rowid)
                removed += 1
    return removed


def remove_before(connection: sqlite3.Connection, moment: datetime) -> int:
    """Delete articles first seen before `moment`, in short transactions; how many."""
    sql, removed = "SELECT id FROM articles WHERE first_seen < ? LIMIT ?", 0
    while ids := [id_ for (id_,) in connection.execute(sql, (millis(moment), SCAN_BATCH))]:
        removed += remove(connection, ids)
    return removed


def scan(connection: sqlite3.Connection, wanted: Scan) -> Iterator[list[Article]]:
    """`ports.ArticleIndex.scan`: reads a batch at a time, so that writers never wait for it."""
    low = millis(wanted.since) if wanted.since else 0
    high = millis(wanted.until) if wanted.until else 2**62
    outlets = f"AND a.outlet IN ({', '.join('?' * len(wanted.outlets))})" if wanted.outlets else ""
    sql = (
        "SELECT a.first_seen, a.id, d.json FROM articles a JOIN documents d ON d.article = a.rowid "
        f"WHERE (a.first_seen, a.id) > (?, ?) AND a.first_seen < ? {outlets} ORDER BY a.first_seen, a.id LIMIT ?"
    )
    at, id_ = low - 1, "\U0010ffff"  # before the first of `low`
    while rows := connection.execute(sql, (at, id_, high, *wanted.outlets, SCAN_BATCH)).fetchall():
        at, id_, _ = rows[-1]
        found = [article_of(read(blob)) for _, _, blob in rows]
        if kept := [article for article in found if not wanted.is_done(article.rules_version)]:
            yield kept
