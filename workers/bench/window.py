"""What a look-up costs in a window of many articles: synthetic sketches, and real terms, in the stores' own layouts.

Hashes of shingles are as good as random, so random ones stand for them. Terms are not: some words are in every second
text. The window's reports therefore have terms drawn from real texts, each as often as it occurs there.
"""

from __future__ import annotations

import random
import struct
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from workers.bench.reprints import article_id
from workers.model import Fingerprint
from workers.settings import DedupeSettings
from workers.store.duplicates import DAY, SPAN, RedisDuplicates
from workers.store.stories import BUCKETS, KEYS

if TYPE_CHECKING:
    import redis

DAYS = 7
NOW = datetime(2026, 1, 8, 12, tzinfo=UTC)
AT_ONCE = 20_000

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


class Writer:
    """Texts that nobody wrote: random words, a real text's number of hashes, terms of two real texts."""

    def __init__(self, prints: Sequence[Fingerprint], settings: DedupeSettings, seed: int) -> None:
        self.prints = [p for p in prints if p.exact and len(p.terms) >= KEYS]
        self._bound = (1 << 64) // settings.sample
        self._rng = random.Random(seed)  # noqa: S311 - synthetic data

    def write(self) -> Fingerprint:
        """One fingerprint."""
        like, other = self._rng.choice(self.prints), self._rng.choice(self.prints)
        half = len(like.terms) // 2
        terms = dict(like.terms[:half]) | dict(other.terms[half:])
        return Fingerprint(
            exact=f"{self._rng.getrandbits(128):032x}",
            sketch=tuple(self._rng.randrange(self._bound) for _ in like.sketch),
            words=self._rng.randbytes(len(like.words) // 2).hex(),
            terms=tuple(sorted(terms.items(), key=lambda term: -term[1])),
        )

    @property
    def hashes(self) -> int:
        """Sampled hashes of the mean text."""
        return round(sum(len(p.sketch) for p in self.prints) / len(self.prints))

    @property
    def words(self) -> int:
        """Words of the mean text."""
        return sum(len(p.words) // 2 for p in self.prints) // len(self.prints)


def fill(
    client: redis.Redis, prefix: str, articles: int, settings: DedupeSettings, prints: Sequence[Fingerprint]
) -> None:
    """`articles` texts over the days of a window: postings in their buckets, records, words, reports with terms."""
    writer = Writer(prints, settings, 1)
    chance = np.random.default_rng(1)
    a_day = articles // DAYS
    reports = [writer.write().terms for _ in range(2000)]
    shards: defaultdict[int, list[int]] = defaultdict(list)
    for back in range(DAYS):
        at = NOW - timedelta(days=back)
        shards[int(at.timestamp()) // DAY // SPAN].append(int(at.timestamp()) // DAY % SPAN)
        _report(client, f"{prefix}:story:".encode(), at, a_day, reports, chance)
    for shard, days in shards.items():
        _shard(client, f"{prefix}:dup:{shard}:".encode(), a_day * len(days), days[0], settings, writer, chance)
        client.sadd(f"{prefix}:dup:shards", shard)


def _shard(
    client: redis.Redis,
    base: bytes,
    articles: int,
    day: int,
    settings: DedupeSettings,
    writer: Writer,
    chance: np.random.Generator,
) -> None:
    record = struct.pack(">16sI2s8s8s16s16s3sB", b"", 0, struct.pack(">H", writer.words), *[b""] * 5, day)
    client.set(base + b"docs", b"".join(chance.bytes(16) + record[16:] for _ in range(articles)))
    client.set(base + b"text", chance.bytes(articles * writer.words))
    documents = chance.integers(0, articles, articles * writer.hashes)
    packed = chance.integers(0, 256, (len(documents), 6), dtype=np.uint8)
    for place, shift in ((3, 16), (4, 8), (5, 0)):
        packed[:, place] = (documents >> shift) & 0xFF
    _write(client, base, packed, chance.integers(0, settings.buckets, len(documents)), settings.buckets)


def _write(client: redis.Redis, base: bytes, packed: Bytes, buckets: Any, most: int) -> None:
    order = np.argsort(buckets, kind="stable")
    packed, bounds = packed[order], np.searchsorted(buckets[order], np.arange(most + 1))
    parts = {base + str(i).encode(): packed[bounds[i] : bounds[i + 1]].tobytes() for i in range(most)}
    keys = [key for key, part in parts.items() if part]
    for start in range(0, len(keys), AT_ONCE):
        client.mset({key: parts[key] for key in keys[start : start + AT_ONCE]})


def _report(
    client: redis.Redis, base: bytes, at: datetime, articles: int, terms: Sequence[Any], chance: np.random.Generator
) -> None:
    """A day's reports, each a story of its own."""
    day = int(at.timestamp()) // DAY
    own = chance.integers(0, 256, (articles, 8), dtype=np.uint8)
    which = chance.integers(0, len(terms), articles)
    values = [b"".join(struct.pack(">IB", *term) for term in found) for found in terms]
    for start in range(0, articles, AT_ONCE):
        rows = range(start, min(start + AT_ONCE, articles))
        ids = [own[i].tobytes() for i in rows]
        head = [struct.pack(">8sd16s", id_, at.timestamp(), id_) for id_ in ids]
        pairs = zip(ids, head, rows, strict=True)
        client.mset({base + b"a:" + id_: record + values[which[i]] for id_, record, i in pairs})
    keys = np.array([[term for term, _ in found[:KEYS]] for found in terms], dtype=np.int64)[which].ravel()
    packed = np.empty((len(keys), 11), dtype=np.uint8)
    for place, shift in ((0, 16), (1, 8), (2, 0)):
        packed[:, place] = (keys // BUCKETS >> shift) & 0xFF
    packed[:, 3:] = np.repeat(own, KEYS, axis=0)
    _write(client, base + f"t:{day}:".encode(), packed, keys % BUCKETS, BUCKETS)
    client.set(base + f"t:{day}".encode(), b"")


def measure(
    client: redis.Redis, sizes: Sequence[int], settings: DedupeSettings, prints: Sequence[Fingerprint], *, asked: int
) -> list[dict[str, Any]]:
    """Milliseconds an article (wall, and CPU of Redis) with so many articles in the window, ratio to the smallest;
    bytes of Redis memory an article of the window."""
    rows: list[dict[str, Any]] = []
    for size in sizes:
        client.flushall()
        empty = _memory(client)
        fill(client, "w", size, settings, prints)
        used = (_memory(client) - empty) / size
        duplicates = RedisDuplicates(client, "w", settings)
        writer = Writer(prints, settings, size)
        texts = [writer.write() for _ in range(asked)]
        before, start = _cpu(client), time.perf_counter()
        for i, one in enumerate(texts):
            duplicates.relate(article_id(f"{size}/{i}"), one, at=NOW)
        wall, cpu = time.perf_counter() - start, _cpu(client) - before
        rows.append({"articles": size, "ms": 1000 * wall / asked, "redis_ms": 1000 * cpu / asked, "bytes": used})
    return [{**row, "ratio": row["redis_ms"] / rows[0]["redis_ms"]} for row in rows]


def bytes_an_article(
    client: redis.Redis, settings: DedupeSettings, prints: Sequence[Fingerprint], articles: int = 5000
) -> dict[str, float]:
    """Redis memory an article as the stores write it one by one, keys of buckets that more articles would share too."""
    client.flushall()
    writer = Writer(prints, settings, 2)
    duplicates = RedisDuplicates(client, "m", settings)
    before = _memory(client)
    for i in range(articles):
        duplicates.relate(article_id(f"m/{i}"), writer.write(), at=NOW)
    total = _memory(client) - before
    stories = sum(int(client.memory_usage(key) or 0) for key in client.scan_iter("m:story:*", count=5000))
    return {
        "articles": articles,
        "total": total / articles,
        "stories": stories / articles,
        "reprints": (total - stories) / articles,
    }


def _memory(client: redis.Redis) -> int:
    return int(client.info("memory")["used_memory"])


def _cpu(client: redis.Redis) -> float:
    info = client.info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])
