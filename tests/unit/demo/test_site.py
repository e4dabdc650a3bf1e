"""The site answers as real outlets do: charsets, conditional GET, feeds with faults, robots, redirects."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
import urllib3
from lxml import html

from workers.demo.samples import outlets
from workers.demo.site import Expected, NewsSite
from workers.poll.sources import load_sources
from workers.poll.urls import canonical_url, entry_id

OUTLETS = {outlet.id: outlet for outlet in outlets()}
FEEDS = [(outlet.id, feed) for outlet in outlets() for feed in outlet.feeds]


def page(http: urllib3.PoolManager, url: str) -> urllib3.BaseHTTPResponse:
    return http.request("GET", url, redirect=True, retries=3)


def collapsed(markup: bytes, charset: str) -> str:
    tree = html.fromstring(markup, parser=html.HTMLParser(encoding=charset))
    return " ".join(str(tree.text_content()).split())


def of(site: NewsSite, sample: str) -> Expected:
    return next(e for e in site.expected if e.sample.id == sample)


@pytest.mark.parametrize("outlet", OUTLETS, ids=str)
def test_articles_are_served_in_their_charset_with_text_and_boilerplate(
    site: NewsSite, http: urllib3.PoolManager, outlet: str
) -> None:
    told = OUTLETS[outlet]
    for expected in site.expected:
        sample = expected.sample
        if sample.outlet != outlet or not sample.is_article:
            continue
        answer = page(http, expected.url)
        assert answer.status == 200
        shown = collapsed(answer.data, told.charset)
        lines = (sample.title, sample.subtitle, sample.byline, sample.caption, sample.dateline, sample.signature)
        for line in (*lines, *sample.paragraphs, *sample.boilerplate, *told.chrome):
            assert line in shown, (sample.id, line)


def test_one_outlet_declares_windows_1256_and_one_says_nothing(site: NewsSite, http: urllib3.PoolManager) -> None:
    declared, silent = page(http, of(site, "waha-1").url), page(http, of(site, "nakhil-7731").url)
    assert declared.headers["Content-Type"] == "text/html; charset=windows-1256"
    assert b"charset=windows-1256" in declared.data
    assert silent.headers["Content-Type"] == "text/html"
    assert b"charset" not in silent.data.lower()
    for answer in (declared, silent):
        with pytest.raises(UnicodeDecodeError):
            answer.data.decode()


def test_samples_that_are_no_articles_are_what_they_say(site: NewsSite, http: urllib3.PoolManager) -> None:
    statuses = {e.sample.id: page(http, e.url).status for e in site.expected if not e.sample.is_article}
    assert statuses["midan-48100"] == 404
    assert statuses["sanabil-9"] == 410
    assert {status for name, status in statuses.items() if name not in {"midan-48100", "sanabil-9"}} == {200}
    refused = next(e for e in site.expected if e.status == "refused")
    robots = http.request("GET", site.root(refused.sample.outlet) + "/robots.txt").data.decode()
    assert "Disallow: /abonnes/" in robots
    assert urlsplit(refused.url).path.startswith("/abonnes/")


def test_a_short_address_redirects_to_the_article(site: NewsSite, http: urllib3.PoolManager) -> None:
    expected = of(site, "sanabil-5")
    answer = http.request("GET", expected.url, redirect=False)
    assert answer.status == 301
    assert answer.headers["Location"] == site.root("sanabil") + expected.sample.path


def test_canonical_addresses_lead_to_the_same_pages(site: NewsSite, http: urllib3.PoolManager) -> None:
    for expected in site.expected:
        assert page(http, canonical_url(expected.url)).data == page(http, expected.url).data


@pytest.mark.parametrize(("outlet", "feed"), FEEDS, ids=lambda value: getattr(value, "path", value))
def test_every_feed_that_answers_is_read_whole(site: NewsSite, http: urllib3.PoolManager, outlet: str, feed) -> None:
    url = site.root(outlet) + feed.path
    answer = http.request("GET", url)
    if feed.behaviour == "error":
        assert answer.status == 500
        return
    parsed = feedparser.parse(answer.data, response_headers={"content-type": answer.headers["Content-Type"]})
    assert bool(parsed.bozo) == (feed.behaviour == "broken")
    wanted = {entry_id(canonical_url(e.url)): e for e in site.expected if url in e.feeds}
    got = {entry_id(canonical_url(entry.link)): entry for entry in parsed.entries}
    assert got.keys() == wanted.keys()
    for id_, entry in got.items():
        assert entry.title == wanted[id_].sample.title
        assert entry.published
        assert ("content" in entry) == (feed.content == "full" and bool(wanted[id_].sample.blocks))


def test_feeds_differ_in_format_charset_dates_and_behaviour() -> None:
    assert {feed.format for _, feed in FEEDS} == {"rss", "atom"}
    assert {feed.charset for _, feed in FEEDS} == {"utf-8", "windows-1256"}
    assert {feed.dates for _, feed in FEEDS} == {"rfc822", "iso", "naive", "arabic"}
    assert {feed.behaviour for _, feed in FEEDS} == {"ok", "error", "broken"}
    assert {feed.content for _, feed in FEEDS} >= {"excerpt", "full"}


def test_some_entries_are_offered_by_two_feeds(site: NewsSite) -> None:
    assert sum(1 for e in site.expected if len(e.feeds) == 2) >= 6


def test_a_second_conditional_get_is_answered_304(site: NewsSite, http: urllib3.PoolManager) -> None:
    url = site.root("jisr") + "/rss.xml"
    first = http.request("GET", url)
    before = site.statuses[url, 304]
    for name, value in (
        ("If-None-Match", first.headers["ETag"]),
        ("If-Modified-Since", first.headers["Last-Modified"]),
    ):
        again = http.request("GET", url, headers={name: value})
        assert again.status == 304
        assert again.data == b""
    assert http.request("GET", url, headers={"If-None-Match": '"other"'}).status == 200
    assert site.statuses[url, 304] == before + 2
    assert "ETag" not in http.request("GET", site.root("waha") + "/rss.xml").headers


def test_answers_are_compressed_for_who_asks(site: NewsSite, http: urllib3.PoolManager) -> None:
    url = of(site, "ufuq-1").url
    packed = http.request("GET", url, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.data == http.request("GET", url).data
    assert http.request("HEAD", url).data == b""


def test_requests_are_counted_by_address(site: NewsSite, http: urllib3.PoolManager) -> None:
    url = of(site, "malaab-3").url
    before = site.requests[url]
    http.request("GET", url)
    http.request("GET", url)
    assert site.requests[url] == before + 2


def test_the_feeds_file_is_the_one_that_polling_reads(site: NewsSite, tmp_path: Path) -> None:
    site.write_feeds_yaml(tmp_path / "feeds.yaml")
    read = load_sources(tmp_path)
    outlets_, feeds = site.sources()
    assert dict(read.outlets) == outlets_
    assert list(read.feeds) == feeds


def test_the_same_ports_give_the_same_addresses() -> None:
    with NewsSite() as first:
        ports, urls = first.ports, [e.url for e in first.expected]
    with NewsSite(ports) as second:
        assert [e.url for e in second.expected] == urls


def test_stopping_closes_open_connections() -> None:
    pool = urllib3.PoolManager(retries=False, timeout=5)
    running = NewsSite()
    running.start()
    url = running.root("marfa") + "/"
    assert pool.request("GET", url).status == 200
    running.stop()
    with pytest.raises(urllib3.exceptions.HTTPError):
        pool.request("GET", url)
