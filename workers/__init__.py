"""Rasid (راصد, "the observer"): an always-on ingest for Arabic news.

Rooms, in the order in which an article passes them: poll, fetch, extract, clean, tag, dedupe, index, alert; beside them
arabic (one treatment of Arabic text for all), search (one query language), store (Redis, WARC, SQLite) and cli.
"""

__version__ = "0.1.0"
