"""Rasid (راصد, "the observer"): an always-on ingest for Arabic news.

Rooms, in the order in which an article passes them: poll, fetch, extract, clean, tag, dedupe, index, alert; beside them
arabic (one treatment of Arabic text for all), search (one query language), store (Redis, WARC, SQLite) and cli.
"""

import os

# numpy's products are small here: on a busy machine its threads waited for each other, and cost three times the time
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
