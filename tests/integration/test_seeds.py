"""The two real articles of the data folder, from feed to search, on both indexes: what the mission asks of them.

The texts are served as pages of two kinds (a WordPress-like theme, plain divs) by a local site; none of it is kept.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from tests.newssite import NewsSite
from workers import stages
from workers.model import Article, Feed
from workers.poll.urls import canonical_url, entry_id, feed_id
from workers.settings import ElasticsearchSettings, FetchSettings, RedisSettings, Settings
from workers.wiring import Parts

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

CONFIG = Path(__file__).parents[2] / "config"
NAMES = ("000_4dbecf903f52230b", "001_314082b6ecec6fda")
PAIRS = [
    ("بيونج يانج", "بيونغ يانغ"),
    ("حلف شمال الأطلنطي", "حلف شمال الأطلسي"),
    ("الناتو", "الأطلسي"),
]


def page(text: str, *, wordpress: bool) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if wordpress:
        title, byline, caption, *body = lines
        head = f'<h1 class="post-title">{html.escape(title)}</h1><span class="meta-author">{html.escape(byline)}</span>'
        head += f"<figure><img src='/i.jpg'><figcaption>{html.escape(caption)}</figcaption></figure>"
    else:
        title, body, head = "تقرير", lines, "<h1>تقرير</h1>"
    text_html = "".join(f"<p>{html.escape(line)}</p>" for line in body)
    menu = "".join(f'<li><a href="/s{n}">قسم {n}</a></li>' for n in range(12))
    return (
        f'<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"</head><body><nav><ul>{menu}</ul></nav><article>{head}<div class='entry-content'>{text_html}</div></article>"
        f"<footer>جميع الحقوق محفوظة</footer></body></html>"
    )


@pytest.fixture(scope="module")
def texts(data_folder: Path) -> list[str]:
    return [(data_folder / "seeds" / f"{name}.txt").read_text("utf-8") for name in NAMES]


@pytest.fixture(scope="module")
def site(texts: list[str]) -> Iterator[NewsSite]:
    with NewsSite() as running:
        items = ""
        for number, text in enumerate(texts):
            body = page(text, wordpress=number == 0).encode()
            running.serve(f"/news/{number}", body, content_type="text/html; charset=utf-8")
            title = "الناتو وآسيا" if number == 0 else "الصين وكوريا الشمالية"
            items += f"<item><title>{title}</title><link>{running.url(f'/news/{number}')}</link></item>"
        feed = (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
        )
        running.serve("/feed.xml", feed.encode(), content_type="application/rss+xml")
        running.serve("/robots.txt", b"", content_type="text/plain")
        yield running


@pytest.fixture(scope="module", params=["embedded", "elasticsearch"])
def parts(
    request: pytest.FixtureRequest, site: NewsSite, _redis_session: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Parts]:
    name = f"seeds-{request.param}-{site.port}"
    server = request.getfixturevalue("elasticsearch_url") if request.param == "elasticsearch" else None
    found = Parts(
        Settings(
            data=tmp_path_factory.mktemp(request.param),
            config_dir=CONFIG,
            redis=RedisSettings(url=_redis_session, prefix=name),
            elasticsearch=ElasticsearchSettings(url=server, index=name),
            fetch=FetchSettings(allow_hosts=("127.0.0.1",), host_gap=0, host_gap_most=1e-6),
        )
    )
    found.index.init()
    feed = Feed(id=feed_id(site.url("/feed.xml")), url=site.url("/feed.xml"), outlet="seeds")
    found.feeds.add(feed, due=datetime.now(UTC))
    ids = stages.poll(found, [feed.id])
    assert len(ids) == 2
    assert stages.alert(found, stages.index(found, stages.make(found, stages.fetch(found, ids)))) >= 0
    found.index.refresh()
    yield found
    found.index.close()
    if server:
        Elasticsearch(server).options(ignore_status=[404]).indices.delete(index=f"{name}-v1")


@pytest.fixture
def articles(parts: Parts, site: NewsSite) -> list[Article]:
    found = [parts.index.get(entry_id(canonical_url(site.url(f"/news/{n}")))) for n in (0, 1)]
    assert all(found)
    return [article for article in found if article]


def search(parts: Parts, query: str) -> set[str]:
    request = parts.search.request(query, now=datetime.now(UTC))
    return {hit.article.id for hit in parts.search.search(request).hits}


def test_tails_are_gone_and_recorded(articles: list[Article]) -> None:
    first, second = articles
    assert "ربما يعجبك أيضا" in {r.text for r in first.removed}
    assert {"شاركها.", "Exit mobile version"} <= {r.text for r in second.removed}
    for article in articles:
        for tail in ("شاركها", "Exit mobile version", "ربما يعجبك أيضا"):
            assert tail not in article.body


def test_every_sentence_of_the_article_is_kept(articles: list[Article], texts: list[str]) -> None:
    first, second = ([line.strip() for line in text.splitlines() if line.strip()] for text in texts)
    for line in first[3:-1]:
        assert line in articles[0].body + "\n" + articles[0].subtitle
    dateline, _, rest = second[0].partition("– ")
    assert dateline
    assert rest in articles[1].body
    for line in second[1:-2]:
        assert line in articles[1].body


def test_byline_and_wire_credit_are_fields_and_not_text(articles: list[Article]) -> None:
    first, second = articles
    assert first.byline == "آية سيد"
    assert "آية سيد" not in first.body
    assert (second.credit.agency, second.credit.place) == ("afp", "بروكسل")
    assert not second.body.startswith("بروكسل")
    assert "أ ف ب" not in second.body


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_either_spelling_finds_both_articles(parts: Parts, articles: list[Article], one: str, other: str) -> None:
    both = {article.id for article in articles}
    for query in (one, other, *(f'"{name}"' for name in (one, other) if " " in name)):
        assert search(parts, query) == both, query


@pytest.mark.parametrize("query", ["لأوكرانيا", "اوكرانيا", "والصين", "اليابانية", "للناتو", "بالصين"])
def test_proclitics_and_inflection_do_not_hide_a_word(parts: Parts, articles: list[Article], query: str) -> None:
    assert search(parts, query) == {article.id for article in articles}


def test_spellings_of_a_surname_meet(parts: Parts, articles: list[Article]) -> None:
    assert search(parts, "ستولتنبرغ") == search(parts, "ستولتنبرج") == {articles[0].id}


def test_names_are_one_entity_whatever_their_spelling_and_proclitics(articles: list[Article]) -> None:
    by_surface: dict[str, set[str | None]] = {}
    for article in articles:
        fields = {
            "title": article.title,
            "subtitle": article.subtitle,
            "body": article.body,
            "caption": article.caption,
        }
        for mention in article.mentions:
            if mention.field in fields:
                assert fields[mention.field][mention.start : mention.end] == mention.surface
                by_surface.setdefault(mention.surface, set()).add(mention.entity)
    assert by_surface["بيونج يانج"] == by_surface["بيونغ يانغ"]
    names = ("حلف شمال الأطلنطي", "حلف شمال الأطلسي", "الناتو")
    assert len({entity for name in names for entity in by_surface[name]}) == 1
    printed = [
        (article.body, mention.start)
        for article in articles
        for mention in article.mentions
        if mention.field == "body" and mention.surface == "بيونج يانج"
    ]
    assert any(body[start - 1] == "ل" for body, start in printed), "لبيونج يانج selects the name without its proclitic"
