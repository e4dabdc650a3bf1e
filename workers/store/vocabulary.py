"""The words of the embedded index as printed (folded), kept in memory for fuzzy search and suggestions."""

from __future__ import annotations

import sqlite3
import threading

from rapidfuzz import process
from rapidfuzz.distance import OSA


class Vocabulary:
    """Follows the table `vocabulary`: words are only ever added, so a look-up first reads what is new.

    A word stays when the last article with it goes; a search for it then finds nothing, which is right.
    """

    def __init__(self) -> None:
        self._words: list[str] = []
        self._last = 0
        self._lock = threading.Lock()

    def near(self, connection: sqlite3.Connection, word: str, distance: int) -> list[tuple[str, int]]:
        """(word, edits) for every word at most `distance` edits (optimal string alignment) away, nearest first."""
        with self._lock:
            self._follow(connection)
            words = self._words
        found = process.extract(word, words, scorer=OSA.distance, score_cutoff=distance, limit=None)
        return [(near, int(edits)) for near, edits, _ in found]

    def _follow(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT rowid, term FROM vocabulary WHERE rowid > ? ORDER BY rowid", (self._last,))
        for rowid, term in rows:
            self._words.append(term)
            self._last = rowid
