"""The sketches of a sliding window in Redis, and what an article is a reprint of.

Layout, a shard every two days (`<prefix>:dup:<shard>:…`), each key gone some time after its days left the window:

* `<bucket>`: packed postings of 6 bytes: 3 of a sketch's hash (2 more are the bucket's number), and the document's
  number in its shard (3). One small Redis value a hash would take 6 KB an article (research: performance, section 4).
* `text`: a byte a word, all documents one after the other: what candidates are compared by, word by word.
* `docs`: packed records of 74 bytes, one a document, holding the answer that was given.
* `shards`, `merges` (no shard): the shards that exist; pairs of texts whose stories are still apart (`stories.lua`).

One Lua script (`relate.lua`) looks up, decides, remembers. Its work is one MGET of all the hashes' buckets a shard, so
that it depends on the length of the text and hardly on the size of the window.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import xxhash

from workers.dedupe.cover import SCATTERED
from workers.model import Fingerprint, Kinship
from workers.settings import DedupeSettings
from workers.store.stories import RedisStories

if TYPE_CHECKING:
    import redis

DAY = 86400
SPAN = 2
"""Days of a shard: with one a day the look-up read twice as many buckets, which is what it costs."""
RELATIONS = ("", "exact", "reprint", "rewrite", "contained", "contains")
_NOBODY = bytes(16)
_PRINTS = frozenset({"exact", "reprint", "rewrite"})
"""Relations by which two articles are prints of one text; what is contained may stand in a story of its own."""
_TOLD = struct.Struct(">8s16s16sHB")


class RedisDuplicates:
    """`ports.Duplicates` on Redis 6.2 or newer; `redis` must not decode responses.

    `stories` keeps which articles are of one event: reprints of one text, and other texts in other words.
    """

    def __init__(self, redis: redis.Redis, prefix: str, settings: DedupeSettings) -> None:
        self._redis = redis
        self._base = f"{prefix}:dup:".encode()
        self._settings = settings
        self.stories = RedisStories(redis, prefix, settings)
        self._script = redis.register_script(files("workers.store").joinpath("relate.lua").read_text("utf-8"))

    def relate(self, article: str, fingerprint: Fingerprint, *, at: datetime) -> Kinship:
        """Find what `article` (32 hex digits) is a reprint of and remember it, in one atomic step; then its story.

        Asked again for the same text it gives the same answer. Asked with a changed text (a revision) it keeps that
        answer, and the changed text is recognised from then on as well. Raises `Retry` while the stories are busy;
        asking again goes on where it stopped.
        """
        reply = self._script(keys=[self._base], args=self._arguments(bytes.fromhex(article), fingerprint, at))
        *answer, text, waiting = reply
        story = self.stories.place(article, text, fingerprint, at=at)
        if waiting and self.stories.bring_together():
            story = self.stories.story_of(text)
        return _kinship(answer, story)

    def remember(self, article: str, fingerprint: Fingerprint, known: Kinship, *, at: datetime) -> None:
        """Remember an article as an index knows it, after a loss: as the reprint that it was taken for, in its story.

        In any order; what is remembered already stays as it is. Raises `Retry` while the stories are busy.
        """
        id_, told = bytes.fromhex(article), known.relation in RELATIONS
        original = bytes.fromhex(known.duplicate_of or "") if told else b""
        nearest = bytes.fromhex(known.nearest or "") if told else b""
        text = original[:8] if known.relation in _PRINTS else id_[:8]
        said = _TOLD.pack(
            text,
            original or _NOBODY,
            nearest or _NOBODY,
            round(known.similarity * 10000) if told else 0,
            RELATIONS.index(known.relation) if told else 0,
        )
        *_, text, _ = self._script(keys=[self._base], args=self._arguments(id_, fingerprint, at, said))
        self.stories.remember(article, text, known.story, fingerprint, at=at)

    def recognise(self, asked: Sequence[tuple[str, Fingerprint]], *, at: datetime) -> list[Kinship]:
        """As `relate` for many texts, one after the other in one round trip, without their stories."""
        with self._redis.pipeline(transaction=False) as pipe:
            for article, fingerprint in asked:
                arguments = self._arguments(bytes.fromhex(article), fingerprint, at)
                self._script(keys=[self._base], args=arguments, client=pipe)
            return [_kinship(reply[:4], "") for reply in pipe.execute()]

    def _arguments(self, article: bytes, fingerprint: Fingerprint, at: datetime, told: bytes = b"") -> list[Any]:
        options = self._settings
        days = -(-int(options.window) // DAY)
        keep = (days + SPAN) * DAY
        exact = bytes.fromhex(fingerprint.exact)[:8]
        return [
            int(at.timestamp()) // DAY,
            days,
            keep,
            article,
            self._place(xxhash.xxh3_64_intdigest(article)),
            exact and exact + self._place(int.from_bytes(exact, "big")),
            b"".join(self._place(h) for h in fingerprint.sketch),
            bytes.fromhex(fingerprint.words),
            options.gap,
            options.verbatim,
            options.aligned,
            options.size_ratio,
            options.sample,
            options.promising,
            self.stories.base,
            SPAN,
            SCATTERED,
            options.aligned_alone,
            told,
        ]

    def _place(self, number: int) -> bytes:
        """Bucket and rest of a 64-bit hash. Low bits: the high ones of a sampled hash are all zero."""
        bucket, rest = number % self._settings.buckets, (number >> 16) & 0xFFFFFF
        return bucket.to_bytes(2, "big") + rest.to_bytes(3, "big")


def _kinship(answer: Sequence[Any], story: str) -> Kinship:
    duplicate, similarity, nearest, relation = answer
    return Kinship(
        duplicate_of=None if duplicate == _NOBODY else duplicate.hex(),
        story=story,
        similarity=similarity / 10000,
        nearest=None if nearest == _NOBODY else nearest.hex(),
        relation=RELATIONS[relation],
    )
