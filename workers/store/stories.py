"""Stories in Redis: which reports are of one event, and who printed them. Only live stories take room.

Under `<prefix>:story:`, each key gone some time after its last change left the window (ids and hashes as bytes):

* `a:<report>`: story (8 bytes), time (8), article (16), terms (5 each). A report is one text; its reprints share it.
* `p:<report>`: its reprints, 24 bytes each: article (16), time (8).
* `r:<story>`: its reports, 8 bytes each, where it has others than the one that it is named by.
* `t:<day>:<bucket>`: packed postings of 11 bytes: 3 of a term's hash, 8 of the report's id. `t:<day>`: there are some.
* `h:<hour>`: the stories that got an article of that hour. `version`: grows with every change.
* `moved`: articles whose story changed after they were given one.

A story is named by a report that is in it, so that any report leads to its story, and a merged name to the new one.
Two scripts place a report (`stories.lua`): one reads what is near, with the version; one writes what was decided,
unless another worker changed the stories meanwhile, and then it is decided anew. Nobody waits for anybody.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from workers.dedupe.stories import Group, Placement, Report, place
from workers.errors import Retry
from workers.model import Fingerprint
from workers.settings import DedupeSettings

if TYPE_CHECKING:
    import redis

DAY = 86400
HOUR = 3600
BUCKETS = 16384
KEYS = 12
"""A report is looked up by so many of its heaviest terms …"""
SHARED = 2
"""… and stories are compared that share at least so many of them with one report, the likest first …"""
COMPARED = 24
REPORTS = 24
"""… each by its first and its latest reports, so that a story of hundreds costs no more."""
TRIES = 200
"""Placements that lose against other workers before the article waits; each loss means that another one won."""
PAIRS = 1000
"""Tries to bring two stories together after which one of them must have left the window."""
_STORY = re.compile("s[0-9a-f]{16}")
_HEAD, _TERM, _TIME = struct.Struct(">8sd16s"), struct.Struct(">IB"), struct.Struct(">d")
_REPRINT = struct.Struct(">16sd")


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
        self.base = f"{prefix}:story:".encode()
        self._pairs = f"{prefix}:dup:merges"
        self._settings = settings
        self._keep = (-(-int(settings.window) // DAY) + 1) * DAY
        self._script = redis.register_script(files("workers.store").joinpath("stories.lua").read_text("utf-8"))
        self._forget = redis.register_script(_FORGET)

    # --- placing -----------------------------------------------------------------------------------------------

    def place(self, article: str, text: bytes, fingerprint: Fingerprint, *, at: datetime) -> str:
        """The story of `article`. `text`: the first print of its text (8 bytes of an article id).

        Raises `Retry` where other workers were quicker too often; asking again goes on where it stopped.
        """
        moment, terms = at.timestamp(), _keys(fingerprint.terms)
        for _ in range(TRIES):
            placed, first, *near = self._near(article, text, terms, moment)
            if placed:
                return _name(first)
            report = Report(text.hex(), moment, dict(fingerprint.terms))
            decided = place(report, list(_groups(near, moment, self._settings.story_gap)), self._settings)
            if story := self._settle(first, article, report, decided, terms):
                return _name(story)
        raise Retry("stories are being placed by other workers", after=1, burn_attempt=False)

    def remember(self, article: str, text: bytes, story: str, fingerprint: Fingerprint, *, at: datetime) -> None:
        """Put `article` into the story that an index knows it in, after a loss; a text that is placed stays there.

        A `story` that is none of ours (of an article made without its kin) is the text's own.
        """
        moment, terms = at.timestamp(), _keys(fingerprint.terms)
        told = story[1:] if _STORY.fullmatch(story) else text.hex()
        report = Report(text.hex(), moment, dict(fingerprint.terms))
        for _ in range(TRIES):
            placed, version, *_rest = self._near(article, text, b"", moment)
            if placed or self._settle(version, article, report, Placement(told), terms):
                return
        raise Retry("stories are being placed by other workers", after=1, burn_attempt=False)

    def bring_together(self) -> int:
        """Merge stories that a text printed in both showed to be one, also for a worker that died over it."""
        return int(self._script(keys=[self.base], args=["together", self._pairs, self._keep, PAIRS]))

    def _near(self, article: str, text: bytes, terms: bytes, at: float) -> list[Any]:
        gap = self._settings.story_gap
        days = int(at - gap) // DAY, int(at + gap) // DAY
        args: list[Any] = ["near", text, bytes.fromhex(article), _TIME.pack(at), self._keep, terms, *days]
        found: list[Any] = self._script(keys=[self.base], args=[*args, SHARED, COMPARED, REPORTS])
        return found

    def _settle(self, version: bytes, article: str, report: Report, decided: Placement, terms: bytes) -> bytes | None:
        packed = b"".join(_TERM.pack(*term) for term in report.terms.items())
        record = _HEAD.pack(bytes.fromhex(decided.story), report.at, bytes.fromhex(article)) + packed
        hour, day = int(report.at) // HOUR, int(report.at) // DAY
        args: list[Any] = ["settle", version, self._keep, bytes.fromhex(report.id), record, hour, day, terms]
        groups = [bytes.fromhex("".join(group)) for group in (decided.merged, *decided.split)]
        story: bytes | None = self._script(keys=[self.base], args=[*args, *groups])
        return story

    # --- looking up --------------------------------------------------------------------------------------------

    def story_of(self, text: bytes) -> str:
        """The story that a text is in now; one that is not known names itself."""
        return _name(self._redis.getrange(self.base + b"a:" + text, 0, 7) or text)

    def story(self, story: str) -> StoryRow | None:
        """A story by its id, or by one that was merged into it."""
        name = self.story_of(bytes.fromhex(story[1:]))
        articles = self._articles(bytes.fromhex(name[1:]))
        return StoryRow(name, articles) if articles else None

    def _articles(self, story: bytes) -> tuple[tuple[str, datetime], ...]:
        packed = self._redis.get(self.base + b"r:" + story) or story
        reports = [packed[i : i + 8] for i in range(0, len(packed), 8)]
        records = self._redis.mget([self.base + kind + report for kind in (b"a:", b"p:") for report in reports])
        found: list[tuple[float, bytes]] = []
        for record, reprints in zip(records[: len(reports)], records[len(reports) :], strict=True):
            if record is not None:
                _, at, article = _HEAD.unpack_from(record)
                found.append((at, article))
                found += [(time, print_) for print_, time in _REPRINT.iter_unpack(reprints or b"")]
        return tuple((article.hex(), datetime.fromtimestamp(at, UTC)) for at, article in sorted(found))

    def recent(self, *, since: datetime, limit: int = 1000) -> list[StoryRow]:
        """Stories with an article since then, the latest first."""
        start = int(since.timestamp()) // HOUR
        hours = range(start, start + self._keep // HOUR + 1)
        named: dict[str, None] = {}
        for packed in reversed(self._redis.mget([self.base + f"h:{hour}".encode() for hour in hours])):
            for i in range(len(packed or b"") - 8, -1, -8):
                named[_name(packed[i : i + 8])] = None
        rows: dict[str, StoryRow] = {}
        for name in named:
            row = self.story(name)
            if row and row.id not in rows and row.articles[-1][1] >= since:
                rows[row.id] = row
                if len(rows) == limit:
                    break
        return sorted(rows.values(), key=lambda row: row.articles[-1][1], reverse=True)

    def all(self) -> Iterator[StoryRow]:
        """Every story that has a report in the window; reads all keys, for measurements."""
        seen: set[bytes] = set()
        for key in self._redis.scan_iter(self.base + b"a:*", count=5000):
            story = self._redis.getrange(key, 0, 7)
            if story not in seen:
                seen.add(story)
                yield StoryRow(_name(story), self._articles(story))

    # --- what changed ------------------------------------------------------------------------------------------

    def moved(self, limit: int) -> dict[str, str]:
        """Articles whose story was merged or split after they were given one, with the story that they are in now."""
        found: dict[str, str] = {}
        for article, story in self._redis.hscan_iter(self.base + b"moved", count=limit):
            found[article.hex()] = _name(story)
            if len(found) >= limit:
                break
        return found

    def note_moved(self, moved: Mapping[str, str]) -> None:
        """The index knows of these now; one that moved again meanwhile stays noted."""
        for article, story in moved.items():
            self._forget(keys=[self.base + b"moved"], args=[bytes.fromhex(article), bytes.fromhex(story[1:])])


def _keys(terms: Sequence[tuple[int, int]]) -> bytes:
    """Bucket (2 bytes) and rest (3) of the heaviest terms."""
    return b"".join(
        (term % BUCKETS).to_bytes(2, "big") + (term // BUCKETS).to_bytes(3, "big") for term, _ in terms[:KEYS]
    )


def _groups(near: Sequence[bytes], at: float, gap: float) -> Iterator[Group]:
    """The stories of an answer that are not over: reports with their records, those of a story together."""
    stories: dict[bytes, list[Report]] = {}
    for own, record in zip(near[::2], near[1::2], strict=True):
        story, time, _ = _HEAD.unpack_from(record)
        report = Report(own.hex(), time, dict(_TERM.iter_unpack(record[_HEAD.size :])))
        stories.setdefault(story, []).append(report)
    for story, reports in stories.items():
        reports.sort(key=lambda report: (report.at, report.id))
        if abs(reports[-1].at - at) <= gap:
            yield Group(story.hex(), tuple(reports))


def _name(story: bytes) -> str:
    return f"s{story.hex()}"
