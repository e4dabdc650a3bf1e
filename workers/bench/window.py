"""What a look-up costs in a window of many articles, on synthetic sketches written in the store's own layout."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from workers.bench.reprints import article_id
from workers.model import Fingerprint
from workers.settings import DedupeSettings
from workers.store.duplicates import DAY, RedisDuplicates

if TYPE_CHECKING:
    import redis

HASHES, WORDS, TERMS = 62, 250, 40
"""A synthetic article: as many sampled hashes, words and terms as the median real one has (4,000 texts of 2018)."""
DAYS = 7
NOW = datetime(2026, 1, 8, 12, tzinfo=UTC)


def synthetic(rng: random.Random, settings: DedupeSettings) -> Fingerprint:
    """The fingerprint of a text that nobody wrote."""
    bound = (1 << 64) // settings.sample
    return Fingerprint(
        exact=f"{rng.getrandbits(128):032x}",
        sketch=tuple(rng.randrange(bound) for _ in range(HASHES)),
        words=rng.randbytes(WORDS).hex(),
        terms=tuple((rng.getrandbits(32), 255 - 4 * i) for i in range(TERMS)),
    )


def fill(client: redis.Redis, prefix: str, articles: int, settings: DedupeSettings) -> None:
    """Shards of `articles` random articles over the days of a window: postings in their buckets, records, words."""
    rng = random.Random(1)  # noqa: S311 - synthetic data
    a_day = articles // DAYS
    for back in range(DAYS):
        day = int((NOW - timedelta(days=back)).timestamp()) // DAY
        base = f"{prefix}:dup:{day}:"
        record = struct.pack(">16sI2s8s8s16s16s4s", b"", 0, struct.pack(">H", WORDS), b"", b"", b"", b"", b"")
        client.set(f"{base}docs", b"".join(rng.randbytes(16) + record[16:] for _ in range(a_day)))
        client.set(f"{base}text", rng.randbytes(WORDS))
        client.sadd(f"{prefix}:dup:days", day)
        _postings(client, base, a_day, settings, rng)


def _postings(client: redis.Redis, base: str, a_day: int, settings: DedupeSettings, rng: random.Random) -> None:
    chance = np.random.default_rng(rng.getrandbits(32))
    packed = chance.integers(0, 256, (a_day * HASHES, 6), dtype=np.uint8)
    documents = chance.integers(0, a_day, a_day * HASHES)
    for place, shift in ((3, 16), (4, 8), (5, 0)):
        packed[:, place] = (documents >> shift) & 0xFF
    bounds = np.linspace(0, len(packed), settings.buckets + 1).astype(int)
    with client.pipeline(transaction=False) as pipe:
        for bucket in range(settings.buckets):
            if part := packed[bounds[bucket] : bounds[bucket + 1]].tobytes():
                pipe.set(f"{base}{bucket}", part)
        pipe.execute()


def measure(client: redis.Redis, sizes: Sequence[int], settings: DedupeSettings, *, asked: int) -> list[dict[str, Any]]:
    """Milliseconds an article (wall, and CPU of Redis) with so many articles in the window; ratio to the smallest."""
    rows: list[dict[str, Any]] = []
    for size in sizes:
        client.flushall()
        fill(client, "w", size, settings)
        duplicates = RedisDuplicates(client, "w", settings)
        rng = random.Random(size)  # noqa: S311 - synthetic data
        prints = [synthetic(rng, settings) for _ in range(asked)]
        before, start = _cpu(client), time.perf_counter()
        for i, one in enumerate(prints):
            duplicates.relate(article_id(f"{size}/{i}"), one, at=NOW)
        wall, cpu = time.perf_counter() - start, _cpu(client) - before
        rows.append({"articles": size, "ms": 1000 * wall / asked, "redis_ms": 1000 * cpu / asked})
    return [{**row, "ratio": row["redis_ms"] / rows[0]["redis_ms"]} for row in rows]


def bytes_an_article(client: redis.Redis, settings: DedupeSettings, *, articles: int) -> dict[str, float]:
    """Redis memory an article, by the store itself: all but the empty buckets' keys, which more articles share."""
    client.flushall()
    rng = random.Random(2)  # noqa: S311 - synthetic data
    duplicates = RedisDuplicates(client, "m", settings)
    before = int(client.info("memory")["used_memory"])
    for i in range(articles):
        duplicates.relate(article_id(f"m/{i}"), synthetic(rng, settings), at=NOW)
    total = int(client.info("memory")["used_memory"]) - before
    stories = sum(int(client.memory_usage(key) or 0) for key in client.scan_iter("m:story:*", count=5000))
    return {
        "articles": articles,
        "total": total / articles,
        "stories": stories / articles,
        "reprints": (total - stories) / articles,
    }


def _cpu(client: redis.Redis) -> float:
    info = client.info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])
