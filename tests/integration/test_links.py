"""One article, one identity: links of feed proxies, and addresses whose page names another one of its site."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.newssite import NewsSite
from workers import stages
from workers.fetch.http import Client
from workers.model import FeedEntry
from workers.poll.urls import entry_id
from workers.settings import FetchSettings, RedisSettings, Settings
from workers.wiring import Parts

pytestmark = pytest.mark.servers


def test_a_proxys_link_is_followed_to_the_article(redis_url: str, unique_name: str, tmp_path: Path) -> None:
    with NewsSite() as site:
        proxy = f"http://feedproxy.google.com:{site.port}/~r/x/1"
        article = f"http://www.example.com:{site.port}/news/1"
        site.serve("/~r/x/1", b"", 302, Location=f"{article}?utm_source=feedburner")
        site.serve("/news/1", b"<html><body><p>x</p></body></html>", Content_Type="text/html")
        fetch = FetchSettings(
            allow_hosts=(f"feedproxy.google.com:{site.port}", f"www.example.com:{site.port}"), obey_robots=False
        )
        config = Settings(
            data=tmp_path,
            config_dir=Path("config"),
            redis=RedisSettings(url=redis_url, prefix=unique_name),
            fetch=fetch,
        )
        parts = Parts(config)
        parts.__dict__["client"] = Client(fetch, resolver=lambda *_: ["127.0.0.1"])
        link = FeedEntry(id=entry_id(proxy), feed="f", outlet="o", url=proxy, link=proxy, title="خبر")
        ids = parts.ledger.offer([link], now=datetime.now(UTC))
        assert stages.fetch(parts, ids) == []
        ended, row = parts.ledger.row(ids[0]), parts.ledger.row(entry_id(article))
    assert ended is not None
    assert (ended.stage, ended.status) == (None, "not_article")
    assert article in ended.reason
    assert row is not None
    assert (row.stage, row.entry.url, row.entry.title) == ("fetch", article, "خبر")


def test_a_page_that_names_another_address_of_its_site_is_that_article(
    redis_url: str, unique_name: str, tmp_path: Path
) -> None:
    with NewsSite() as site:
        text = "قال مدير الميناء إن السفن الكبيرة ستعود إلى الأرصفة الشرقية بعد انتهاء أعمال التوسعة في الخريف المقبل. "
        own = site.url("/news/port-reopens-123456")  # as the page prints it, with a slash at its end
        for path, named in (
            ("/light/123456", f"{own}/"),
            ("/news/port-reopens-123456", f"{own}/"),
            ("/news/other-654321", "/"),
        ):
            head = f'<title>عودة السفن إلى الميناء القديم</title><link rel="canonical" href="{named}">'
            body = f"<article><h1>عودة السفن إلى الميناء القديم</h1><p>{text * 3}</p></article>"
            page = f'<html lang="ar"><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'
            site.serve(path, page.encode(), content_type="text/html; charset=utf-8")
        fetch = FetchSettings(allow_hosts=("127.0.0.1",), obey_robots=False, host_gap=0, host_gap_most=1e-6)
        redis = RedisSettings(url=redis_url, prefix=unique_name)
        parts = Parts(Settings(data=tmp_path, config_dir=Path("config"), redis=redis, fetch=fetch))
        light, other = site.url("/light/123456"), site.url("/news/other-654321")
        entries = [FeedEntry(id=entry_id(u), feed="f", outlet="o", url=u, link=u, title="خبر") for u in (light, other)]
        ids = parts.ledger.offer(entries, now=datetime.now(UTC))
        assert stages.make(parts, stages.fetch(parts, ids)) == [entry_id(other)], "a front page names no article"
        ended, row = parts.ledger.row(entry_id(light)), parts.ledger.row(entry_id(own))
        assert ended is not None
        assert (ended.stage, ended.status, ended.reason) == (None, "not_article", f"another address of {own}")
        assert row is not None
        assert (row.stage, row.entry.url, row.entry.link) == ("fetch", own, light)
        assert stages.make(parts, stages.fetch(parts, [row.id])) == [row.id]
