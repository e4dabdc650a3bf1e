"""The tree of a parsed query: what every evaluator (Elasticsearch, SQLite, in-process) reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """Base of all nodes."""
