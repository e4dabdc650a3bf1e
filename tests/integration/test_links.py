"""A feed proxy's link ends as a link, and the article that it led to takes its place."""

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
