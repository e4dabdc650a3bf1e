"""Stories in Redis: which reports are of one event, and who printed them. Only live stories take room.

Under `<prefix>:story:`, each key gone some time after its last change left the window:

* `a:<report>`: story (8 bytes), time (8), terms (5 bytes each). A report is one text; its reprints share it.
* `t:<day>:<bucket>`: packed postings of 11 bytes: 3 of a term's hash, 8 of the report's id.
* `r:<story>`, `s:<story>`: its reports, and the articles (id, then the report that they carry), by time.
* `recent`: stories by their last article. `moved`: articles whose story changed after they were given one.

Reports are placed one at a time under a lock; what is written is thrown away when the lock was lost meanwhile. The
story of a report is told to the duplicates' shards (`merged`), so that a reprint finds it there.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from redis.exceptions import LockError, WatchError

from workers.dedupe.stories import Group, Report, place
from workers.errors import Retry
from workers.model import Fingerprint
from workers.settings import DedupeSettings

if TYPE_CHECKING:
    import redis

DAY = 86400
BUCKETS = 4096
KEYS = 12
"""A report is looked up by so many of its heaviest terms …"""
SHARED = 2
"""… and stories are compared that share at least so many of them, the likest first."""
COMPARED = 24
LOCK = 10.0
"""Seconds after which the lock of a dead worker is free; placing takes milliseconds."""
_HEAD, _TERM, _POSTING = struct.Struct(">8sd"), struct.Struct(">IB"), struct.Struct(">3s8s")


_FORGET = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0
"""


@dataclass(frozen=True, slots=True)
class StoryRow:
    """A story as kept: article ids (32 hex digits) in order of time."""

    id: str
    articles: tuple[tuple[str, datetime], ...]


class RedisStories:
    """Stories of the sliding window. `redis` must not decode responses."""

    def __init__(self, redis: redis.Redis, prefix: str, settings: DedupeSettings) -> None:
        self._redis: Any = redis
        self._base = f"{prefix}:story:"
        self._shards = f"{prefix}:dup:"
        self._settings = settings
        self._keep = (-(-int(settings.window) // DAY) + 1) * DAY
        self._forget = redis.register_script(_FORGET)

    def place(self, article: str, text: bytes, fingerprint: Fingerprint, *, at: datetime) -> str:
        """The story of `article`. `text`: the first print of its text (8 bytes of an article id).

        Raises `Retry` where the lock was not to be had, or was lost to another worker half way.
        """
        try:
            with self._lock():
                self._place(article, text, fingerprint, at.timestamp())
                self._bring_together()
                return _name(self._story_of(text))
        except (LockError, WatchError):
            raise Retry("stories are being placed by other workers", after=1, burn_attempt=False) from None

    def story(self, story: str) -> StoryRow | None:
        """A story by its id, or by one that was merged into it."""
        root = self._root(bytes.fromhex(story[1:]))
        rows = self._redis.zrange(f"{self._base}s:{root.hex()}", 0, -1, withscores=True)
        articles = tuple((member[:32].decode(), datetime.fromtimestamp(at, UTC)) for member, at in rows)
        return StoryRow(_name(root), articles) if rows else None

    def recent(self, *, since: datetime, limit: int = 1000) -> list[StoryRow]:
        """Stories with an article since then, the latest first."""
        names = self._redis.zrevrangebyscore(f"{self._base}recent", "+inf", since.timestamp(), 0, limit)
        found = (self.story(_name(bytes.fromhex(name.decode()))) for name in names)
        return [row for row in found if row]

    def moved(self, limit: int) -> dict[str, str]:
        """Articles whose story was merged or split after they were given one, with the story that they are in now."""
        found: dict[str, str] = {}
        for article, story in self._redis.hscan_iter(f"{self._base}moved", count=limit):
            found[article.decode()] = _name(story)
            if len(found) >= limit:
                break
        return found

    def note_moved(self, moved: Mapping[str, str]) -> None:
        """The index knows of these now; one that moved again meanwhile stays noted."""
        for article, story in moved.items():
            self._forget(keys=[f"{self._base}moved"], args=[article, bytes.fromhex(story[1:])])

    # --- placing -----------------------------------------------------------------------------------------------

    def _lock(self) -> Any:
        return self._redis.lock(f"{self._base}lock", timeout=LOCK, sleep=0.002, blocking_timeout=3 * LOCK)

    def _place(self, article: str, text: bytes, fingerprint: Fingerprint, at: float) -> None:
        with self._redis.pipeline() as pipe:
            pipe.watch(f"{self._base}lock")
            if known := self._story_of(text):
                pipe.multi()
                self._add(pipe, known, article.encode() + text.hex().encode(), at)
                pipe.execute()
                return
            report = Report(text.hex(), at, dict(fingerprint.terms))
            placement = place(report, self._near(fingerprint.terms, at), self._settings)
            story = bytes.fromhex(placement.story)
            pipe.multi()
            self._write(pipe, report, story, fingerprint.terms)
            self._add(pipe, story, article.encode() + text.hex().encode(), at)
            pipe.execute()
        for other in placement.merged:
            self._move(bytes.fromhex(other), story, None)
        for group in placement.split:
            self._move(story, bytes.fromhex(group[0]), group)

    def _story_of(self, text: bytes) -> bytes:
        return bytes(self._redis.getrange(f"{self._base}a:{text.hex()}", 0, 7))

    def _bring_together(self) -> None:
        """Stories that the duplicates' script found to be one, by this worker or by one that died over it."""
        for pair in self._redis.smembers(f"{self._shards}merges"):
            source, target = pair[:8], self._root(pair[8:])
            if source != target:
                self._move(source, target, None)
            self._redis.srem(f"{self._shards}merges", pair)

    def _write(self, pipe: Any, report: Report, story: bytes, terms: Sequence[tuple[int, int]]) -> None:
        own = bytes.fromhex(report.id)
        packed = _HEAD.pack(story, report.at) + b"".join(_TERM.pack(*term) for term in terms)
        pipe.set(f"{self._base}a:{report.id}", packed, ex=self._keep)
        pipe.zadd(f"{self._base}r:{story.hex()}", {report.id: report.at})
        pipe.expire(f"{self._base}r:{story.hex()}", self._keep)
        for term, _ in terms[:KEYS]:
            key = self._bucket(int(report.at) // DAY, term)
            pipe.append(key, _POSTING.pack(_rest(term), own))
            pipe.expire(key, self._keep)
        if own != story:
            self._point(pipe, own, story, int(report.at) // DAY)

    def _add(self, pipe: Any, story: bytes, member: bytes, at: float) -> None:
        name = story.hex()
        pipe.zadd(f"{self._base}s:{name}", {member: at}, nx=True)
        pipe.expire(f"{self._base}s:{name}", self._keep)
        pipe.zadd(f"{self._base}recent", {name: at}, gt=True)
        pipe.zremrangebyscore(f"{self._base}recent", "-inf", at - self._keep)

    def _point(self, pipe: Any, report: bytes, story: bytes, day: int) -> None:
        for shard in self._days():
            pipe.hdel(f"{self._shards}{shard}:merged", report)
        pipe.hset(f"{self._shards}{day}:merged", report, story)
        pipe.expire(f"{self._shards}{day}:merged", self._keep)

    def _move(self, source: bytes, target: bytes, only: Sequence[str] | None) -> None:
        """Reports of one story, or some of them, go to another with all articles that carry them."""
        reports = dict(self._redis.zrange(f"{self._base}r:{source.hex()}", 0, -1, withscores=True))
        chosen = {r.decode(): at for r, at in reports.items() if only is None or r.decode() in only}
        before = dict(self._redis.zrange(f"{self._base}s:{source.hex()}", 0, -1, withscores=True))
        with self._redis.pipeline() as pipe:
            for report, at in chosen.items():
                pipe.zrem(f"{self._base}r:{source.hex()}", report)
                pipe.zadd(f"{self._base}r:{target.hex()}", {report: at})
                pipe.setrange(f"{self._base}a:{report}", 0, target)
                self._point(pipe, bytes.fromhex(report), target, int(at) // DAY)
            if only is None:
                self._point(pipe, source, target, int(max(reports.values(), default=0)) // DAY)
            pipe.expire(f"{self._base}r:{target.hex()}", self._keep)
            pipe.execute()
        moved = {m: at for m, at in before.items() if only is None or m[32:].decode() in chosen}
        self._carry(source, target, moved)

    def _carry(self, source: bytes, target: bytes, moved: dict[bytes, float]) -> None:
        if not moved:
            return
        with self._redis.pipeline() as pipe:
            pipe.zrem(f"{self._base}s:{source.hex()}", *moved)
            for member, at in moved.items():
                self._add(pipe, target, member, at)
            pipe.hset(f"{self._base}moved", mapping={member[:32]: target for member in moved})
            pipe.expire(f"{self._base}moved", self._keep)
            pipe.execute()
        if not self._redis.exists(f"{self._base}s:{source.hex()}"):
            self._redis.zrem(f"{self._base}recent", source.hex())

    # --- looking up --------------------------------------------------------------------------------------------

    def _near(self, terms: Sequence[tuple[int, int]], at: float) -> list[Group]:
        shared: Counter[bytes] = Counter()
        days = range(int(at - self._settings.story_gap) // DAY, int(at + self._settings.story_gap) // DAY + 1)
        keys = [(term, self._bucket(day, term)) for term, _ in terms[:KEYS] for day in days]
        for (term, _), packed in zip(keys, self._redis.mget([key for _, key in keys]) if keys else [], strict=True):
            rest = _rest(term)
            shared.update(own for found, own in _POSTING.iter_unpack(packed or b"") if found == rest)
        near = [own for own, n in shared.most_common() if n >= SHARED]
        stories: dict[bytes, None] = {}
        for packed in self._redis.mget([f"{self._base}a:{own.hex()}" for own in near]) if near else []:
            if packed:
                stories[_HEAD.unpack_from(packed)[0]] = None
        groups = self._groups(list(stories)[:COMPARED])
        return [g for g in groups if g.reports and abs(g.reports[-1].at - at) <= self._settings.story_gap]

    def _groups(self, stories: Sequence[bytes]) -> list[Group]:
        with self._redis.pipeline(transaction=False) as pipe:
            for story in stories:
                pipe.zrange(f"{self._base}r:{story.hex()}", 0, -1)
            members = [[own.decode() for own in row] for row in pipe.execute()]
        flat = [own for row in members for own in row]
        values = self._redis.mget([f"{self._base}a:{own}" for own in flat]) if flat else []
        packed = dict(zip(flat, values, strict=True))
        return [
            Group(story.hex(), tuple(_report(own, raw) for own in row if (raw := packed[own])))
            for story, row in zip(stories, members, strict=True)
        ]

    def _root(self, story: bytes) -> bytes:
        for _ in range(64):
            keys = [f"{self._shards}{day}:merged" for day in self._days()]
            with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.hget(key, story)
                found = [value for value in pipe.execute() if value]
            if not found or found[-1] == story:
                return story
            story = found[-1]
        return story

    def _days(self) -> list[int]:
        return sorted(int(day) for day in self._redis.smembers(f"{self._shards}days"))

    def _bucket(self, day: int, term: int) -> str:
        return f"{self._base}t:{day}:{term % BUCKETS}"


def _rest(term: int) -> bytes:
    return (term // BUCKETS).to_bytes(3, "big")


def _report(own: str, packed: bytes) -> Report:
    _, at = _HEAD.unpack_from(packed)
    return Report(own, at, dict(_TERM.iter_unpack(packed[_HEAD.size :])))


def _name(story: bytes) -> str:
    return f"s{story.hex()}"
