"""Articles into the index, in bulk, a verdict each; and again where their story changed."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from workers.errors import Quarantine, Retry, UserError
from workers.model import Article, Stage, dump, load
from workers.ports import Row, Verdict
from workers.stages import loss, originals
from workers.stages.exits import attempt, jail, outcome, wait
from workers.store.meters import BULK
from workers.wiring import Parts

log = structlog.get_logger("rasid")

_MOVED_AT_ONCE = 200


def index(parts: Parts, ids: Sequence[str]) -> list[str]:
    """Index the articles of `ids` in one bulk; each gets its own verdict. Ids to match against alert rules."""
    rows = {r.id: r for r in parts.ledger.claim("index", ids, lease=parts.settings.worker.lease_index, now=_now())}
    articles = made_articles(parts, rows.values(), "index")
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


def made_articles(parts: Parts, rows: Collection[Row], stage: Stage) -> dict[str, Article]:
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


def _now() -> datetime:
    return datetime.now(UTC)
