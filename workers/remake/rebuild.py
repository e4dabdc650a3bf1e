"""A whole index anew from the archive alone. Cut off, it goes on where it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from workers.errors import Drop
from workers.fetch.archived import page_of
from workers.model import Article, Fingerprint, Kinship
from workers.poll.identity import calls_itself
from workers.poll.urls import entry_id
from workers.remake.crew import Crew, Remade, Report, Say, each
from workers.remake.pages import entry_of
from workers.remake.reprocess import store
from workers.store.archive import Record
from workers.store.duplicates import RedisDuplicates
from workers.wiring import Parts

BATCH = 200


def rebuild(here: Parts, *, since: datetime | None = None, processes: int = 1, again: bool = False, say: Say) -> Report:
    """Fill the index from the archive alone, oldest page first; an article's pages become its revisions.

    What Redis still has of an entry (feeds, first seen) is taken from there. Reprints and stories are recognised as in
    the flow; those before the window under keys of their own (about 1.5 KB of Redis an article, deleted at the end).
    `again`: begin at the archive's beginning although an earlier rebuild was cut off. Raises `Retry` while the index
    is away.
    """
    mark = f"{here.settings.redis.prefix}:rebuild"
    if again:
        here.redis.delete(mark)
    after = here.redis.get(mark)
    records = here.archive.records(since=since, after=after.decode() if isinstance(after, bytes) else "")
    past = RedisDuplicates(here.redis, mark, here.settings.dedupe)
    report = Report()
    with Crew(here, processes) as crew:
        while batch := list(islice(records, BATCH)):
            for done in _rounds(crew.map(each(_rebuilt), batch)):
                store(here, [_placed(here, past, one) for one in done], report, drop=False)
            here.redis.set(mark, batch[-1].position)
            say(report)
    _forget(here, mark)
    here.index.refresh()
    return report


def _rebuilt(here: Parts, record: Record) -> Remade:
    entry = entry_of(record, here)
    if record.status != 200:
        return Remade(entry.id, "unread", reason=f"HTTP {record.status}")
    outlet = here.outlet(entry.outlet)
    page, html = page_of(entry, record)
    row = here.ledger.row(entry.id)
    if row is not None:
        page = replace(page, feeds=row.feeds)
    try:
        made = here.pipeline.make(page, html, outlet=outlet, learned=here.lines.learned(outlet.id))
    except Drop as exit_:
        return Remade(entry.id, "dropped", reason=f"{exit_.status}: {exit_.reason}")
    article = replace(made.article, first_seen_at=row.first_seen if row is not None else record.at)
    if own := calls_itself(entry.url, article.canonical_url):
        article = replace(article, id=entry_id(own), url=own)
    return Remade(article.id, "changed", article, made.fingerprint)


def _rounds(done: Iterable[Remade]) -> Iterator[list[Remade]]:
    """In their order, no article twice in a round: a later page of it is a revision of what the index then has."""
    round_: dict[str, Remade] = {}
    for one in done:
        if one.id in round_:
            yield [*round_.values()]
            round_.clear()
        round_[one.id] = one
    yield [*round_.values()]


def _placed(here: Parts, past: RedisDuplicates, one: Remade) -> Remade:
    """With revision, kinship and story."""
    if one.article is None or one.fingerprint is None:
        return one
    before = here.index.get(one.id)
    article = one.article
    if before is not None:
        changed = before.text_hash != article.text_hash
        revision = before.revision + (1 if changed and before.updated_at < article.updated_at else 0)
        first_seen = min(before.first_seen_at, article.first_seen_at)
        article = replace(article, revision=revision, first_seen_at=first_seen)
    return replace(one, article=replace(article, kinship=_kinship(here, past, article, one.fingerprint)))


def _kinship(here: Parts, past: RedisDuplicates, article: Article, fingerprint: Fingerprint) -> Kinship:
    recent = article.first_seen_at > datetime.now(UTC) - timedelta(seconds=here.settings.dedupe.window)
    return (here.duplicates if recent else past).relate(article.id, fingerprint, at=article.first_seen_at)


def _forget(here: Parts, mark: str) -> None:
    keys = here.redis.scan_iter(match=f"{mark}:*", count=5000)
    while batch := list(islice(keys, 5000)):
        here.redis.unlink(*batch)
    here.redis.delete(mark)
