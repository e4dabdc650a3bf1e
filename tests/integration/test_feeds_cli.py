"""`rasid feed` and `rasid feeds` as a person runs them, on a real Redis and a local site."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.newssite import NewsSite, rss
from workers.cli import cli
from workers.errors import UserError
from workers.settings import settings

pytestmark = pytest.mark.servers

ITEMS = [(f"خبر {n}", f"https://www.example.com/{n}", f"{n + 1} Nov 2026 10:00 GMT") for n in range(5)]


@pytest.fixture
def site(redis_url: str, unique_name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[NewsSite]:
    monkeypatch.setenv("RASID_REDIS_URL", redis_url)
    monkeypatch.setenv("RASID_REDIS_PREFIX", unique_name)
    monkeypatch.setenv("RASID_DATA", str(tmp_path))
    monkeypatch.setenv("RASID_FETCH_ALLOW_HOSTS", "127.0.0.0/8")
    settings.cache_clear()
    with NewsSite() as running:
        yield running
    settings.cache_clear()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def rows() -> list[dict[str, Any]]:
    return list(json.loads(run("feeds", "list", "--json").stdout))


def test_parse_prints_the_documented_object(site: NewsSite, tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(rss(ITEMS, encoding="windows-1256"))
    for source in (str(file), site.serve("/feed", rss(ITEMS))):
        found = json.loads(run("feed", "parse", source, "--json").stdout)
        assert list(found) == ["format", "title", "encoding", "problems", "entries"]
        assert [entry["title"] for entry in found["entries"]] == [title for title, _, _ in ITEMS]
        assert list(found["entries"][0]) == [
            "id",
            "title",
            "url",
            "guid",
            "published",
            "published_source",
            "summary",
            "author",
        ]
    assert "خبر 0" in run("feed", "parse", str(file)).stdout


def test_a_feed_is_added_by_its_site_listed_and_removed(site: NewsSite) -> None:
    site.serve("/", b'<html><link rel="alternate" type="application/rss+xml" href="/news.xml"></html>')
    site.serve("/news.xml", rss(ITEMS))
    assert "is polled from now on" in run("feeds", "add", site.url("/"), "--outlet", "mine").stdout
    assert "polled already" in run("feeds", "add", site.url("/news.xml")).stdout
    (row,) = rows()
    assert (row["url"], row["outlet"], row["health"]) == (site.url("/news.xml"), "mine", "new")
    assert site.url("/news.xml") in run("feeds", "list").stdout
    assert run("feeds", "remove", row["url"]).exit_code == 0
    assert rows() == []


def test_what_leads_to_no_feed_is_said(site: NewsSite) -> None:
    for arguments in (
        ("add", site.url("/nothing")),
        ("add", "ftp://x"),
        ("remove", "nothing"),
        ("check", "http://10.0.0.1/"),
    ):
        assert isinstance(run("feeds", *arguments).exception, UserError)


def test_check_explains_in_plain_words(site: NewsSite) -> None:
    site.serve("/feed", rss(ITEMS, extra="<ttl>120</ttl>"))
    good = run("feeds", "check", site.url("/feed"))
    assert good.exit_code == 0
    assert "rss20, written in utf-8, with 5 entries" in good.stdout
    assert "more often than every 2 hours" in good.stdout
    site.serve("/wall", b"<html><title>Just a moment...</title></html>")
    bad = run("feeds", "check", site.url("/wall"), "--json")
    assert bad.exit_code == 1
    assert "Cloudflare" in json.loads(bad.stdout)["findings"][-1]


def test_opml_goes_out_and_comes_in(site: NewsSite, tmp_path: Path) -> None:
    for number in range(3):
        run("feeds", "add", site.url(f"/{number}"), "--unchecked", "--outlet", "mine")
    file = tmp_path / "feeds.opml"
    run("feeds", "export", "-o", str(file))
    for row in rows()[:2]:
        run("feeds", "remove", row["id"])
    assert "2 new, 1 polled already" in run("feeds", "import", str(file)).stdout
    assert len(rows()) == 3
