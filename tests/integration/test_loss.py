"""Redis loses everything: what polling finds again keeps the past that the index knows."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.indexes import article
from workers import stages
from workers.model import Article, FeedEntry, Kinship, Outcome, dump, load
from workers.settings import RedisSettings, Settings
from workers.stages import loss
from workers.wiring import Parts

pytestmark = pytest.mark.servers

ID = f"{1:032x}"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE = replace(
    article(ID, body="النص الأول."),
    first_seen_at=LONG_AGO,
    revision=3,
    text_hash="first",
    feeds=("old",),
    kinship=Kinship(duplicate_of="d" * 32, story="old"),
)


@pytest.fixture
def parts(redis_url: str, unique_name: str, tmp_path: Path) -> Parts:
    """An index that has an article, and a Redis that knows nothing."""
    redis = RedisSettings(url=redis_url, prefix=unique_name)
    made = Parts(Settings(data=tmp_path, redis=redis, config_dir=Path("config")))
    made.index.init()
    made.index.put([BEFORE])
    made.index.refresh()
    return made


def found_again(parts: Parts, made: Article) -> Article:
    """Polled, fetched and made anew, then indexed; what the index has of it then."""
    now = datetime.now(UTC)
    entry = FeedEntry(id=made.id, feed="new", outlet="o", url=f"https://o.test/{made.id}")
    parts.ledger.offer([entry], now=now)
    (row,) = parts.ledger.claim("fetch", [made.id], lease=60, now=now)
    outcome = Outcome(entry=made.id, stage="make", status="made", at=now)
    loads: dict[str, bytes | None] = {"article": zlib.compress(dump(made))}
    parts.ledger.advance(row, outcome, "index", payloads=loads, facts={"revision": "1", "text_hash": made.text_hash})
    assert stages.index(parts, [made.id]) == [made.id]
    stored = parts.index.get(made.id)
    assert stored is not None
    return stored


def made(**fields: object) -> Article:
    now = datetime.now(UTC)
    kinship = Kinship(story="new")
    return replace(article(ID, feeds=("new",), kinship=kinship), first_seen_at=now, updated_at=now, **fields)  # type: ignore[arg-type]


def test_an_unchanged_article_stays_what_it_was(parts: Parts) -> None:
    stages.sweep(parts)
    stored = found_again(parts, made(text_hash="first"))
    assert (stored.revision, stored.first_seen_at, stored.body) == (3, LONG_AGO, BEFORE.body)
    assert stored.feeds == ("old", "new")
    assert (stored.kinship.duplicate_of, stored.kinship.story) == ("d" * 32, "new")
    row = parts.ledger.row(ID)
    assert row is not None
    assert (row.status, row.facts["revision"]) == ("updated", "3")
    payload = parts.ledger.payload(ID, "article")
    assert payload is not None
    assert load(Article, zlib.decompress(payload)).first_seen_at == LONG_AGO  # so it is too late for an alert


def test_a_changed_article_is_its_next_revision_and_its_past_is_kept(parts: Parts) -> None:
    stages.sweep(parts)
    stored = found_again(parts, made(text_hash="second"))
    assert (stored.revision, stored.first_seen_at, stored.text_hash) == (4, LONG_AGO, "second")
    assert [state.revision for state in parts.revisions.states(ID)] == [3, 4]


def test_what_the_index_does_not_know_is_new(parts: Parts) -> None:
    stages.sweep(parts)
    stored = found_again(parts, replace(made(text_hash="other"), id=f"{2:032x}"))
    assert stored.revision == 1


def test_a_fresh_installation_has_lost_nothing_and_asks_nothing(
    redis_url: str, unique_name: str, tmp_path: Path
) -> None:
    redis = RedisSettings(url=redis_url, prefix=unique_name)
    fresh = Parts(Settings(data=tmp_path, redis=redis, config_dir=Path("config")))
    fresh.index.init()
    stages.sweep(fresh)
    assert not loss.was_lost(fresh)
    fresh.index.put([BEFORE])
    stages.sweep(fresh)
    assert not loss.was_lost(fresh)


def test_a_ledger_that_never_was_swept_over_is_not_trusted(parts: Parts) -> None:
    """Workers may index before the first sweep after the loss."""
    stored = found_again(parts, made(text_hash="first"))
    assert stored.first_seen_at == LONG_AGO
    assert stored.updated_at > BEFORE.updated_at + timedelta(days=1)


def test_a_ledger_of_an_older_release_was_not_lost(parts: Parts) -> None:
    found_again(parts, replace(made(text_hash="other"), id=f"{3:032x}"))
    stages.sweep(parts)
    assert not loss.was_lost(parts)
