"""An outlet changes a headline and a sentence: the newest is found, the past is kept and shown, nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.newssite import NewsSite
from workers import stages
from workers.model import Feed
from workers.poll.urls import canonical_url, entry_id, feed_id
from workers.settings import FetchSettings, RedisSettings, Settings
from workers.wiring import Parts

pytestmark = pytest.mark.servers

CONFIG = Path(__file__).parents[2] / "config"
SENTENCES = [
    "قال رئيس بلدية المدينة الساحلية إن أعمال ترميم الميناء القديم ستبدأ مطلع الشهر المقبل وتستمر عامين.",
    "وأضاف في مؤتمر صحفي أن المشروع يشمل توسيع الرصيف الشرقي وإنارة الطريق المؤدي إليه، وأن كلفته لم تحدد بعد.",
    "ورحب صيادون بالقرار، لكنهم طالبوا بتعويضات عن الأشهر التي لن يستطيعوا فيها الخروج إلى البحر.",
]
FOUND = (
    "وأضاف في مؤتمر صحفي أن المشروع يشمل توسيع الرصيف الشرقي وإنارة الطريق المؤدي إليه، وأن كلفته أربعون مليون درهم."
)


@pytest.fixture
def site() -> Iterator[NewsSite]:
    with NewsSite() as running:
        running.serve("/robots.txt", b"", content_type="text/plain")
        yield running


@pytest.fixture
def parts(redis_url: str, unique_name: str, tmp_path: Path) -> Iterator[Parts]:
    fetch = FetchSettings(allow_hosts=("127.0.0.1",), host_gap=0, host_gap_most=1e-6)
    redis = RedisSettings(url=redis_url, prefix=unique_name)
    found = Parts(Settings(data=tmp_path, config_dir=CONFIG, redis=redis, fetch=fetch))
    found.index.init()
    yield found
    found.index.close()


def publish(site: NewsSite, title: str, sentences: list[str], head: str = "") -> None:
    text = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    head = f"<head><title>{title}</title>{head}</head>"
    page = f'<html lang="ar">{head}<body><article><h1>{title}</h1>{text}</article></body>'
    site.serve("/news/1", page.encode(), content_type="text/html; charset=utf-8")
    item = f"<item><title>{title}</title><link>{site.url('/news/1')}</link></item>"
    feed = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>{item}</channel></rss>'
    site.serve("/feed.xml", feed.encode(), content_type="application/rss+xml")


def flow(parts: Parts, feed: Feed) -> list[str]:
    ids = stages.poll(parts, [feed.id])
    stages.alert(parts, stages.index(parts, stages.make(parts, stages.fetch(parts, ids))))
    return ids


def test_a_changed_article_is_a_revision(parts: Parts, site: NewsSite) -> None:
    publish(site, "ترميم الميناء القديم يبدأ الشهر المقبل", SENTENCES)
    feed = Feed(id=feed_id(site.url("/feed.xml")), url=site.url("/feed.xml"), outlet="marsa")
    parts.feeds.add(feed, due=datetime.now(UTC))
    id_ = entry_id(canonical_url(site.url("/news/1")))
    assert flow(parts, feed) == [id_]
    assert flow(parts, feed) == []
    assert parts.revisions.history(id_) == []

    publish(site, "أربعون مليون درهم لترميم الميناء القديم", [SENTENCES[0], FOUND, SENTENCES[2]])
    assert flow(parts, feed) == [id_]

    article, row = parts.index.get(id_), parts.ledger.row(id_)
    assert article is not None
    assert row is not None
    assert (article.revision, row.status) == (2, "updated")
    assert parts.index.stats()["articles"] == 1
    (revision,) = parts.revisions.history(id_)
    assert revision.title == ("ترميم الميناء القديم يبدأ الشهر المقبل", "أربعون مليون درهم لترميم الميناء القديم")
    assert [(c.old, c.new) for c in revision.changes] == [(SENTENCES[1], FOUND)]
    counts = parts.ledger.counts()
    assert (counts["outcome:updated"], counts["outcome:indexed"]) == (1, 0)


def test_a_changed_headline_over_the_same_text_is_no_second_article(parts: Parts, site: NewsSite) -> None:
    publish(site, "ترميم الميناء القديم", SENTENCES)
    feed = Feed(id=feed_id(site.url("/feed.xml")), url=site.url("/feed.xml"), outlet="marsa")
    parts.feeds.add(feed, due=datetime.now(UTC))
    (id_,) = flow(parts, feed)
    publish(site, "ترميم الميناء القديم: ما نعرفه", SENTENCES)
    assert flow(parts, feed) == [id_]
    (revision,) = parts.revisions.history(id_)
    assert revision.title == ("ترميم الميناء القديم", "ترميم الميناء القديم: ما نعرفه")
    assert revision.changes == ()
    assert parts.index.stats()["articles"] == 1


@pytest.mark.parametrize("reprint_first", [True, False])
def test_a_page_that_names_another_publishers_as_canonical_is_its_reprint_whichever_comes_first(
    parts: Parts, site: NewsSite, reprint_first: bool
) -> None:
    with NewsSite() as wire:  # another port is another publisher
        wire.serve("/robots.txt", b"", content_type="text/plain")
        publish(wire, "ترميم الميناء القديم", SENTENCES)
        publish(site, "الميناء القديم يُرمم", SENTENCES, f'<link rel="canonical" href="{wire.url("/news/1")}">')
        feeds = [Feed(id=feed_id(s.url("/feed.xml")), url=s.url("/feed.xml"), outlet="o") for s in (wire, site)]
        for feed in reversed(feeds) if reprint_first else feeds:
            parts.feeds.add(feed, due=datetime.now(UTC))
            flow(parts, feed)
        if stages.sweep(parts).moved:
            stages.restory(parts)
        original, reprint = (
            parts.index.get(entry_id(canonical_url(address.url("/news/1")))) for address in (wire, site)
        )
        assert original is not None
        assert reprint is not None
        assert original.kinship.duplicate_of is None
        assert (reprint.kinship.duplicate_of, reprint.kinship.relation) == (original.id, "canonical")
        assert original.kinship.story == reprint.kinship.story
        assert not stages.sweep(parts).moved
