"""Pages to articles, with what the stores know: learned lines, reprints, stories, the article that was."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from workers.clean.drift import sighting
from workers.clean.learn import candidates
from workers.errors import Drop, Quarantine
from workers.model import Page, Stage, dump, load
from workers.poll.identity import calls_itself
from workers.poll.urls import entry_id
from workers.ports import Row
from workers.stages import looks, originals, regain
from workers.stages.exits import attempt, outcome
from workers.wiring import Parts


def make(parts: Parts, ids: Sequence[str]) -> list[str]:
    """Make the articles of `ids`. Each is claimed alone: a page that kills its process takes no other along."""
    return [
        row.id for row in _claim_each(parts, "make", ids) if attempt(parts, row, "make", partial(_make, parts, row))
    ]


def _claim_each(parts: Parts, stage: Stage, ids: Sequence[str]) -> Iterator[Row]:
    for id_ in ids:
        yield from parts.ledger.claim(stage, [id_], lease=parts.settings.worker.lease_make, now=_now())


def _make(parts: Parts, row: Row) -> bool:
    regain.hold(parts, row, _now())
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
        if nothing.status == "gone" and looks.is_second(row):
            return looks.gone(parts, row, "make", nothing.reason)
        raise
    if not looks.is_second(row):
        _follow_canonical(parts, row, made.article.canonical_url)
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


def _follow_canonical(parts: Parts, row: Row, named: str) -> None:
    """A page that names another address of its site as canonical is that article: it is offered in this one's place."""
    if own := calls_itself(row.entry.url, named):
        link = row.entry.link or row.entry.url  # where the page is known to stand
        parts.ledger.offer([replace(row.entry, id=entry_id(own), url=own, link=link)], now=_now())
        raise Drop("not_article", f"another address of {own}")


def _now() -> datetime:
    return datetime.now(UTC)
