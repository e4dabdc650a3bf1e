"""What stands in an article's place is named; its feed's summary is taken where the outlet's profile says so."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.newssite import NewsSite
from workers.errors import Drop, Retry, UserError
from workers.fetch.blocked import Barriers, Blocked, Mark
from workers.fetch.http import Client
from workers.fetch.pages import fetch_page
from workers.model import FeedEntry, Outlet, Page, Profile
from workers.pipeline import Pipeline
from workers.settings import FetchSettings, Settings
from workers.wiring import load_pipeline

CONFIG = Path(__file__).parents[3] / "config"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SENTENCE = "أعلنت الوزارة اليوم في بيان لها عن خطة جديدة لتطوير المدارس في جميع المحافظات، وقالت إن العمل يبدأ قريبا. "
# "The ministry announced today in a statement a new plan to develop schools in all provinces; work begins soon."
SUMMARY = "أعلنت الوزارة عن خطة جديدة لتطوير المدارس في جميع المحافظات، ويبدأ العمل بها في الشهر المقبل."
OUTLET = Outlet(id="o", name="صحيفة", profile=Profile(summary_when_blocked=True))
PLAIN = Outlet(id="o", name="صحيفة")


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_pipeline(Settings(config_dir=CONFIG))


def entry(url: str = "https://news.example/a/1", summary: str = SUMMARY) -> FeedEntry:
    return FeedEntry(id="e" * 32, feed="f", outlet="o", url=url, link=url, title="خطة جديدة للمدارس", summary=summary)


def page(url: str = "https://news.example/a/1", **changes: str) -> Page:
    known = {"id": "e" * 32, "final_url": url, "charset": "utf-8"}
    return Page(entry=entry(), status=200, fetched_at=NOW, **{**known, **changes})  # type: ignore[arg-type]


def html(title: str, body: str, head: str = "") -> str:
    return f'<html lang="ar"><head><title>{title}</title>{head}</head><body>{body}</body></html>'


ARTICLE = (
    f"<article><h1>خطة جديدة للمدارس</h1><p>{SENTENCE * 4}</p><p>{SENTENCE * 5}</p><p>{SENTENCE * 6}</p></article>"
)
TEASER = f"<article><h1>خطة جديدة للمدارس</h1><p>{SENTENCE * 2}</p><p>{SENTENCE}</p>%s</article>"
CLOSED = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>'
PAGES = {
    "paywall by its metadata": (html("خبر", TEASER % "", CLOSED), "", "refused", "paywall"),
    "paywall by its box": (html("خبر", TEASER % '<div class="paywall-box">x</div>'), "", "refused", "paywall"),
    "paywall by its words": (html("خبر", TEASER % "<div>هذا المقال للمشتركين فقط</div>"), "", "refused", "paywall"),
    "consent by its address": (
        html("x", "<form>ok</form>"),
        "https://consent.example.com/m?continue=x",
        "refused",
        "consent_wall",
    ),
    "consent by its title": (html("قبل المتابعة إلى الموقع", "<p>نستخدم الملفات</p>"), "", "refused", "consent_wall"),
    "a shell": (html("خبر", '<div id="root"></div><script src="a.js"></script>'), "", "not_article", "js_shell"),
    "a shell that says so": (
        html("خبر", "<noscript>يرجى تفعيل جافا سكريبت</noscript>"),
        "",
        "not_article",
        "js_shell",
    ),
    "soft 404": (html("الصفحة غير موجودة", "<p>عذرا</p>"), "", "gone", "soft_404"),
    "soft 404 by its headline": (html("صحيفة", "<h1>عذراً، الصفحة غير موجودة</h1>"), "", "gone", "soft_404"),
}


@pytest.mark.parametrize("name", PAGES)
def test_each_kind_is_named_and_not_indexed(pipeline: Pipeline, name: str) -> None:
    text, url, status, kind = PAGES[name]
    with pytest.raises(Drop, match=kind) as caught:
        pipeline.make(page(url or "https://news.example/a/1"), text, outlet=PLAIN)
    assert caught.value.status == status


@pytest.mark.parametrize("name", [name for name, row in PAGES.items() if row[3] != "soft_404"])
def test_the_feeds_summary_stands_for_it_where_the_profile_says_so(pipeline: Pipeline, name: str) -> None:
    text, url, _, _ = PAGES[name]
    made = pipeline.make(page(url or "https://news.example/a/1"), text, outlet=OUTLET)
    assert (made.article.method, made.article.title) == ("summary", "خطة جديدة للمدارس")
    assert made.article.body == SUMMARY
    with pytest.raises(Blocked):
        pipeline.make(page(url or "https://news.example/a/1"), text, outlet=OUTLET, summaries=False)


def test_where_there_is_no_article_its_summary_is_none_either(pipeline: Pipeline) -> None:
    with pytest.raises(Drop, match="soft_404"):
        pipeline.make(page(), PAGES["soft 404"][0], outlet=OUTLET)


@pytest.mark.parametrize("extra", [CLOSED, '<div class="paywall"></div>', "<p>يرجى تفعيل جافا سكريبت</p>"])
def test_an_article_that_is_whole_is_not_blocked_by_what_stands_beside_it(pipeline: Pipeline, extra: str) -> None:
    made = pipeline.make(page(), html("خطة جديدة", ARTICLE + extra), outlet=PLAIN)
    assert made.article.method != "summary"
    assert len(made.article.body) > 1200


def test_a_page_that_the_server_refuses_comes_back_as_blocked(pipeline: Pipeline) -> None:
    client = Client(FetchSettings(allow_hosts=("127.0.0.0/8",), total_timeout=5))
    wall = b"<title>Just a moment...</title>"
    with NewsSite() as site:
        for status, body in ((401, b"x"), (402, b"x"), (403, wall), (451, b"x"), (200, wall)):
            url = site.serve(f"/{status}", body, status, Content_Type="text/html")
            asked = {"client": client, "robots": None, "archive": None, "now": NOW}
            found, text = fetch_page(entry(url), outlet=OUTLET, summaries=True, **asked)  # type: ignore[arg-type]
            assert (text, bool(found.blocked)) == ("", True)
            assert pipeline.make(found, text, outlet=OUTLET).article.method == "summary"
            for outlet, summaries in ((PLAIN, True), (OUTLET, False)):
                with pytest.raises((Drop, Retry)):
                    fetch_page(entry(url), outlet=outlet, summaries=summaries, **asked)  # type: ignore[arg-type]


def test_a_summary_that_says_nothing_is_not_indexed(pipeline: Pipeline) -> None:
    blocked = Page(
        id="e", entry=entry(summary="المزيد"), final_url="u", status=402, charset="", fetched_at=NOW, blocked="HTTP 402"
    )
    with pytest.raises(Drop, match="no summary either"):
        pipeline.make(blocked, "", outlet=OUTLET)


def test_every_mark_finds_its_example_and_faults_have_places(tmp_path: Path) -> None:
    assert {mark.kind.name for mark in Barriers.load(CONFIG).marks} == {
        *("paywall", "consent_wall", "js_shell", "soft_404")
    }
    (tmp_path / "blocked.yaml").write_text(
        "kinds:\n  a: {status: lost, least_letters: 1, words: w, summary: true}\n  b: {}\n"
        "marks:\n  - {kind: a, where: html, pattern: '(', example: x}\n"
        "  - {kind: a, where: nose, pattern: y, example: x}\n  - {kind: c}\n",
        "utf-8",
    )
    with pytest.raises(UserError) as caught:
        Barriers.load(tmp_path)
    assert len(caught.value.faults) == 6
    assert "blocked.yaml:5" in str(caught.value)


NEEDING = [mark for mark in Barriers.load(CONFIG).marks if mark.needs]


@pytest.mark.parametrize("mark", NEEDING, ids=lambda mark: mark.example[:20])
@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])  # a pattern's own repetitions do that
@given(data=st.data())
def test_whatever_a_pattern_finds_holds_one_of_the_words_that_it_needs(mark: Mark, data: st.DataObject) -> None:
    found = data.draw(st.from_regex(re.compile(mark.pattern.pattern)))
    assert mark.pattern.search(found)
    assert mark.may_stand_in(found.upper().lower().encode("utf-8", "surrogatepass"))


def test_words_that_do_not_stand_in_the_example_are_a_fault(tmp_path: Path) -> None:
    text = (CONFIG / "blocked.yaml").read_text("utf-8")
    (tmp_path / "blocked.yaml").write_text(
        text.replace("needs: [to continue", "needs: [nothing, of, it, 'to go on'").replace(", to keep, to read]", "]")
    )
    with pytest.raises(UserError, match="needs words of the page's source"):
        Barriers.load(tmp_path)
