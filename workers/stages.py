"""The stages of the flow, without the queue: each takes ids, asks the ledger, works, and says whom to hint next.

    sweep ─► poll ─► fetch ─► make ─► index ─► alert ─► deliver

Every function may run twice, at once, or be killed anywhere: claims and settles in the ledger are what counts. Work
that cannot be done ends by one of the exits of `workers.errors`, which `attempt` writes down.
"""

from __future__ import annotations

import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from workers import looks, loss, originals, push
from workers.alert.deliver import deliver_due
from workers.clean.drift import sighting
from workers.clean.learn import candidates
from workers.errors import Drop, Quarantine, Retry, UserError
from workers.exits import attempt, jail, outcome, wait
from workers.fetch.pages import fetch_page
from workers.fetch.turn import turn
from workers.model import STAGES, Article, Feed, FeedState, Page, Stage, dump, load
from workers.poll.poll import feed_url, poll_feed
from workers.poll.urls import entry_id, host_of, leads_to
from workers.ports import Row, Verdict
from workers.pressure import feel, polls_allowed
from workers.store.events import poll_event
from workers.store.meters import BULK, POLLS, CountedDeliveries, poll_result
from workers.store.shift import SLACK
from workers.wiring import Parts

log = structlog.get_logger("rasid")

FEEDS_A_MESSAGE = 4
"""Polls wait for slow hosts; a small batch keeps one of them from holding up many."""
_GROUPS_AT_ONCE = 8
_MOVED_AT_ONCE = 200
_EVENTS_AT_ONCE = 1000
_EVENTS_A_TURN = 20_000
_PATIENCE = 20.0
"""Seconds that a fetch task waits for paced hosts before it hands entries back to the ledger."""


# --- sweep -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Work:
    """What a sweep found to be due, in batches."""

    feeds: list[list[str]]
    entries: dict[Stage, list[list[str]]]
    alerts: bool
    moved: bool
    """Whether stories changed under articles that may be indexed."""
    events: bool = False
    """Whether polls and outcomes wait to become documents."""
    retire: bool = False
    """Whether this sweep is the day's first: what is past its time is to be removed."""
    audit: bool = False
    """Whether the day's audit of the ledger is due."""
    push: bool = False
    """Whether a hub is to be asked, or one has delivered."""


def sweep(parts: Parts) -> Work:
    """What is due and unsettled. Claims feeds, and hides the entries that it names for a while."""
    now, worker = _now(), parts.settings.worker
    _notice_clock(parts, now)
    loss.note_birth(parts, now)
    pressure = feel(parts, now=now)
    if pressure.level < 1:  # a second look is new work, as a poll is
        looks.open_due(parts, now)
    entries: dict[Stage, list[list[str]]] = {}
    for stage in STAGES:
        if stage == "fetch" and pressure.holds_fetch:  # a page more could not be kept: it waits where it is
            continue
        ids = parts.ledger.due(stage, now=now, limit=worker.sweep_limit, hide=worker.hint_again)
        entries[stage] = batches(ids, worker.batch)
    allowed = _polls_allowed(parts, pressure.level)
    feeds = parts.feeds.claim_due(now=now, limit=allowed, lease=parts.settings.poll.lease) if allowed else []
    parts.heartbeat(now)
    parts.schema.stamp()
    _mend_outbox(parts, now)
    alerts = parts.outbox.waiting(now=now) > 0
    moved = originals.waiting(parts) or bool(parts.duplicates.stories.moved(1))
    events = parts.events is not None and parts.events.waiting() > 0
    retire, audited = parts.first_today("retire", now), parts.first_today("audit", now)
    pushes = bool(parts.settings.poll.push_url) and parts.push.waiting(now=now)
    return Work(
        batches(feeds, FEEDS_A_MESSAGE),
        entries,
        alerts,
        moved,
        events=events,
        retire=retire,
        audit=audited,
        push=pushes,
    )


def _notice_clock(parts: Parts, now: datetime) -> None:
    """A clock that was set back would keep everything waiting until it is where it was."""
    last = parts.last_sweep()
    if last is not None and (back := (last - now).total_seconds()) > SLACK:
        moved = parts.shift.bring_forward(back, now=now)
        log.error("the clock went back", seconds=round(back), brought_forward=moved)


def _mend_outbox(parts: Parts, now: datetime) -> None:
    """After a loss of Redis, unsent alerts come back from the index; what the index has not seen goes there."""
    with suppress(Retry):  # the index is away: the next sweep asks again
        parts.outbox.recover(now=now)
        parts.outbox.flush()


def _polls_allowed(parts: Parts, level: float) -> int:
    config = parts.settings
    return polls_allowed(
        level,
        feeds=parts.feeds.count() if level else 0,
        most=config.worker.polls_a_tick,
        tick=config.worker.tick,
        interval=config.poll.first_interval,
        chance=parts.random.random(),
    )


def batches(ids: Sequence[str], size: int) -> list[list[str]]:
    """`ids` in order, so many a message."""
    return [list(ids[i : i + size]) for i in range(0, len(ids), size)]


# --- poll --------------------------------------------------------------------------------------------------------


def poll(parts: Parts, feeds: Iterable[str]) -> list[str]:
    """Poll each feed; entries are durable in the ledger before the feed's validators are kept. Ids to fetch."""
    found: list[str] = []
    for feed_id in feeds:
        feed = parts.feeds.feed(feed_id)
        if feed is None:  # removed since it was claimed
            continue
        state = parts.feeds.state(feed_id)
        host = host_of(feed_url(feed, state))
        with parts.shares.hold(host) as granted:
            wait = parts.hosts.acquire(host, _now()) if granted else parts.settings.fetch.host_gap
            if granted and not wait:
                found += _poll(parts, feed, state, host)
            else:
                parts.feeds.hasten(feed_id, due=_now() + timedelta(seconds=wait))
    return found


def _poll(parts: Parts, feed: Feed, state: FeedState, host: str) -> list[str]:
    with turn(parts.hosts, host, parts.client, _now) as client:
        polled = poll_feed(
            feed,
            state,
            outlet=parts.outlet(feed.outlet),
            client=client,
            settings=parts.settings.poll,
            now=_now(),
            rng=parts.random,
            pushed=push.pushed(parts, feed.id),
        )
    new = parts.ledger.offer(polled.entries, now=_now())
    polled = push.after_poll(parts, feed, polled, new)
    event = polled.event | {"new": len(new)}
    parts.feeds.settle(polled.state, event)
    if parts.events is not None:
        parts.events.add("polls", *poll_event(feed, event))
    log.info("polled", feed=feed.id, url=feed.url, **event)
    parts.meters.add(POLLS, {(poll_result(event),): 1})
    return new


# --- fetch -------------------------------------------------------------------------------------------------------


def fetch(parts: Parts, ids: Sequence[str]) -> list[str]:
    """Fetch the pages of `ids`, hosts side by side, one host's pages in turn. Ids to make."""
    rows = parts.ledger.claim("fetch", ids, lease=parts.settings.worker.lease_fetch, now=_now())
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[host_of(row.entry.link or row.entry.url)].append(row)
    until = time.monotonic() + _PATIENCE
    with ThreadPoolExecutor(max(1, min(_GROUPS_AT_ONCE, len(groups)))) as pool:
        done = pool.map(lambda item: _fetch_host(parts, item[0], item[1], until), groups.items())
    return [id_ for part in done for id_ in part]


def _fetch_host(parts: Parts, host: str, rows: list[Row], until: float) -> list[str]:
    with parts.shares.hold(host) as granted:
        work = partial(_fetch_one, parts, host, until=until) if granted else partial(_crowded, parts)
        return [row.id for row in rows if attempt(parts, row, "fetch", partial(work, row))]


def _crowded(parts: Parts, _row: Row) -> bool:
    raise Retry("its host holds a quarter of the workers", after=parts.settings.fetch.host_gap, burn_attempt=False)


def _fetch_one(parts: Parts, host: str, row: Row, until: float) -> bool:
    _wait_for(parts, host, until)
    if looks.is_second(row):
        return looks.fetch(parts, row)
    with turn(parts.hosts, host, parts.client, _now) as client:
        page, html = fetch_page(
            row.entry,
            client=client,
            outlet=parts.outlet(row.entry.outlet),
            robots=parts.robots,
            archive=parts.archive,
            now=_now(),
            summaries=True,
        )
    _follow_link(parts, row, page)
    page = replace(page, feeds=row.feeds)
    packed = zlib.compress(html.encode("utf-8", "surrogatepass"), 3)
    payloads: dict[str, bytes | None] = {"page": dump(page), "html": packed}
    return parts.ledger.advance(row, outcome(row, "fetch", "fetched", page.charset), "make", payloads=payloads)


def _follow_link(parts: Parts, row: Row, page: Page) -> None:
    """A feed proxy's or shortener's link is no article: the address that it led to is offered in its place."""
    if target := leads_to(row.entry.url, page.final_url):
        entry = replace(row.entry, id=entry_id(target), url=target, link=page.final_url)
        parts.ledger.offer([entry], now=_now())
        raise Drop("not_article", f"a link; the article is {target}")


def _wait_for(parts: Parts, host: str, until: float) -> None:
    """Take the host's turn; raises `Retry` without burning the attempt where that takes longer than `until`, or the
    pages before took as long: all were claimed together, and their lease must not end while they wait."""
    if time.monotonic() > until:
        raise Retry("the pages before it took long", after=1.0, burn_attempt=False)
    while (wait := parts.hosts.acquire(host, _now())) > 0:
        if time.monotonic() + wait > until:
            raise Retry("host is paced", after=wait, burn_attempt=False)
        time.sleep(wait)


# --- make --------------------------------------------------------------------------------------------------------


def make(parts: Parts, ids: Sequence[str]) -> list[str]:
    """Make the articles of `ids`. Each is claimed alone: a page that kills its process takes no other along."""
    return [
        row.id for row in _claim_each(parts, "make", ids) if attempt(parts, row, "make", partial(_make, parts, row))
    ]


def _claim_each(parts: Parts, stage: Stage, ids: Sequence[str]) -> Iterator[Row]:
    for id_ in ids:
        yield from parts.ledger.claim(stage, [id_], lease=parts.settings.worker.lease_make, now=_now())


def _make(parts: Parts, row: Row) -> bool:
    raw_page, packed = parts.ledger.payload(row.id, "page"), parts.ledger.payload(row.id, "html")
    if raw_page is None or packed is None:
        raise Quarantine("the fetched page is missing from Redis")
    page, html = load(Page, raw_page), zlib.decompress(packed).decode("utf-8", "surrogatepass")
    outlet = parts.outlet(row.entry.outlet)
    learned = parts.lines.learned(outlet.id)
    try:
        made = parts.pipeline.make(page, html, outlet=outlet, learned=learned, summaries=not looks.is_second(row))
    except Drop as nothing:
        if nothing.status == "not_article" and not looks.is_second(row):
            parts.drift.observe(outlet.id, sighting(row.id, None))
        raise
    if not looks.is_second(row):
        parts.drift.observe(outlet.id, sighting(row.id, made.article))
    seen = candidates(made.article.paragraphs, made.article.removed, parts.settings.clean)
    parts.lines.observe(outlet.id, row.id, seen)
    unknown = parts.pipeline.tagger.unknown(made.article, made.article.mentions)
    parts.candidates.observe(row.id, outlet.id, unknown, at=row.first_seen)
    drop: dict[str, bytes | None] = dict.fromkeys(looks.PAYLOADS)
    article = made.article
    if looks.is_second(row):
        if looks.is_same(parts, row, made, outlet, learned):
            return looks.unchanged(parts, row, "make", page)
        article = replace(article, archive=looks.archived(parts, row))
    kinship = parts.duplicates.relate(row.id, made.fingerprint, at=row.first_seen)
    kinship = originals.linked(parts, article, kinship)
    revision = int(row.facts.get("revision", "0")) + 1
    article = replace(article, kinship=kinship, first_seen_at=row.first_seen, feeds=row.feeds, revision=revision)
    return parts.ledger.advance(
        row,
        outcome(row, "make", "made", f"{made.extract.method}, {len(article.removed)} removed"),
        "index",
        payloads={**drop, "article": zlib.compress(dump(article), 3)},
        facts=looks.made_facts(page, article),
    )


# --- index -------------------------------------------------------------------------------------------------------


def index(parts: Parts, ids: Sequence[str]) -> list[str]:
    """Index the articles of `ids` in one bulk; each gets its own verdict. Ids to match against alert rules."""
    rows = {r.id: r for r in parts.ledger.claim("index", ids, lease=parts.settings.worker.lease_index, now=_now())}
    articles = _articles(parts, rows.values(), "index")
    if not articles:
        return []
    stored = []
    known, verdicts = _put(parts, articles)
    articles |= known
    parts.meters.add(BULK, Counter((verdict.result,) for verdict in verdicts))
    for verdict in verdicts:
        row, article = rows[verdict.id], articles[verdict.id]
        if verdict.result in {"stored", "older"}:
            ended = outcome(row, "index", final_status(article), verdict.reason)
            if parts.ledger.advance(row, ended, "alert", **_regained(known.get(row.id))):
                stored.append(row.id)
        elif verdict.result == "wait":
            wait(parts, row, "index", Retry(f"index: {verdict.reason}", burn_attempt=False))
        else:
            jail(parts, row, "index", f"index: {verdict.reason}")
    _note_latency(parts, [articles[id_] for id_ in stored])
    return stored


def _put(parts: Parts, articles: Mapping[str, Article]) -> tuple[dict[str, Article], list[Verdict]]:
    """Those that the index knew although Redis did not, as they are stored; a verdict each. Where a person must mend
    the index (alias gone, another lexicon) all wait, and none is blamed."""
    try:
        known = loss.remembered(parts, articles) if loss.was_lost(parts) else {}
        to_store = {**articles, **known}
        _keep_past(parts, [article for article in to_store.values() if article.revision > 1])
        return known, parts.index.put(list(to_store.values()))
    except UserError as error:
        log.warning("index must be mended", problem=str(error), waiting=len(articles))
        return {}, [Verdict(id_, "wait", str(error)) for id_ in articles]
    except Retry as away:
        return {}, [Verdict(id_, "wait", away.reason) for id_ in articles]


def _regained(article: Article | None) -> dict[str, Any]:
    """What the ledger is told again of an article that it had lost."""
    if article is None:
        return {}
    facts = {"revision": str(article.revision), "text_hash": article.text_hash}
    return {"facts": facts, "payloads": {"article": zlib.compress(dump(article), 3)}}


def _keep_past(parts: Parts, revised: Iterable[Article]) -> None:
    """Before the index forgets what an article was, keep that state, and the new one for the next comparison."""
    for article in revised:
        before = parts.index.get(article.id)
        if before is not None and before.revision < article.revision:
            parts.revisions.keep(before)
        parts.revisions.keep(article)


def _note_latency(parts: Parts, stored: Iterable[Article]) -> None:
    """First revisions with a date that the outlet gave: how long they took from publication to being searchable."""
    now = _now()
    parts.latency.observe(
        (now - article.published).total_seconds()
        for article in stored
        if article.published and article.revision == 1 and article.published_source != "first_seen"
    )


def final_status(article: Article) -> str:
    """The outcome of an article that is in the index."""
    if article.revision > 1:
        return "updated"
    return "duplicate" if article.kinship.duplicate_of else "indexed"


def _articles(parts: Parts, rows: Collection[Row], stage: Stage) -> dict[str, Article]:
    """The made articles of claimed rows; one that is missing or cannot be read takes its own exit, alone."""
    packed = parts.ledger.payloads([row.id for row in rows], "article")
    found = ((row.id, attempt(parts, row, stage, partial(_unpacked, packed.get(row.id)))) for row in rows)
    return {id_: article for id_, article in found if article is not None}


def _unpacked(packed: bytes | None) -> Article:
    if packed is None:
        raise Quarantine("the made article is missing from Redis")
    return load(Article, zlib.decompress(packed))


def restory(parts: Parts) -> int:
    """Index again, with the story of now, articles whose story was merged or split since; returns how many.

    And reprints whose original came after them.
    """
    originals.relink(parts)
    moved = parts.duplicates.stories.moved(_MOVED_AT_ONCE)
    changed, settled = [], dict(moved)
    for id_, story in moved.items():
        if (article := parts.index.get(id_)) is None:  # not indexed yet, or never to be
            row = parts.ledger.row(id_)
            if row is not None and row.stage is not None:
                del settled[id_]
        elif article.kinship.story != story:
            kinship = replace(article.kinship, story=story)
            changed.append(replace(article, kinship=kinship, updated_at=article.updated_at + timedelta(microseconds=1)))
    for verdict in parts.index.put(changed) if changed else []:
        if verdict.result == "wait":
            settled.pop(verdict.id, None)
    parts.duplicates.stories.note_moved(settled)
    return len(changed)


# --- beside the flow ---------------------------------------------------------------------------------------------


def publish(parts: Parts) -> int:
    """Write polls and outcomes to their own indexes; how many. Raises `Retry` while Elasticsearch is away."""
    written = 0
    if parts.events is None:
        return 0
    with parts.events.turn() as mine:
        while mine and written < _EVENTS_A_TURN and (events := parts.events.take(_EVENTS_AT_ONCE)):
            settled = parts.event_index.put(events)
            parts.events.done(settled)
            written += len(settled)
            if not settled:
                break
    return written


# --- alert -------------------------------------------------------------------------------------------------------


def alert(parts: Parts, ids: Sequence[str]) -> int:
    """Match the articles of `ids` against the rules and record what matches; returns how many alerts are new."""
    rows = {r.id: r for r in parts.ledger.claim("alert", ids, lease=parts.settings.worker.lease_alert, now=_now())}
    articles = _articles(parts, rows.values(), "alert")
    new = 0
    for id_, article in articles.items():
        new += attempt(parts, rows[id_], "alert", partial(_match, parts, rows[id_], article)) or 0
    if new:
        parts.outbox.flush()
    return new


def _match(parts: Parts, row: Row, article: Article) -> int:
    recorded = parts.outbox.record(parts.rules.matcher().match(article, now=_now()))
    reason = ", ".join(sorted({a.rule for a in recorded}))
    looks.follow(parts, row, article)
    parts.ledger.advance(row, outcome(row, "alert", "matched", reason), None, payloads={"article": None})
    return len(recorded)


def deliver(parts: Parts) -> int:
    """Send the alerts that are due; returns how many deliveries their channels took."""
    queue = CountedDeliveries(parts.outbox, parts.meters)
    return deliver_due(queue, parts.sender, parts.settings.alert, clock=_now)


def _now() -> datetime:
    return datetime.now(UTC)
