from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.newssite import NewsSite
from workers.errors import Drop, Quarantine, Retry
from workers.fetch.http import Client
from workers.fetch.pages import fetch_page
from workers.fetch.robots import crawl_delay, permits
from workers.model import FeedEntry, Outlet, Page
from workers.settings import FetchSettings
from workers.store.archive import WarcArchive

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CLIENT = Client(FetchSettings(allow_hosts=("127.0.0.0/8",), total_timeout=5, max_body_bytes=100_000))
TEXT = "<html><body><p>نص الخبر في الصحيفة على الصفحة</p></body></html>"  # "the news item's text"


@pytest.fixture
def site() -> Iterator[NewsSite]:
    with NewsSite() as running:
        yield running


class Rules:
    """The robots.txt that a test gives."""

    def __init__(self, text: str) -> None:
        self.text = text

    def allowed(self, url: str, *, now: datetime) -> bool:
        return permits(self.text, url)


def fetch(
    url: str, *, age: float | None = None, archive: WarcArchive | None = None, robots: str = ""
) -> tuple[Page, str]:
    published = None if age is None else NOW - timedelta(seconds=age)
    entry = FeedEntry(id="e" * 32, feed="f", outlet="o", url="http://canonical.invalid/", link=url, published=published)
    outlet = Outlet(id="o", name="o")
    return fetch_page(entry, client=CLIENT, outlet=outlet, robots=Rules(robots), archive=archive, now=NOW)


def test_a_page_is_archived_as_it_came_and_decoded(site: NewsSite, tmp_path: Path) -> None:
    archive = WarcArchive(tmp_path)
    body = TEXT.encode("windows-1256")
    site.serve("/1", b"", 302, Location="/2")
    site.serve("/2", body, Content_Type="text/html; charset=utf-8", X_Test="yes")
    page, text = fetch(site.url("/1"), archive=archive)
    assert text == TEXT
    assert (page.final_url, page.status, page.charset) == (site.url("/2"), 200, "windows-1256")
    assert page.archive is not None
    url, headers, kept = archive.read(page.archive)
    assert (url, kept) == (site.url("/2"), body)
    assert ("X-Test", "yes") in list(headers)


@pytest.mark.parametrize(
    ("status", "age", "expected"),
    [
        (404, None, "gone"),
        (404, 7200, "gone"),
        (410, 10, "gone"),
        (401, None, "refused"),
        (402, None, "refused"),
        (451, None, "refused"),
    ],
)
def test_pages_that_are_no_more_or_closed_are_dropped(
    site: NewsSite, status: int, age: float | None, expected: str
) -> None:
    with pytest.raises(Drop) as caught:
        fetch(site.serve("/", b"x", status), age=age)
    assert (caught.value.status, caught.value.http_status) == (expected, status)


@pytest.mark.parametrize("status", [403, 408, 425, 429, 500, 502, 503, 504, 522])
def test_trouble_that_may_pass_is_tried_again(site: NewsSite, status: int) -> None:
    with pytest.raises(Retry) as caught:
        fetch(site.serve("/", b"x", status, Retry_After="77"))
    assert caught.value.http_status == status
    assert caught.value.after == (3600 if status == 403 else 77)


def test_a_404_right_after_the_announcement_is_tried_again(site: NewsSite) -> None:
    with pytest.raises(Retry):
        fetch(site.url("/nothing"), age=60)


@pytest.mark.parametrize("status", [400, 405, 418])
def test_other_answers_are_for_a_person(site: NewsSite, status: int) -> None:
    with pytest.raises(Quarantine):
        fetch(site.serve("/", b"x", status))


def test_ends_of_the_connection(site: NewsSite) -> None:
    with pytest.raises(Retry) as away:
        fetch("http://127.0.0.1:1/")
    assert away.value.http_status == 0
    with pytest.raises(Drop, match="refused"):
        fetch("http://10.0.0.1/")
    with pytest.raises(Quarantine, match="too_large"):
        fetch(site.serve("/raw", b"x" * 200_000))


def test_files_walls_and_front_pages_are_named(site: NewsSite) -> None:
    with pytest.raises(Drop, match=r"not_article: content type application/pdf"):
        fetch(site.serve("/pdf", b"%PDF-1.4", Content_Type="application/pdf"))
    with pytest.raises(Drop, match="a file"):
        fetch(site.serve("/pdf2", b"%PDF-1.4", Content_Type="text/html"))
    with pytest.raises(Retry, match="Cloudflare"):
        fetch(site.serve("/wall", b"<title>Just a moment...</title>", Content_Type="text/html"))
    with pytest.raises(Retry, match="empty"):
        fetch(site.serve("/empty", b"  "))
    site.serve("/", TEXT.encode())
    with pytest.raises(Drop, match="front page"):
        fetch(site.serve("/soft404", b"", 302, Location="/"))


def test_a_page_with_a_wrong_type_is_still_a_page(site: NewsSite) -> None:
    assert fetch(site.serve("/", TEXT.encode(), Content_Type="application/octet-stream"))[1] == TEXT


def test_robots_txt_is_obeyed(site: NewsSite) -> None:
    url = site.serve("/private/1", TEXT.encode())
    with pytest.raises(Drop, match="refused"):
        fetch(url, robots="User-agent: *\nDisallow: /private/")
    assert site.requests == []
    assert fetch(url, robots="User-agent: *\nDisallow: /private/\nUser-agent: Rasid\nDisallow:")[1] == TEXT


def test_crawl_delays_are_read() -> None:
    assert crawl_delay("User-agent: *\nCrawl-delay: 7") == 7
    assert crawl_delay("") == 0
