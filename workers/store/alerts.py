"""Alert records without a server (`ports.AlertHistory`): a table in the embedded index's SQLite file."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from workers.errors import Retry
from workers.model import dump, load
from workers.ports import AlertRecord
from workers.store.times import to_ms

BUSY = 30.0
"""Seconds that a writer waits for another one."""

_TABLE = """
CREATE TABLE IF NOT EXISTS alerts (
  id TEXT PRIMARY KEY, rule TEXT NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL, version INTEGER NOT NULL,
  record TEXT NOT NULL
) WITHOUT ROWID
"""
_INDEX = "CREATE INDEX IF NOT EXISTS alerts_at ON alerts (at)"
_PUT = """
INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
  rule = excluded.rule, at = excluded.at, state = excluded.state, version = excluded.version, record = excluded.record
  WHERE excluded.version >= alerts.version
"""


class EmbeddedAlerts:
    """`ports.AlertHistory` in one SQLite file, which may be the article index's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()

    def init(self) -> list[str]:
        with self._connection():
            return []

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection of this thread and process; what SQLite refuses for a while becomes a `Retry`."""
        try:
            yield self._own()
        except sqlite3.OperationalError as error:  # locked, disk full
            raise Retry(f"alert history: {error}", burn_attempt=False) from error

    def _own(self) -> sqlite3.Connection:
        known: tuple[int, sqlite3.Connection] | None = getattr(self._local, "connection", None)
        if known is not None and known[0] == os.getpid():
            return known[1]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        made = sqlite3.connect(self.path, timeout=BUSY, isolation_level=None)
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("PRAGMA synchronous = NORMAL")
        made.execute(_TABLE)
        made.execute(_INDEX)
        self._local.connection = (os.getpid(), made)
        return made

    def put(self, records: Sequence[AlertRecord]) -> None:
        rows = [
            (record.id, record.rule, to_ms(record.at), record.state, record.version, dump(record).decode())
            for record in records
        ]
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.executemany(_PUT, rows)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def get(self, ids: Sequence[str]) -> dict[str, AlertRecord]:
        found: dict[str, AlertRecord] = {}
        for start in range(0, len(ids), 500):
            part = list(ids[start : start + 500])
            marks = ", ".join("?" * len(part))
            found |= {record.id: record for record in self._select(f"WHERE id IN ({marks})", part)}
        return found

    def latest(self, *, limit: int, rule: str | None = None) -> list[AlertRecord]:
        where, values = ("AND rule = ?", [rule]) if rule is not None else ("", [])
        return self._select(f"WHERE state <> 'mark' {where} ORDER BY at DESC, id LIMIT ?", [*values, limit])

    def open(self, since: datetime) -> Iterator[AlertRecord]:
        yield from self._select("WHERE state IN ('waiting', 'held', 'dead') AND at > ? ORDER BY at, id", [to_ms(since)])

    def _select(self, rest: str, values: Sequence[Any]) -> list[AlertRecord]:
        with self._connection() as connection:
            rows = connection.execute(f"SELECT record FROM alerts {rest}", values).fetchall()  # noqa: S608 - ours
        return [load(AlertRecord, row[0]) for row in rows]

    def close(self) -> None:
        """End this thread's connection."""
        known = getattr(self._local, "connection", None)
        if known is not None and known[0] == os.getpid():
            known[1].close()
        self._local = threading.local()
