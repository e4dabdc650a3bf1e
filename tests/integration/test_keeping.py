"""Polls and outcomes as documents, going through an index, and what goes when its time is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.indexes import NOW, article, elastic_index, remove, small_analyzer
from tests.newssite import NewsSite
from workers import stages
from workers.errors import Retry
from workers.model import Feed, FeedEntry, Outcome
from workers.poll.urls import feed_id
from workers.ports import SCAN_BATCH, ArticleIndex, Scan
from workers.settings import ElasticsearchSettings, FetchSettings, KeepSettings, RedisSettings, Settings
from workers.stages import keeping
from workers.store.embedded import EmbeddedIndex
from workers.wiring import Parts

pytestmark = pytest.mark.servers


@pytest.fixture(params=["embedded", "elasticsearch"])
def index(request: pytest.FixtureRequest, tmp_path: Path, unique_name: str) -> Iterator[ArticleIndex]:
    """An empty index of either kind."""
    if request.param == "embedded":
        embedded = EmbeddedIndex(tmp_path / "index.sqlite", small_analyzer())
        embedded.init()
        yield embedded
        embedded.close()
    else:
        elastic = elastic_index(request.getfixturevalue("elasticsearch_url"), unique_name, small_analyzer())
        elastic.init()
        yield elastic
        remove(elastic)


def test_a_scan_goes_through_all_once_oldest_first_and_leaves_out_what_is_done(index: ArticleIndex) -> None:
    many = [
        article(f"a{number:04}", first_seen_at=NOW + timedelta(seconds=number // 3), rules_version=f"t{number % 2}.n1")
        for number in range(SCAN_BATCH * 2 + 7)
    ]
    other = article("other", outlet="else", first_seen_at=NOW + timedelta(days=1))
    index.put([*reversed(many), other])
    index.refresh()
    batches = list(index.scan(Scan()))
    assert max(map(len, batches)) <= SCAN_BATCH
    assert [one.id for batch in batches for one in batch] == [*(one.id for one in many), "other"]
    since = Scan(since=NOW + timedelta(seconds=2), until=NOW + timedelta(seconds=4))
    assert [one.id for batch in index.scan(since) for one in batch] == [one.id for one in many[6:12]]
    assert [one.id for batch in index.scan(Scan(outlets=("else",))) for one in batch] == ["other"]
    left = [one for batch in index.scan(Scan(unless_version="t1.*", outlets=("example",))) for one in batch]
    assert left == many[::2]


def test_articles_are_removed_by_id_and_by_age(index: ArticleIndex) -> None:
    index.put([article(f"a{n}", first_seen_at=NOW - timedelta(days=n)) for n in range(5)])
    index.refresh()
    assert index.remove(["a0", "nobody"]) == 1
    assert index.remove_before(NOW - timedelta(days=2)) == 2
    index.refresh()
    assert [one.id for batch in index.scan(Scan()) for one in batch] == ["a2", "a1"]
    assert index.get("a4") is None


@pytest.fixture
def watched(redis_url: str, elasticsearch_url: str, unique_name: str, tmp_path: Path) -> Iterator[Parts]:
    settings = Settings(
        data=tmp_path,
        config_dir=Path("config"),
        redis=RedisSettings(url=redis_url, prefix=unique_name),
        elasticsearch=ElasticsearchSettings(url=elasticsearch_url, index=unique_name),
        fetch=FetchSettings(allow_hosts=("127.0.0.1",), host_gap=0, host_gap_most=1e-6),
        keep=KeepSettings(articles=86400, pages=86400, events=3 * 86400),
    )
    parts = Parts(settings)
    yield parts
    elastic_index(elasticsearch_url, unique_name).client.indices.delete(
        index=f"{unique_name}-*", ignore_unavailable=True
    )


def documents(parts: Parts, kind: str) -> list[dict[str, object]]:
    client = elastic_index(str(parts.settings.elasticsearch.url), parts.settings.elasticsearch.index).client
    client.indices.refresh(index=parts.event_index.index_of(kind))
    hits = client.search(index=parts.event_index.index_of(kind), sort=["at"], size=100)["hits"]["hits"]
    return [hit["_source"] for hit in hits]


def settle(parts: Parts, number: int, status: str, reason: str) -> None:
    entry = FeedEntry(id=f"{number:032x}", feed="f", outlet="o", url=f"https://o.test/{number}", title=f"خبر {number}")
    parts.ledger.offer([entry], now=datetime.now(UTC))
    (row,) = parts.ledger.claim("fetch", [entry.id], lease=60, now=datetime.now(UTC))
    outcome = Outcome(entry=entry.id, stage="fetch", status=status, reason=reason, at=datetime.now(UTC))
    if status == "quarantined":
        assert parts.ledger.quarantine(row, outcome)
    else:
        assert parts.ledger.advance(row, outcome, None)


def test_polls_and_final_outcomes_become_documents_once(watched: Parts) -> None:
    with NewsSite() as site:
        site.serve("/feed.xml", b"<rss><channel><title>t</title></channel></rss>", content_type="application/rss+xml")
        url = site.url("/feed.xml")
        feed = Feed(id=feed_id(url), url=url, outlet="o")
        watched.feeds.add(feed, due=datetime.now(UTC))
        stages.poll(watched, [feed.id])
        site.serve("/feed.xml", b"", status=500)
        stages.poll(watched, [feed.id])
    settle(watched, 1, "gone", "HTTP 410")
    settle(watched, 2, "quarantined", "too large")
    assert stages.publish(watched) == 4
    assert stages.publish(watched) == 0
    polls = documents(watched, "polls")
    assert [(poll["result"], poll["status"]) for poll in polls] == [("read", 200), ("failed", 500)]
    assert polls[0]["feed"] == feed.id
    outcomes = documents(watched, "outcomes")
    assert [(one["status"], one["reason"], one["outlet"]) for one in outcomes] == [
        ("gone", "HTTP 410", "o"),
        ("quarantined", "too large", "o"),
    ]


def test_events_wait_while_elasticsearch_is_away_and_only_one_publishes(watched: Parts) -> None:
    settle(watched, 1, "gone", "HTTP 410")
    assert watched.events is not None
    away = ElasticsearchSettings(url="http://127.0.0.1:9", index="x")
    broken = Parts(watched.settings.model_copy(update={"elasticsearch": away}))
    with pytest.raises(Retry):
        stages.publish(broken)
    with watched.events.turn() as mine:
        assert mine
        assert stages.publish(watched) == 0
    assert watched.events.waiting() == 1
    assert stages.publish(watched) == 1


def test_what_is_past_its_time_goes_once_a_day(watched: Parts) -> None:
    now = datetime.now(UTC)
    watched.index.init()
    watched.index.put([article("new", first_seen_at=now), article("old", first_seen_at=now - timedelta(days=2))])
    for days in (0, 2):
        watched.archive.write("https://o.test/", status=200, headers=[], body=b"x", at=now - timedelta(days=days))
    settle(watched, 1, "gone", "HTTP 410")
    stages.publish(watched)
    assert keeping.retire(watched) == keeping.Retired(articles=1, days=1, events=0)
    assert keeping.retire(watched, now=now + timedelta(days=4)) == keeping.Retired(articles=1, days=1, events=1)
    assert stages.sweep(watched).retire
    assert not stages.sweep(watched).retire


def test_for_ever_is_for_ever(watched: Parts) -> None:
    keep = replace_keep(watched)
    watched.index.init()
    watched.index.put([article("old", first_seen_at=NOW - timedelta(days=4000))])
    assert keeping.retire(keep).articles == 0


def replace_keep(parts: Parts) -> Parts:
    return Parts(parts.settings.model_copy(update={"keep": KeepSettings()}))
