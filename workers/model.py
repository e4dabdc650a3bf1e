"""The types that pass between the rooms: frozen, slotted, with a JSON round trip (`dump`, `load`).

Each type is made by one room (named in its docstring) and changed by none. Times are aware UTC datetimes; durations are
seconds; offsets are character offsets into the field that is named, end exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeVar, get_type_hints

from pydantic import GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")

Stage = Literal["fetch", "make", "index", "alert"]
STAGES: tuple[Stage, ...] = ("fetch", "make", "index", "alert")

Status = Literal[
    "indexed", "updated", "duplicate", "not_article", "not_arabic", "gone", "refused", "quarantined", "failed"
]
"""Outcomes of an entry. `duplicate`: indexed as a reprint of another article (`duplicate_of`). `failed` is not an end:
it is how `rasid explain` names an entry whose last attempt failed and that will be tried again."""

SUMMARY = "summary"
"""The `method` of an article that is only its feed's summary, because something stood before its page."""

ParagraphKind = Literal["paragraph", "heading", "quote", "item", "embed"]


def dump(value: object) -> bytes:
    """`value` (any type of this module) as compact UTF-8 JSON. `load` reads it back to an equal value."""
    return _adapter(type(value)).dump_json(value)


def load(kind: type[T], data: bytes | str) -> T:
    """Read what `dump` wrote. Unknown keys are ignored, so that an older worker reads a newer row."""
    result: T = _adapter(kind).validate_json(data)
    return result


def as_dict(value: object) -> dict[str, Any]:
    """`value` as JSON-ready plain data."""
    result: dict[str, Any] = _adapter(type(value)).dump_python(value, mode="json")
    return result


def _adapter(kind: Any) -> TypeAdapter[Any]:
    found = _ADAPTERS.get(kind)
    if found is None:
        found = _ADAPTERS[kind] = TypeAdapter(kind)
    return found


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


# --- what a person configures ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of one outlet's pages; data from config/feeds.yaml, each part optional."""

    body: tuple[str, ...] = ()
    """XPath expressions of the article's container, tried in order; empty: the general extraction."""
    drop: tuple[str, ...] = ()
    """XPath expressions removed before extraction."""
    title: str | None = None
    subtitle: str | None = None
    byline: str | None = None
    date: str | None = None
    """XPath expressions of fields whose general extraction fails on this outlet."""
    title_suffixes: tuple[str, ...] = ()
    """What the outlet appends to its titles ("البوابة" in "… | البوابة")."""
    summary_when_blocked: bool = False
    """Index the feed's own summary, marked as such, where the page is behind a wall."""
    verify_tls: bool = True
    looks: bool = True
    """Whether pages are looked at again for changes and deletion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A publisher; made by settings from config/feeds.yaml."""

    id: str
    name: str
    country: str = ""
    """ISO 3166-1 alpha-2, lower case; empty where an outlet belongs to none."""
    timezone: str = "UTC"
    """IANA zone that the outlet's zoneless dates are written in."""
    languages: tuple[str, ...] = ("ar",)
    site: str = ""
    note: str = ""
    profile: Profile = field(default_factory=Profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """An address that is polled; made by settings or `rasid feeds add`. `id` is `feed_id(url)` of its first address."""

    id: str
    url: str
    outlet: str
    title: str = ""
    language: str = "ar"
    min_interval: float | None = None
    max_interval: float | None = None
    """Seconds; None takes the bounds of settings."""


# --- poll and fetch ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What polling has learned of a feed; made by poll, kept by `FeedStates`."""

    feed: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    checked_at: datetime | None = None
    next_check_at: datetime | None = None
    interval: float = 900.0
    polls: int = 0
    errors: float = 0.0
    """Weighted failures since the last success (hard 1, soft 0.5, temporary 0.25)."""
    last_error: str | None = None
    last_status: int | None = None
    full_get_at: datetime | None = None
    polls_since_full: int = 0
    entries_per_week: float = 0.0
    last_new_at: datetime | None = None
    seen: tuple[str, ...] = ()
    """Ids of the entries of the last poll, newest first: what the next poll is compared with."""
    gaps: int = 0
    gone: bool = False
    moved_to: str | None = None
    moved_count: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One item of a feed; made by poll. `id` = `workers.poll.urls.entry_id(canonical url)`: 32 hex digits."""

    id: str
    feed: str
    outlet: str
    url: str
    """Canonical address."""
    link: str = ""
    """The address as the feed gives it: the one to ask, for a canonical one may lack what its server wants."""
    guid: str = ""
    title: str = ""
    summary: str = ""
    """Plain text."""
    content: str = ""
    """The item's full HTML where the feed carries it, else empty."""
    published: datetime | None = None
    published_source: str = ""
    """Which element the date came from, and how it was read (`pubDate`, `dc:date`, `first_seen`)."""
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A fetched page without its body; made by fetch. The body, decoded to text, is kept beside it (`Pages`)."""

    id: str
    entry: FeedEntry
    final_url: str
    status: int
    charset: str
    fetched_at: datetime
    archive: str | None = None
    """Position in the archive: `file.warc.gz:offset`."""
    feeds: tuple[str, ...] = ()
    etag: str = ""
    last_modified: str = ""
    """The answer's validators: what the next look at the page is conditional on."""
    body_hash: str = ""
    """Of the decoded text, 32 hex digits."""
    blocked: str = ""
    """Why there is no page (HTTP 402, a bot wall), so its feed's summary stands for it. Empty: there is one."""


# --- the making of an article ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One block of an article's text, whitespace collapsed, never empty."""

    text: str
    kind: ParagraphKind = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What a page says, before cleaning; made by extract."""

    title: str
    paragraphs: tuple[Paragraph, ...]
    subtitle: str = ""
    kicker: str = ""
    """The few words over the headline."""
    byline: str = ""
    published: datetime | None = None
    published_source: str = ""
    canonical_url: str | None = None
    """What the page's rel=canonical says, canonicalised; may point to another publisher."""
    image: str | None = None
    caption: str = ""
    language: str = ""
    """BCP 47 primary tag of the text as detected; empty: not decided."""
    method: str = ""
    """Which way of extraction gave the text (`trafilatura`, `profile`, `json-ld`, `feed`, `text`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """One piece of text that cleaning took out of the body, and the rule that did it."""

    rule: str
    text: str
    position: int
    """Index of the paragraph (in the extract) that it stood in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """The wire that a text comes from, and where it was filed. Empty strings where unknown."""

    agency: str = ""
    """Entity id of the agency (`afp`)."""
    place: str = ""
    """The dateline's place as printed (`بروكسل`)."""
    text: str = ""
    """The words as found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """The article's own words; made by clean."""

    title: str
    paragraphs: tuple[Paragraph, ...]
    subtitle: str = ""
    kicker: str = ""
    byline: str = ""
    caption: str = ""
    credit: Credit = field(default_factory=Credit)
    removed: tuple[Removed, ...] = ()

    @property
    def body(self) -> str:
        """The paragraphs, one a line; the field that mention offsets and highlights refer to."""
        return "\n".join(p.text for p in self.paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One identity of the catalogue (config/entities)."""

    id: str
    kind: str
    """`person`, `organisation`, `place`, `event`, `other`."""
    name: str
    latin: str = ""
    aliases: tuple[str, ...] = ()
    wikidata: str = ""
    country: str = ""
    note: str = ""


class Mention(NamedTuple):
    """A name in the text; made by tag. The span selects the name as printed, without attached proclitics.

    A tuple, for it is made thirty times an article: a frozen dataclass takes four times as long. JSON has its names.
    """

    entity: str | None
    """Entity id, or None for a name without identity."""
    kind: str
    surface: str
    field: str
    """`title`, `subtitle`, `body`, `byline` or `caption`."""
    start: int
    end: int
    confidence: float = 1.0

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        types = get_type_hints(cls)
        rows = {
            name: core_schema.typed_dict_field(handler.generate_schema(kind), required=name not in cls._field_defaults)
            for name, kind in types.items()
        }
        return core_schema.no_info_after_validator_function(
            lambda row: cls(**row),
            core_schema.typed_dict_schema(rows),
            serialization=core_schema.plain_serializer_function_ser_schema(cls._asdict),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """All that tag found in one article."""

    mentions: tuple[Mention, ...] = ()
    related: tuple[str, ...] = ()
    """Entities that inflected words point to without naming them (الروسية, "Russian" → the state)."""
    about: tuple[str, ...] = ()
    """Entities that the article is about rather than only mentions, the most salient first (`tag.salience`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What recognises a text again; made by dedupe over folded words."""

    exact: str
    """Hash of all words, 32 hex digits; empty where a text has too few words to be recognised."""
    sketch: tuple[int, ...] = ()
    """FracMinHash: the 64-bit hashes of word shingles that fall under the sampling bound, in the order of the text."""
    words: str = ""
    """A byte of each word's hash in hex, in order: enough to compare two texts word by word."""
    terms: tuple[tuple[int, int], ...] = ()
    """What the article is about: 32-bit hashes of its weightiest words, each with its weight (1..255)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinship:
    """How an article stands to others; made by dedupe's look-up."""

    duplicate_of: str | None = None
    story: str = ""
    similarity: float = 0.0
    """How much of the smaller text is found in the nearest other, edits allowed, 0..1."""
    nearest: str | None = None
    """The article that `similarity` refers to."""
    relation: str = ""
    """`exact`, `reprint` (half of it verbatim), `rewrite` (edited throughout), `contained` (a short text inside
    `nearest`), `contains` (the other way; no duplicate) or `canonical` (its page names `duplicate_of` as original)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """Everything that is known of one article, joined once by the pipeline. `id` = id of its entry."""

    id: str
    url: str
    canonical_url: str
    outlet: str
    country: str = ""
    language: str = "ar"
    feeds: tuple[str, ...] = ()
    title: str
    subtitle: str = ""
    kicker: str = ""
    byline: str = ""
    published: datetime | None = None
    published_source: str = ""
    credit: Credit = field(default_factory=Credit)
    paragraphs: tuple[Paragraph, ...] = ()
    image: str | None = None
    caption: str = ""
    removed: tuple[Removed, ...] = ()
    mentions: tuple[Mention, ...] = ()
    related: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    kinship: Kinship = field(default_factory=Kinship)
    first_seen_at: datetime
    updated_at: datetime
    revision: int = 1
    rules_version: str = ""
    text_hash: str = ""
    """Exact hash of the folded text: an unchanged one makes no new revision."""
    archive: str | None = None
    method: str = ""
    deleted_at: datetime | None = None
    """When the outlet's page was found gone, twice; the article stays."""

    @property
    def body(self) -> str:
        """The paragraphs, one a line; the field that mention offsets and highlights refer to."""
        return "\n".join(p.text for p in self.paragraphs)


# --- outcomes and alerts -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a stage ended for an entry; made by every stage. The one with a final status is the entry's end."""

    entry: str
    stage: str
    status: str
    reason: str = ""
    at: datetime


RuleKind = Literal["match", "frequency", "spike", "new_name", "silence", "change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When a rule wakes nobody: from `start` to `end`, minutes after local midnight (start > end: over midnight)."""

    start: int
    end: int
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    """Days on which the quiet begins; Monday is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """A standing question; made by settings from config/alerts.yaml or by `rasid alerts add`."""

    id: str
    query: str
    name: str = ""
    channels: tuple[str, ...] = ()
    per: Literal["story", "article"] = "story"
    throttle: float = 0.0
    """Seconds in which this rule sends at most one message; 0: no throttle."""
    severity: Literal["low", "normal", "high"] = "normal"
    enabled: bool = True
    kind: RuleKind = "match"
    window: float = 3600.0
    """Seconds that `frequency`, `spike` and `silence` look at; the reference period of `new_name`."""
    least: int = 1
    """Articles that must be in the window before `frequency` or `spike` fires."""
    factor: float = 3.0
    """How many times the expected count a `spike` must reach."""
    names: tuple[str, ...] = ()
    """Entity kinds that `new_name` looks at; empty: all."""
    quiet: QuietHours | None = None
    digest: str = ""
    """Cron expression (in `timezone`): alerts are gathered and sent as one message at these times. Empty: at once."""
    timezone: str = "UTC"
    follow_up: bool = False
    """One later message that says how many more outlets carry the story."""
    owner: str = ""
    labels: tuple[str, ...] = ()
    expires: datetime | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A rule met an article. `id` = hash(rule, story or article): the same meeting is the same alert."""

    id: str
    rule: str
    article: str
    story: str = ""
    at: datetime
    highlights: tuple[str, ...] = ()
    """Sentences that matched, the words between U+0002 and U+0003."""
    delivered_at: datetime | None = None
    channels: tuple[str, ...] = ()
    """Where it is to go; an alert from `Outbox.due` names the one channel that is due."""
    release: datetime | None = None
    """Not to be sent before (digest, quiet hours); alerts of a rule held to the same moment go as one message."""
    throttle: float = 0.0
    """The rule's throttle, seconds."""
    reason: str = ""
    """Why it fired, in words, where the highlights do not say it (kinds other than `match`)."""
    extra: dict[str, Any] = field(default_factory=dict)
