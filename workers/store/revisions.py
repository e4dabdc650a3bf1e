"""Past states of articles in Redis, `<prefix>:rev:<article>`: one compressed state an entry, oldest first."""

from __future__ import annotations

import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from workers.dedupe.revisions import Revision, compare
from workers.model import Article, dump, load
from workers.settings import DedupeSettings

if TYPE_CHECKING:
    import redis


class RedisRevisions:
    """Keeps what an article was before it changed. `redis` must not decode responses."""

    def __init__(self, redis: redis.Redis, prefix: str, settings: DedupeSettings) -> None:
        self._redis: Any = redis
        self._base = f"{prefix}:rev:"
        self._settings = settings

    def keep(self, article: Article) -> bool:
        """Remember this state; False where it is the one kept last (a task that runs twice adds nothing)."""
        last = self._redis.lindex(self._key(article.id), -1)
        if last is not None and _state(_read(last)) == _state(article):
            return False
        with self._redis.pipeline() as pipe:
            pipe.rpush(self._key(article.id), zlib.compress(dump(article), 6))
            pipe.expire(self._key(article.id), int(self._settings.revisions_keep))
            pipe.execute()
        self._trim(article.id)
        return True

    def states(self, article: str) -> list[Article]:
        """All that is kept of an article, oldest first."""
        return [_read(packed) for packed in self._redis.lrange(self._key(article), 0, -1)]

    def history(self, article: str) -> list[Revision]:
        """What changed from each kept state to the next, oldest first."""
        states = self.states(article)
        found = (compare(old, new) for old, new in pairwise(states))
        return [revision for revision in found if revision]

    def _trim(self, article: str) -> None:
        """The first state is evidence and stays; of the others the latest."""
        most = self._settings.revisions_kept
        if self._redis.llen(self._key(article)) <= most:
            return
        first = self._redis.lindex(self._key(article), 0)
        with self._redis.pipeline() as pipe:
            pipe.ltrim(self._key(article), -(most - 1), -1)
            pipe.lpush(self._key(article), first)
            pipe.execute()

    def _key(self, article: str) -> str:
        return f"{self._base}{article}"


def _state(article: Article) -> tuple[str, bool]:
    return article.text_hash, article.deleted_at is not None


def _read(packed: bytes) -> Article:
    return load(Article, zlib.decompress(packed))
