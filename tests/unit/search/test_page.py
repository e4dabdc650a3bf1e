"""The search page over a real embedded index: right to left, escaped, and with nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from tests.integration.indexes import NOW, SAMPLES, analyzer, article
from workers.alert.message import Links, message_of
from workers.clean.credit import shown_names
from workers.model import Alert, Kinship, Mention, Paragraph, Removed
from workers.search.page import Page
from workers.search.service import SearchService
from workers.store.embedded import EmbeddedIndex
from workers.tag.catalogue import Catalogue

EVIL = article(
    "evil",
    title="<script>alert(1)</script> خبيث",
    body="نص خبيث \u202e <img src=x onerror=alert(1)>",
    url="javascript:alert(1)",
)


_TEXT = "التقى بوتين الوزير في موسكو."
LONG = article(
    "long",
    title="لقاء في موسكو",
    body="",
    paragraphs=(Paragraph("فقرة أولى."), Paragraph("عنوان داخلي", "heading"), Paragraph(_TEXT)),
    removed=(Removed(rule="share-bar", text="شاركها.", position=3),),
    kinship=Kinship(story="s1"),
    mentions=(
        *(
            Mention(entity=entity, kind="person", surface=surface, field="body", start=start, end=start + len(surface))
            for entity, surface, start in (("putin", "بوتين", 29), ("vladimir", "بوتين الوزير", 29))
        ),
        Mention(entity="moscow", kind="place", surface="موسكو", field="title", start=8, end=13),
    ),
)
COPY = article("copy", title="نسخة", body="نص آخر.", kinship=Kinship(story="s1", duplicate_of="long"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    index = EmbeddedIndex(tmp_path_factory.mktemp("page") / "index.sqlite", analyzer(), clock=lambda: NOW)
    index.put(
        [*SAMPLES, EVIL, LONG, COPY, *(article(f"many{n}", title="فيضان", body="فيضان كبير.") for n in range(25))]
    )
    agencies = shown_names(Path("config/agencies.yaml"))
    names = Catalogue.load(Path("config/entities"))
    yield Page(SearchService(index, analyzer(), names, agencies=agencies), clock=lambda: NOW)
    index.close()


def get(page: Page, query: str = "", *, path: str = "/", method: str = "GET") -> tuple[str, dict[str, str], str]:
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query}
    setup_testing_defaults(environ)
    answered: list[Any] = []
    body = validator(page)(environ, lambda status, headers, *_: answered.extend((status, headers)))  # type: ignore[arg-type,return-value]
    try:
        return answered[0], dict(answered[1]), b"".join(body).decode()
    finally:
        body.close()  # type: ignore[attr-defined]


def test_the_empty_page_explains_the_language(page: Page) -> None:
    status, headers, html = get(page)
    assert status == "200 OK"
    assert '<html lang="ar" dir="rtl">' in html
    assert "NEAR" in html or "قرب/5" in html
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]


def test_hits_are_marked(page: Page) -> None:
    _, _, html = get(page, f"q={quote('موسكو')}")
    assert "<mark>موسكو</mark>" in html
    assert "<mark>بموسكو</mark>" in html


def test_what_an_article_says_is_never_markup(page: Page) -> None:
    status, _, html = get(page, f"q={quote('خبيث')}")
    assert status == "200 OK"
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:" not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;" in html


def test_a_question_is_never_markup(page: Page) -> None:
    _, _, html = get(page, "q=" + quote('"><script>alert(1)</script>'))
    assert "<script" not in html


def test_a_bad_question_says_where(page: Page) -> None:
    status, _, html = get(page, f"q={quote('(موسكو')}")
    assert status == "400 Bad Request"
    assert "خطأ عند الحرف 1:" in html


def test_pages_and_narrowing_links(page: Page) -> None:
    _, _, first = get(page, f"q={quote('فيضان')}")
    after = re.search(r'<nav>.*?href="\?([^"]+)"', first)
    assert after is not None
    _, _, second = get(page, after[1].replace("&amp;", "&"))
    assert first.count("<h2") == 20
    assert second.count("<h2") == 5
    link = re.search(r'<li><a href="\?([^"]+)"><bdi>example', first)
    assert link is not None
    assert get(page, link[1].replace("&amp;", "&"))[0] == "200 OK"


@pytest.mark.parametrize(
    ("options", "status"),
    [({"path": "/x"}, "404"), ({"method": "POST"}, "405"), ({"query": "q=" + "a" * 20_000}, "414")],
)
def test_anything_else_is_refused(page: Page, options: dict[str, str], status: str) -> None:
    assert get(page, **options)[0].startswith(status)


def test_a_slip_is_read_as_what_was_meant_and_said_so(page: Page) -> None:
    _, _, html = get(page, f"q={quote('فيضنا')}")
    assert "<mark>فيضان</mark>" in html
    assert "على أنها" in html  # read as
    assert "as typed" not in html


def test_like_links_lead_to_articles_like_that_one(page: Page) -> None:
    _, _, html = get(page, f"q={quote('موسكو')}")
    link = html.split('href="?like=')[1].split('"')[0]
    status, _, found = get(page, f"like={link}")
    assert status.startswith("200")
    assert "مقالات تشبه" in found  # articles like
    assert f">{link}<" in found


def test_a_fault_is_shown_at_its_place_in_the_query(page: Page) -> None:
    status, _, html = get(page, f"q={quote('موسكو [<b>')}")
    assert status.startswith("400")
    assert "<bdi>موسكو <mark>[&lt;b&gt;</mark></bdi>" in html
    assert "المدى" in html


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("q=*&since=zzz", "من: \u200f«\u2068zzz\u2069» ليس تاريخا"),
        ("q=%22%D9%86%D8%B5", "علامة التنصيص مفتوحة ولم تُغلق (\u200fأغلقها أو احذفها)"),
        ("q=" + quote("foo:x"), "لا حقل باسم «\u2068foo\u2069»"),
        ("q=" + "x" * 20_000, "السؤال أطول من اللازم"),
    ],
)
def test_faults_are_said_in_arabic(page: Page, question: str, said: str) -> None:
    status, _, html = get(page, question)
    assert status.startswith("4")
    assert said in html


def test_names_in_facets_are_arabic(page: Page) -> None:
    _, _, html = get(page, f"q={quote('بروكسل')}")
    assert "<bdi>بروكسل</bdi></a>" in html  # not its id, brussels


def test_an_article_has_a_page_with_its_names_its_story_and_what_was_removed(page: Page) -> None:
    status, _, html = get(page, path="/article/long")
    assert status == "200 OK"
    assert '<a class="name" href="/?q=entity%3A%22putin%22">بوتين</a>' in html
    assert '<h3 dir="auto">عنوان داخلي</h3>' in html
    assert "شاركها." in html
    assert 'href="/article/copy"' in html
    assert 'href="/article/long"' not in html  # the others of its story


def test_names_that_overlap_or_stand_elsewhere_leave_the_text_whole(page: Page) -> None:
    _, _, html = get(page, path="/article/long")
    said = re.sub("<[^>]+>", "", html)
    for paragraph in LONG.paragraphs:
        assert paragraph.text in said


def test_what_an_article_says_is_never_markup_on_its_own_page(page: Page) -> None:
    status, _, html = get(page, path="/article/evil")
    assert status == "200 OK"
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:" not in html
    assert "\u202e" not in html


def test_hits_lead_to_the_page_of_their_article(page: Page) -> None:
    _, _, html = get(page, f"q={quote('خبيث')}")
    link = re.search(r'href="(/article/[^"]+)"', html)
    assert link is not None
    assert get(page, path=link[1])[0] == "200 OK"


def test_the_link_of_an_alert_leads_to_a_page(page: Page) -> None:
    alert = Alert(id="1", rule="r", article="long", story="", at=NOW, highlights=(), channels=(), extra={"title": "ق"})
    (item,) = message_of(alert, Links(page="http://page.example")).items
    path = urlsplit(dict(item.links)["page"]).path
    status, _, html = get(page, path=path)
    assert status == "200 OK"
    assert LONG.title in html


@pytest.mark.parametrize("path", ["/article/", "/article/none", "/article/../x", "/article/" + "x" * 2000])
def test_an_article_that_is_not_there_is_said_so(page: Page, path: str) -> None:
    status, _, html = get(page, path=path)
    assert status.startswith("404")
    assert "لا مقال بهذا المعرّف" in html


def test_agencies_have_names(page: Page) -> None:
    _, _, html = get(page, f"q={quote('بروكسل')}")
    assert "<bdi>وكالة فرانس برس</bdi></a>" in html


def test_what_limits_hide_is_said(page: Page) -> None:
    _, _, html = get(page, f"q={quote('فيضان')}&since=2031-01-01")
    assert "بلا قيود التاريخ والمصدر والأسماء" in html
    assert "without the limits" not in html
