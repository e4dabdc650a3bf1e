"""Making the articles of an index again, by the rules of today. Cut off, it goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from workers.errors import Drop, Retry
from workers.fetch.archived import page_of
from workers.model import Article
from workers.ports import Scan
from workers.remake.crew import Crew, Remade, Report, Say, each
from workers.remake.pages import entry_of
from workers.tag.tagger import TOGETHER
from workers.versions import names_version, rules_version
from workers.wiring import Parts

Stage = Literal["make", "tag"]


def reprocess(
    here: Parts, wanted: Scan, *, stage: Stage = "make", drop: bool = False, processes: int = 1, say: Say
) -> Report:
    """Make every article of `wanted` again; those of today's rules are left out. `say` is called after each batch.

    `stage` `tag`: only the names, on the text as it stands. `drop`: what today's rules no longer take for an article
    is deleted from the index; it is only listed otherwise. Raises `Retry` while the index is away.
    """
    done_version = rules_version(here.settings) if stage == "make" else f"*.{names_version(here.settings)}"
    work, together = (each(_remade), 1) if stage == "make" else (_retagged, TOGETHER)
    report = Report()
    with Crew(here, processes) as crew:
        for batch in here.index.scan(replace(wanted, unless_version=done_version)):
            done = crew.map(work, batch, together=together)
            store(here, done, report, drop=drop)
            say(report)
    return report


def _retagged(here: Parts, lot: Sequence[Article]) -> list[Remade]:
    outlets = [here.outlet(before.outlet) for before in lot]
    return list(map(_compared, lot, here.pipeline.retag(lot, outlets)))


def _remade(here: Parts, before: Article) -> Remade:
    outlet = here.outlet(before.outlet)
    if not before.archive:
        return Remade(before.id, "unread", reason="it was made without its page being archived")
    try:
        record = here.archive.record(before.archive)
    except LookupError as error:
        return Remade(before.id, "unread", reason=str(error.args[0]))
    row = here.ledger.row(before.id)
    entry = row.entry if row is not None else entry_of(record, here)
    page, html = page_of(replace(entry, id=before.id, outlet=before.outlet, url=before.url), record)
    page = replace(page, fetched_at=before.updated_at, feeds=before.feeds)
    try:
        made = here.pipeline.make(page, html, outlet=outlet, learned=here.lines.learned(before.outlet))
    except Drop as exit_:
        return Remade(before.id, "dropped", reason=f"{exit_.status}: {exit_.reason}")
    kept = replace(
        made.article,
        kinship=before.kinship,
        first_seen_at=before.first_seen_at,
        revision=before.revision,
        deleted_at=before.deleted_at,
    )
    if made.article.published_source == before.published_source == "first_seen":
        kept = replace(kept, published=before.published)
    return _compared(before, kept)


def _compared(before: Article, now: Article) -> Remade:
    article = replace(now, updated_at=before.updated_at + timedelta(microseconds=1))
    same = replace(article, updated_at=before.updated_at, rules_version=before.rules_version) == before
    return Remade(before.id, "same" if same else "changed", article)


def store(here: Parts, done: Sequence[Remade], report: Report, *, drop: bool) -> None:
    """Write what was made, and count it. `same` is written too: its version says that it need not be made again."""
    articles = [one.article for one in done if one.article is not None]
    verdicts = {verdict.id: verdict for verdict in here.index.put(articles)} if articles else {}
    for one in done:
        verdict = verdicts.get(one.id)
        if verdict is None or verdict.result == "stored":
            report.note(one)
        elif verdict.result == "wait":
            raise Retry(f"index: {verdict.reason}")
        else:
            report.note(Remade(one.id, "older" if verdict.result == "older" else "failed", reason=verdict.reason))
    if drop and (gone := [one.id for one in done if one.result == "dropped"]):
        here.index.remove(gone)
