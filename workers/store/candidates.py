"""Names that the catalogue does not know, gathered over articles in Redis until a person rules.

`P:names` (sorted set): cluster → articles; `P:names:<cluster>` (hash): `k:<kind>`, `s:<spelling>` → articles, `first`
and `last` (unix time); `P:names:<cluster>:outlets` (set); `P:names:<cluster>:articles` (sorted set): the latest ids;
`P:names_done` (sorted set): articles that were counted, so that one made twice counts once.
All of it can be lost: the stream fills it again. What a person ruled stands in the overlay (`workers.tag.overlay`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis

from workers.tag.unknown import UnknownName

_OBSERVE = """
local index, done = KEYS[1], KEYS[2]
local article, outlet, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local keep, examples, most, remembered = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if redis.call('ZADD', done, 'NX', now, article) == 0 then return 0 end
redis.call('ZREMRANGEBYRANK', done, 0, -remembered - 1)
for i = 8, #ARGV, 3 do
  local key = index .. ':' .. ARGV[i]
  redis.call('ZINCRBY', index, 1, ARGV[i])
  redis.call('HINCRBY', key, 'k:' .. ARGV[i + 1], 1)
  redis.call('HINCRBY', key, 's:' .. ARGV[i + 2], 1)
  redis.call('HSETNX', key, 'first', now)
  redis.call('HSET', key, 'last', now)
  redis.call('SADD', key .. ':outlets', outlet)
  redis.call('ZADD', key .. ':articles', now, article)
  redis.call('ZREMRANGEBYRANK', key .. ':articles', 0, -examples - 1)
  for _, part in ipairs({key, key .. ':outlets', key .. ':articles'}) do redis.call('EXPIRE', part, keep) end
end
local over = redis.call('ZCARD', index) - most
if over > 0 then
  for _, name in ipairs(redis.call('ZRANGE', index, 0, over - 1)) do
    redis.call('DEL', index .. ':' .. name, index .. ':' .. name .. ':outlets', index .. ':' .. name .. ':articles')
  end
  redis.call('ZREMRANGEBYRANK', index, 0, over - 1)
end
return 1
"""
KEEP = 30 * 86400
"""Seconds that a name is remembered after it was last seen."""
EXAMPLES = 5
MOST = 20_000
"""Names that are remembered; beyond, the rarest go. About 15 MB."""
REMEMBERED = 50_000
"""Articles of which is known that they were counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A name without identity, over all its spellings."""

    cluster: str
    kind: str
    articles: int
    spellings: tuple[tuple[str, int], ...]
    """Each with its articles, the most frequent first."""
    outlets: tuple[str, ...]
    examples: tuple[str, ...]
    """Ids of the latest articles."""
    first: datetime
    last: datetime

    @property
    def name(self) -> str:
        """The most frequent spelling."""
        return self.spellings[0][0]


class RedisCandidates:
    """Candidates on Redis. Every write is one atomic script."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._index = f"{prefix}:names"
        self._observe = client.register_script(_OBSERVE)

    def observe(self, article: str, outlet: str, names: Iterable[UnknownName], *, at: datetime) -> bool:
        """Count an article's names, each cluster once. False when the article was counted before, or has none."""
        first = {name.cluster: name for name in reversed(list(names)) if name.cluster}
        if not first:
            return False
        flat = [part for name in first.values() for part in (name.cluster, name.kind, name.surface)]
        options = [KEEP, EXAMPLES, MOST, REMEMBERED]
        keys = [self._index, f"{self._index}_done"]
        return bool(self._observe(keys=keys, args=[article, outlet, int(at.timestamp()), *options, *flat]))

    def top(self, limit: int, *, least: int = 1) -> list[Candidate]:
        """The names of most articles, at least `least`. What was forgotten meanwhile is taken from the list."""
        found: list[Candidate] = []
        start = 0
        while len(found) < limit:
            clusters = self._redis.zrevrangebyscore(self._index, "+inf", least, start=start, num=limit)
            if not clusters:
                break
            read = [self._read(cluster.decode()) for cluster in clusters]
            gone = [cluster for cluster, row in zip(clusters, read, strict=True) if row is None]
            if gone:
                self._redis.zrem(self._index, *gone)
            start += len(clusters) - len(gone)
            found += [row for row in read if row is not None]
        return found[:limit]

    def get(self, cluster: str) -> Candidate | None:
        """One cluster, None where it is not known."""
        return self._read(cluster)

    def forget(self, clusters: Sequence[str]) -> None:
        """Take clusters from the list: a person has ruled."""
        if clusters:
            self._redis.zrem(self._index, *clusters)
            keys = [f"{self._index}:{c}" for c in clusters]
            self._redis.delete(*(key + part for key in keys for part in ("", ":outlets", ":articles")))

    def _read(self, cluster: str) -> Candidate | None:
        key = f"{self._index}:{cluster}"
        pipe = self._redis.pipeline(transaction=False)
        pipe.zscore(self._index, cluster)
        pipe.hgetall(key)
        pipe.smembers(f"{key}:outlets")
        pipe.zrevrange(f"{key}:articles", 0, -1)
        count, raw, outlets, articles = pipe.execute()
        if count is None or not raw:
            return None
        row = {name.decode(): value.decode() for name, value in raw.items()}
        spellings = sorted(_counts(row, "s:"), key=lambda pair: (-pair[1], pair[0]))
        kinds = sorted(_counts(row, "k:"), key=lambda pair: (-pair[1], pair[0]))
        return Candidate(
            cluster=cluster,
            kind=kinds[0][0],
            articles=int(count),
            spellings=tuple(spellings),
            outlets=tuple(sorted(o.decode() for o in outlets)),
            examples=tuple(a.decode() for a in articles),
            first=datetime.fromtimestamp(int(row["first"]), UTC),
            last=datetime.fromtimestamp(int(row["last"]), UTC),
        )


def _counts(row: dict[str, str], head: str) -> list[tuple[str, int]]:
    return [(name[len(head) :], int(count)) for name, count in row.items() if name.startswith(head)]
