"""Which articles name another publisher's page as their original, in Redis.

`<prefix>:reprints:<original>`: ids of the articles that name it, kept as long as texts are remembered; asked when the
original turns up later. `<prefix>:relink`: reprints that the index does not yet know of as such, with their original.
"""

from __future__ import annotations

from typing import Any

import redis


class RedisOriginals:
    """Reprints and their originals. `keep`: seconds."""

    def __init__(self, client: redis.Redis, prefix: str, *, keep: float) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._base = f"{prefix}:reprints:"
        self._relink = f"{prefix}:relink"
        self._keep = int(keep)

    def note(self, original: str, reprint: str) -> None:
        """`reprint` names `original`, whether that is known or not."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(self._base + original, reprint)
            pipe.expire(self._base + original, self._keep)
            pipe.execute()

    def reprints(self, original: str) -> set[str]:
        """The articles that named it."""
        return {id_.decode() for id_ in self._redis.smembers(self._base + original)}

    def wait(self, reprints: set[str], original: str) -> None:
        """The index is to be told of these reprints."""
        if reprints:
            self._redis.hset(self._relink, mapping=dict.fromkeys(reprints, original))

    def waiting(self) -> dict[str, str]:
        """Reprint and original, of those that the index is to be told of."""
        return {reprint.decode(): original.decode() for reprint, original in self._redis.hgetall(self._relink).items()}

    def done(self, reprint: str) -> None:
        """The index knows."""
        self._redis.hdel(self._relink, reprint)
