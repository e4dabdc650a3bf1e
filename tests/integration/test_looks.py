"""Second looks at pages through the real stages: unchanged ones leave nothing behind, changed ones make a revision,
gone ones are noted after two looks, and a plan outlives the process that made it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.integration.test_revisions import FOUND, SENTENCES
from tests.newssite import NewsSite, Request, answer
from workers import stages
from workers.arabic.analysis import Analyzer
from workers.model import Feed
from workers.pipeline import Pipeline
from workers.poll.urls import canonical_url, entry_id, feed_id
from workers.settings import DedupeSettings, FetchSettings, RedisSettings, Settings
from workers.stages import looks
from workers.wiring import Parts, load_analyzer, load_pipeline

pytestmark = pytest.mark.servers

CONFIG = Path(__file__).parents[2] / "config"
TITLE = "ترميم الميناء القديم يبدأ الشهر المقبل"
NOT_FOUND = 0
"""A page that is gone, and says so with a status of 200."""
SORRY = '<html lang="ar"><head><title>الصفحة غير موجودة</title></head><body><h1>عذرا</h1><p>ابحث هنا.</p></body></html>'


BASE = Settings(config_dir=CONFIG)


class QuickParts(Parts):
    """The catalogue and the lexicon are read once for all tests."""

    @property
    def pipeline(self) -> Pipeline:
        return load_pipeline(BASE)

    @property
    def analyzer(self) -> Analyzer:
        return load_analyzer(BASE)


class Clock:
    """What the stages take for now: real time, and what passed by hand (pacing waits in real time)."""

    def __init__(self) -> None:
        self.passed = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.passed

    def until(self, moment: datetime) -> None:
        self.passed += max(moment - self(), timedelta())


class Page:
    """One article page that can change, lose its validators, or go away."""

    def __init__(self, site: NewsSite) -> None:
        self.site, self.sentences, self.status, self.tagged, self.visit = site, list(SENTENCES), 200, True, 0
        site.serve("/robots.txt", b"", content_type="text/plain")
        site.behave("/news/1", self._answer)
        item = f"<item><title>{TITLE}</title><link>{site.url('/news/1')}</link></item>"
        feed = (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>{item}</channel></rss>'
        )
        site.serve("/feed.xml", feed.encode(), content_type="application/rss+xml")
        self.id = entry_id(canonical_url(site.url("/news/1")))

    def _answer(self, request: Request) -> Iterator[bytes]:
        if self.status == NOT_FOUND:
            return iter([answer(SORRY.encode(), 200, Content_Type="text/html; charset=utf-8")])
        if self.status != 200:
            return iter([answer(b"gone", self.status)])
        text = "".join(f"<p>{sentence}</p>" for sentence in self.sentences)
        tag = f'"{len(text)}"'
        if self.tagged and request.headers.get("if-none-match") == tag:
            return iter([answer(b"", 304, ETag=tag)])
        self.visit += 1
        noise = "" if self.tagged else f"<footer>{self.visit}</footer>"  # never the same bytes twice
        page = (
            f'<html lang="ar"><head><title>{TITLE}</title></head><body><article><h1>{TITLE}</h1>{text}'
            f"</article>{noise}</body></html>"
        )
        headers = {"ETag": tag} if self.tagged else {}
        return iter([answer(page.encode(), 200, Content_Type="text/html; charset=utf-8", **headers)])

    @property
    def asked(self) -> list[Request]:
        return [request for request in self.site.requests if request.path == "/news/1"]


@pytest.fixture
def page() -> Iterator[Page]:
    with NewsSite() as site:
        yield Page(site)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    for stage in ("sweeping", "polling", "fetching", "making", "indexing", "alerting", "looks"):
        monkeypatch.setattr(f"workers.stages.{stage}._now", found)
    return found


@pytest.fixture
def config(redis_url: str, unique_name: str, tmp_path: Path) -> Settings:
    fetch = FetchSettings(allow_hosts=("127.0.0.1",), host_gap=0, host_gap_most=1e-6)
    return Settings(
        data=tmp_path, config_dir=CONFIG, redis=RedisSettings(url=redis_url, prefix=unique_name), fetch=fetch
    )


@pytest.fixture
def parts(config: Settings) -> Iterator[Parts]:
    found = QuickParts(config)
    found.index.init()
    yield found
    found.index.close()


def flow(parts: Parts, ids: list[str]) -> None:
    stages.make(parts, stages.fetch(parts, ids))
    stages.alert(parts, stages.index(parts, ids))


def publish(parts: Parts, page: Page) -> None:
    feed = Feed(id=feed_id(page.site.url("/feed.xml")), url=page.site.url("/feed.xml"), outlet="marsa")
    parts.feeds.add(feed, due=datetime.now(UTC))
    flow(parts, stages.poll(parts, [feed.id]))


def look(parts: Parts, page: Page, clock: Clock) -> bool:
    """Pass the time until the next look, and take it; False where none is planned."""
    at = parts.looks.planned(page.id)
    if at is None:
        return False
    clock.until(at + timedelta(seconds=1))
    assert looks.open_due(parts, clock()) == 1
    flow(parts, [page.id])
    return True


def records(parts: Parts) -> int:
    return sum(record.url.endswith("/news/1") for record in parts.archive.records())


@pytest.mark.parametrize("tagged", [True, False])
def test_an_unchanged_page_leaves_nothing_behind_and_is_looked_at_ever_more_seldom(
    parts: Parts, page: Page, clock: Clock, tagged: bool
) -> None:
    page.tagged = tagged
    publish(parts, page)
    before, trail = parts.index.get(page.id), parts.ledger.trail(page.id)
    planned = []
    while (at := parts.looks.planned(page.id)) is not None:
        planned.append(at)
        assert look(parts, page, clock)
    gaps = [later - earlier for earlier, later in pairwise(planned)]
    assert 4 <= len(planned) <= 8
    assert gaps == sorted(gaps)
    assert (planned[0] - before.first_seen_at) < timedelta(minutes=16) if before else False
    assert planned[-1] - planned[0] < timedelta(days=7)
    assert parts.index.get(page.id) == before
    assert parts.ledger.trail(page.id) == trail
    assert parts.revisions.states(page.id) == []
    assert records(parts) == 1
    assert len(page.asked) == 1 + len(planned)
    conditional = ["if-none-match" in request.headers for request in page.asked]
    assert conditional == [False, *[tagged] * (len(planned) - 1), False]  # the last one believes no 304
    row = parts.ledger.row(page.id)
    assert row is not None
    assert (row.stage, row.status) == (None, "indexed")
    assert [parts.ledger.payload(page.id, name) for name in looks.PAYLOADS] == [None] * 3


def test_a_page_that_changed_between_two_polls_is_a_revision_with_one_more_record(
    parts: Parts, page: Page, clock: Clock
) -> None:
    publish(parts, page)
    page.sentences[1] = FOUND
    assert look(parts, page, clock)
    article = parts.index.get(page.id)
    assert article is not None
    assert (article.revision, article.deleted_at) == (2, None)
    assert FOUND in article.body
    (revision,) = parts.revisions.history(page.id)
    assert [(change.old, change.new) for change in revision.changes] == [(SENTENCES[1], FOUND)]
    assert records(parts) == 2
    assert article.archive
    assert FOUND.encode() in parts.archive.record(article.archive).body
    assert look(parts, page, clock)  # and is followed on
    assert parts.index.get(page.id) == article


def test_a_line_learned_as_boilerplate_since_is_no_revision(parts: Parts, page: Page, clock: Clock) -> None:
    """The page is the same and the rules are others: what was archived is read again by the rules of today."""
    page.tagged = False
    publish(parts, page)
    parts.lines.rule("marsa", SENTENCES[2], "accepted")
    assert look(parts, page, clock)
    article = parts.index.get(page.id)
    assert article is not None
    assert article.revision == 1
    assert records(parts) == 1


@pytest.mark.parametrize("status", [404, NOT_FOUND])
def test_a_page_gone_at_two_looks_is_deleted_kept_and_may_come_back(
    parts: Parts, page: Page, clock: Clock, status: int
) -> None:
    publish(parts, page)
    page.status = status
    clock.passed += timedelta(hours=2)
    assert look(parts, page, clock)
    once = parts.index.get(page.id)
    assert once is not None
    assert once.deleted_at is None
    assert look(parts, page, clock)
    article, row = parts.index.get(page.id), parts.ledger.row(page.id)
    assert article is not None
    assert row is not None
    assert article.deleted_at is not None
    assert abs(article.deleted_at - clock()) < timedelta(minutes=5)
    assert (article.revision, article.body, row.status) == (2, once.body, "updated")
    assert parts.index.stats()["articles"] == 1
    assert [revision.deleted for revision in parts.revisions.history(page.id)] == [True]
    assert not list(parts.redis.scan_iter(f"{parts.settings.redis.prefix}:load:*"))
    assert look(parts, page, clock)
    assert parts.index.get(page.id) == article

    page.status = 200
    assert look(parts, page, clock)
    back = parts.index.get(page.id)
    assert back is not None
    assert (back.deleted_at, back.revision) == (None, 3)
    assert [revision.deleted for revision in parts.revisions.history(page.id)] == [True, False]


@pytest.mark.parametrize("status", [410, NOT_FOUND])
def test_a_page_gone_once_and_there_again_is_no_deletion(parts: Parts, page: Page, clock: Clock, status: int) -> None:
    publish(parts, page)
    page.status = status
    assert look(parts, page, clock)
    page.status = 200
    assert look(parts, page, clock)
    page.status = status
    assert look(parts, page, clock)
    article = parts.index.get(page.id)
    assert article is not None
    assert (article.deleted_at, article.revision) == (None, 1)


@pytest.mark.parametrize("status", [503, 403, 451])
def test_a_host_in_trouble_or_that_forbids_takes_nothing_from_the_article(
    parts: Parts, page: Page, clock: Clock, status: int
) -> None:
    publish(parts, page)
    before = parts.index.get(page.id)
    page.status = status
    assert look(parts, page, clock)
    row = parts.ledger.row(page.id)
    assert row is not None
    assert (row.stage, row.status) == (None, "indexed")
    assert parts.index.get(page.id) == before
    assert parts.looks.planned(page.id) is not None


def test_the_plan_outlives_the_process_and_a_look_begun_and_lost_is_begun_anew(
    config: Settings, parts: Parts, page: Page, clock: Clock
) -> None:
    publish(parts, page)
    clock.passed += timedelta(minutes=20)
    assert looks.open_due(parts, clock()) == 1
    (row,) = parts.ledger.claim("fetch", [page.id], lease=60, now=clock())  # and the worker dies
    again = QuickParts(config)
    clock.passed += timedelta(minutes=2)
    flow(again, [page.id])
    assert len(page.asked) == 2
    assert parts.ledger.advance(row, looks._outcome(row, "fetch", "fetched", ""), "make") is False
    assert again.looks.planned(page.id) is not None
    again.index.close()


def test_looks_can_be_off_for_all_or_for_an_outlet_and_give_way(config: Settings, page: Page, clock: Clock) -> None:
    def parts_with(**options: object) -> Parts:
        return QuickParts(config.model_copy(update={"dedupe": DedupeSettings(**options)}))  # type: ignore[arg-type]

    off = parts_with(look=False)
    off.index.init()
    publish(off, page)
    assert off.looks.planned(page.id) is None

    bounded = parts_with(look_host_hour=1)
    bounded.looks.plan(page.id, clock() - timedelta(seconds=1))
    assert looks.open_due(off, clock()) == 0
    assert looks.open_due(bounded, clock()) == 1
    assert looks.open_due(bounded, clock()) == 0
    flow(bounded, [page.id])
    bounded.looks.plan(page.id, clock() - timedelta(seconds=1))
    assert looks.open_due(bounded, clock()) == 0  # the host had its look of this hour
    left_out = bounded.looks.planned(page.id)
    assert left_out is not None
    assert left_out > clock()

    outlet = bounded.outlet("marsa")
    quiet = replace(outlet, profile=replace(outlet.profile, looks=False))
    bounded.outlet = lambda _: quiet  # type: ignore[method-assign,assignment]
    clock.passed += timedelta(days=8)
    assert looks.open_due(bounded, clock()) == 0
    assert bounded.looks.planned(page.id) is None
    off.index.close()
    bounded.index.close()
