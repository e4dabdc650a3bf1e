"""What tasks, cli and the page need of the outside, as Protocols. The pure rooms get none.

Implementations: `store.feeds` (FeedStates), `store.ledger` (Ledger), `store.duplicates` (Duplicates), `store.outbox`
(Outbox), `store.archive` (Archive), `store.embedded` and `index.elastic` (ArticleIndex).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, Protocol

from workers.model import Alert, Article, Feed, FeedEntry, FeedState, Fingerprint, Kinship, Outcome, Stage

if TYPE_CHECKING:
    from workers.clean.learn import LineCount, Ruling
    from workers.search.tree import Query


# --- feeds -------------------------------------------------------------------------------------------------------


class FeedStates(Protocol):
    """Which feeds there are, when each is due, and what polling has learned of it."""

    def add(self, feed: Feed, *, due: datetime) -> bool:
        """Register `feed`, due at `due`. False, and nothing changes, when it is known already."""

    def remove(self, feed: str) -> bool: ...
    def feeds(self) -> list[Feed]: ...
    def feed(self, feed: str) -> Feed | None: ...
    def claim_due(self, *, now: datetime, limit: int, lease: float) -> list[str]:
        """Atomically take up to `limit` feeds that are due; each comes back after `lease` seconds unless settled."""

    def state(self, feed: str) -> FeedState: ...
    def settle(self, state: FeedState, event: Mapping[str, Any]) -> None:
        """Keep the state, make the feed due at `state.next_check_at`, append `event` to its history (the last 30)."""

    def history(self, feed: str) -> list[dict[str, Any]]:
        """Poll events, newest first."""


# --- the ledger --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry's place in the flow. `stage` is what is to be done next; None when the entry has its final outcome."""

    id: str
    stage: Stage | None
    attempts: int
    entry: FeedEntry
    feeds: tuple[str, ...]
    first_seen: datetime
    status: str = ""
    reason: str = ""
    next_at: datetime | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """What earlier stages noted of the entry (`text_hash`, `revision`); small strings."""
    token: str = ""
    """The claim's fencing token; empty in a row that was only read."""


class Ledger(Protocol):
    """The truth about every entry. Celery messages only hint at it; every move is one atomic script."""

    def offer(self, entries: Sequence[FeedEntry], *, now: datetime) -> list[str]:
        """Write all of them. Known ones learn the feed that offered them; a settled one whose feed now says something
        else (title, date) is opened again. Returns the ids that are to be fetched, in order."""

    def claim(self, stage: Stage, ids: Sequence[str], *, lease: float, now: datetime) -> list[Row]:
        """Take those of `ids` that wait at `stage` and nobody holds, for `lease` seconds; each claim is an attempt."""

    def advance(
        self,
        row: Row,
        outcome: Outcome,
        to: Stage | None,
        *,
        payloads: Mapping[str, bytes | None] = ...,
        facts: Mapping[str, str] = ...,
    ) -> bool:
        """Settle the claimed stage, its payloads (None deletes one) and facts at once. `to` None ends the entry.

        A final status in `outcome` is the entry's outcome from then on, also where stages still follow (alert).
        False, and nothing changes, when the claim was lost to another worker meanwhile.
        """

    def postpone(self, row: Row, outcome: Outcome, *, until: datetime, burn: bool) -> bool:
        """Give the claim back, to be done again at `until`. `burn` False takes the attempt back as well."""

    def quarantine(self, row: Row, outcome: Outcome, *, evidence: Mapping[str, bytes] = ...) -> bool:
        """End the entry as quarantined; its payloads and `evidence` stay until a person rules."""

    def release(self, entry: str, *, now: datetime) -> bool:
        """Send a quarantined entry back to the stage that it was stuck at, with no attempts counted."""

    def quarantined(self, *, limit: int) -> list[Row]:
        """Quarantined entries, newest first."""

    def due(self, stage: Stage, *, now: datetime, limit: int, hide: float) -> list[str]:
        """Ids that wait at `stage` and are due, hidden from the next call for `hide` seconds (the sweeper asks)."""

    def payload(self, entry: str, name: str) -> bytes | None: ...
    def payloads(self, ids: Sequence[str], name: str) -> dict[str, bytes]: ...
    def row(self, entry: str) -> Row | None: ...
    def trail(self, entry: str) -> list[Outcome]:
        """Every stage's outcomes in order of time."""

    def counts(self) -> dict[str, int]:
        """Waiting entries by stage (`pending:fetch`) and ended ones by status (`outcome:indexed`)."""


# --- recognising -------------------------------------------------------------------------------------------------


class Duplicates(Protocol):
    """Sketches of the articles of a sliding window."""

    def relate(self, article: str, fingerprint: Fingerprint, *, at: datetime) -> Kinship:
        """Find what `article` is a reprint of and remember it, in one atomic step. Twice gives the same answer."""


# --- learned boilerplate -----------------------------------------------------------------------------------------


class Lines(Protocol):
    """Which lines recur on an outlet's pages, and what a person ruled of them."""

    def observe(self, outlet: str, page: str, lines: Sequence[str]) -> bool:
        """Count each of a page's candidate lines (`clean.learn.candidates`) once. False when the page was counted."""

    def learned(self, outlet: str) -> Mapping[str, str]:
        """Folded line → evidence ("34-of-50"), of the lines to remove: what `Cleaner.clean` takes."""

    def counts(self, outlet: str) -> list[LineCount]:
        """The outlet's lines that stood on more than one page or are ruled, most frequent first."""

    def outlets(self) -> list[str]: ...
    def rule(self, outlet: str, line: str, ruling: Ruling) -> None:
        """A person's word on a line (as read or folded); the empty ruling takes it back."""


# --- the index ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the index said of one article. `stored` and `older` (a newer one is there already) settle it."""

    id: str
    result: Literal["stored", "older", "wait", "rejected"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A parsed question to an index."""

    query: Query
    since: datetime | None = None
    until: datetime | None = None
    outlets: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    sort: Literal["relevance", "newest", "oldest"] = "relevance"
    limit: int = 10
    offset: int = 0
    fold_stories: bool = False
    facets: tuple[str, ...] = ()
    written: Query | None = None
    """The query as it was typed, before names were expanded; what slips of the pen are looked for in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One found article. Highlights are fragments of the printed text, the words between U+0002 and U+0003."""

    article: Article
    score: float
    highlights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """The answer to a `SearchRequest`."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What the reader should know ("few hits: similar spellings were searched too")."""
    meant: Mapping[str, str] = field(default_factory=dict)
    """Words that were read as another word as well, because the index hardly knows them."""
    as_typed: int | None = None
    """How many the query found before words were read otherwise; None where none was."""
    instead: tuple[tuple[str, int], ...] = ()
    """Where nothing was found: queries that find something, and how many articles."""


@dataclass(frozen=True, slots=True)
class NearWord:
    """A word of the index near one that was asked for, and in how many articles it stands."""

    word: str
    articles: int


SCAN_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Which articles to go through, by when they were first seen: `since` <= first seen < `until`; None is open."""

    since: datetime | None = None
    until: datetime | None = None
    outlets: tuple[str, ...] = ()
    unless_version: str = ""
    """Articles whose `rules_version` fits this pattern (`*` stands for anything) are left out; empty: none is."""

    def is_done(self, rules_version: str) -> bool:
        """Whether an article of that version is left out."""
        return bool(self.unless_version) and fnmatchcase(rules_version, self.unless_version)


class ArticleIndex(Protocol):
    """Where articles are kept and found: Elasticsearch, or SQLite FTS5. The same words and answers in both."""

    name: str

    def init(self) -> list[str]:
        """Make what is missing; harmless when all is there. Returns what was done, in words."""

    def put(self, articles: Sequence[Article]) -> list[Verdict]:
        """Store each by its id unless a newer one is there (`updated_at`); one verdict an article."""

    def remove(self, ids: Sequence[str]) -> int:
        """Delete articles; how many there were."""

    def remove_before(self, moment: datetime) -> int:
        """Delete articles first seen before `moment`; how many."""

    def scan(self, wanted: Scan) -> Iterator[list[Article]]:
        """Articles in batches (`SCAN_BATCH` at most), oldest first. What is written meanwhile may come or not."""

    def get(self, article: str) -> Article | None: ...
    def by_url(self, url: str) -> Article | None: ...
    def search(self, request: SearchRequest) -> Hits: ...
    def counts(self, queries: Sequence[Query]) -> list[int]:
        """How many articles each query (written or resolved) finds; one round trip where there is a server."""

    def near_words(self, word: str, slips: int) -> list[NearWord]:
        """Words as printed (folded) at most `slips` edits from `word`, with the articles whose body has them."""

    def stats(self) -> dict[str, Any]:
        """At least `articles`, `bytes`, `last_indexed` (ISO time or None), `name`, `healthy`."""

    def refresh(self) -> None:
        """Make what was put findable now (tests and the demo's end; never in the flow)."""

    def close(self) -> None: ...


# --- alerts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """What the index keeps of an alert, so that a Redis that lost everything neither sends nor forgets it.

    `alert` None: only a mark, that `article` met `rule` and is told by the alert `told`.
    """

    id: str
    told: str
    rule: str
    article: str
    at: datetime
    version: int = 1
    """Grows with every change; an older one never replaces a newer one."""
    alert: Alert | None = None
    state: str = "mark"
    """`waiting`, `held`, `sent`, `dead`, `snoozed`, `recorded` (it has no channel) or `mark`."""
    deliveries: Mapping[str, str] = field(default_factory=dict)
    """Channel → `waiting`, `sending`, `sent` or `dead`."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Channel → why the last attempt failed."""
    held_until: datetime | None = None
    """The end of the digest, quiet hours or throttle that it is held to."""
    again: int = 0
    """How often it was sent again on request; part of the delivery id."""
    delivered_at: datetime | None = None
    acked: str = ""
    """"<ISO time> <who>"; empty: not yet."""


class AlertHistory(Protocol):
    """Alert records beside the articles. Every call raises `Retry` while the index is away."""

    def init(self) -> list[str]:
        """Make what is missing; what was done, in words."""

    def put(self, records: Sequence[AlertRecord]) -> None:
        """Write each by its id, unless a newer version is there."""

    def get(self, ids: Sequence[str]) -> dict[str, AlertRecord]:
        """The records of `ids` that are known, as last put."""

    def latest(self, *, limit: int, rule: str | None = None) -> list[AlertRecord]:
        """Alerts (no marks), newest first."""

    def open(self, since: datetime) -> Iterator[AlertRecord]:
        """Alerts made after `since` that wait, are held or were given up, oldest first."""


class Outbox(Protocol):
    """Alerts, recorded before they are sent."""

    def record(self, alerts: Iterable[Alert]) -> list[Alert]:
        """Write those that are not known; returns the new ones."""

    def due(self, *, now: datetime, limit: int, lease: float) -> list[Alert]: ...
    def delivered(self, alert: str, channel: str, *, at: datetime) -> None: ...
    def history(self, *, limit: int) -> list[Alert]: ...


# --- evidence ----------------------------------------------------------------------------------------------------


class Archive(Protocol):
    """Pages as they came over the wire."""

    def write(
        self,
        url: str,
        *,
        status: int,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        at: datetime,
        about: bytes = ...,
    ) -> str:
        """Append one record, and what is known of the page besides (`about`, JSON); returns its position."""

    def read(self, position: str) -> tuple[str, Sequence[tuple[str, str]], bytes]:
        """The url, headers and body at `position`."""
