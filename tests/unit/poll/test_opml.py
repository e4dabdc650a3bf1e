from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.errors import UserError
from workers.model import Feed, Outlet
from workers.poll.discover import announced
from workers.poll.opml import MAX_OUTLINES, read_opml, write_opml
from workers.poll.urls import feed_id

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def opml(body: str, before: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>{before}<opml version="2.0"><body>{body}</body></opml>'.encode()


def outline(url: str, title: str = "خبر") -> str:
    return f'<outline text="{title}" xmlUrl="{url}"/>'


def test_what_is_written_is_read_back() -> None:
    urls = ["https://a.example/rss?x=1&y=2", "https://b.example/rss"]
    feeds = [Feed(id=feed_id(url), url=url, outlet="one", title=f"عنوان <{n}>") for n, url in enumerate(urls)]
    data = write_opml(feeds, {"one": Outlet(id="one", name="صحيفة")}, NOW)
    listed, faults = read_opml(data, "x.opml")
    assert [(item.url, item.title, item.folder) for item in listed] == [(f.url, f.title, "صحيفة") for f in feeds]
    assert not faults


def test_folders_twice_named_feeds_and_strange_addresses() -> None:
    inner = outline("https://a.example/1") + outline("javascript:alert(1)") + outline("http://u:p@a.example/")
    listed, faults = read_opml(
        opml(f'<outline text="&lt;b&gt;f">{inner}{outline("https://a.example/1")}</outline>'), "x"
    )
    assert [(item.url, item.folder) for item in listed] == [("https://a.example/1", "f")]
    assert len(faults) == 2


def test_windows_1256_lists_are_read() -> None:
    body = opml(outline("https://a.example/1", "أخبار العالم في الصحف من القاهرة")).decode().encode("windows-1256")
    assert read_opml(body, "x")[0][0].title == "أخبار العالم في الصحف من القاهرة"


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE opml [<!ENTITY a SYSTEM "http://127.0.0.1:9/">]>',
        "<!DOCTYPE opml ["
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
        + '<!ENTITY a "&a9;">]>',
    ],
)
def test_entities_are_not_followed(before: str) -> None:
    listed, _ = read_opml(opml('<outline text="&a;" xmlUrl="https://a.example/1"/>', before), "x")
    assert all("root:" not in item.title and len(item.title) < 1000 for item in listed)


def test_depth_and_number_are_capped() -> None:
    deep = "<outline text='d'>" * 3000 + outline("https://deep.example/") + "</outline>" * 3000
    assert read_opml(opml(deep), "x")[0] == []
    many = "".join(outline(f"https://a.example/{n}") for n in range(MAX_OUTLINES + 10))
    listed, faults = read_opml(opml(many), "x")
    assert len(listed) == MAX_OUTLINES
    assert "more than" in faults[-1].problem


@pytest.mark.parametrize("body", [b"", b"hello", b"<html></html>", b"<rss/>", b"\x00" * 10, b"x" * 6_000_000])
def test_what_is_no_opml_is_said(body: bytes) -> None:
    with pytest.raises(UserError):
        read_opml(body, "x.opml")


@given(st.text(alphabet='<>/"= outlinexmUrlhtp:.&;', max_size=200))
def test_no_body_makes_it_fail_otherwise(text: str) -> None:
    read_opml(opml(text), "x")


def test_a_page_announces_its_feeds_comments_last() -> None:
    page = """<link rel="alternate" type="application/rss+xml" href="/comments/feed/">
      <link rel="alternate" type="application/rss+xml; charset=utf-8" href="/feed/">
      <link rel="alternate" type="text/html" href="/en/"><a href="/rss.xml">RSS</a><a href="https://other.example/feed/">x</a>"""
    assert announced(page, "https://www.example.com/x") == [
        "https://www.example.com/feed/",
        "https://www.example.com/rss.xml",
        "https://www.example.com/comments/feed/",
    ]
    assert announced("", "https://www.example.com/") == []
