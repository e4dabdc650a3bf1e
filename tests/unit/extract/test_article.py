"""Extraction's promises one by one: where dates come from, what fallbacks do, what hostile pages cannot do."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.errors import Drop
from workers.extract import extract
from workers.model import Extract, FeedEntry, Outlet, Profile
from workers.settings import ExtractSettings

NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)
OUTLET = Outlet(id="window", name="النافذة", timezone="Asia/Riyadh")
PARAGRAPHS = [
    "افتتح وزير الثقافة صباح اليوم معرض الكتاب السنوي في قاعة المدينة، بمشاركة أكثر من مئتي دار نشر من عشرين بلدا.",
    "وقال الوزير إن المعرض يستمر عشرة أيام، وإن الدخول إليه مجاني لطلاب المدارس والجامعات في أيام الأسبوع كلها.",
    "وتقام على هامشه ندوات عن الترجمة وأدب الطفل، يشارك فيها كتاب ونقاد من المنطقة ومن خارجها حتى نهاية الشهر.",
]
TITLE = "افتتاح معرض الكتاب السنوي بمشاركة مئتي دار نشر"


def page(body: str = "", head: str = "", title: str = TITLE) -> str:
    text = body or "<article>" + "".join(f"<p>{p}</p>" for p in PARAGRAPHS) + "</article>"
    return f"<html><head><title>{title}</title>{head}</head><body><h1>{title}</h1>{text}</body></html>"


def run(html: str, outlet: Outlet = OUTLET, entry: FeedEntry | None = None, **options: int) -> Extract:
    return extract(
        html, url="https://example.com/n/1", outlet=outlet, entry=entry, now=NOW, settings=ExtractSettings(**options)
    )


def entry(**fields: object) -> FeedEntry:
    return FeedEntry(id="0" * 32, feed="f", outlet="window", url="https://example.com/n/1", **fields)  # type: ignore[arg-type]


def ld(**fields: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **fields})}</script>'


def texts(found: Extract) -> list[str]:
    return [p.text for p in found.paragraphs]


def test_feed_date_goes_before_the_page() -> None:
    told = datetime(2025, 3, 30, 8, tzinfo=UTC)
    found = run(
        page(head=ld(datePublished="2025-03-29T10:00:00Z")), entry=entry(published=told, published_source="pubDate")
    )
    assert (found.published, found.published_source) == (told, "pubDate")


def test_page_date_goes_before_first_seen() -> None:
    """A feed without dates gives the time at which we saw the entry; the page knows better."""
    seen = entry(published=NOW, published_source="first_seen")
    found = run(page(head=ld(datePublished="2025-03-29T10:00:00+03:00")), entry=seen)
    assert (found.published, found.published_source) == (datetime(2025, 3, 29, 7, tzinfo=UTC), "json-ld")


def test_meta_date_and_its_name() -> None:
    found = run(page(head='<meta property="article:published_time" content="2025-03-28T21:30:00+03:00">'))
    assert found.published == datetime(2025, 3, 28, 18, 30, tzinfo=UTC)
    assert found.published_source == "article:published_time"


@pytest.mark.parametrize("written", ["الجمعة 28 آذار 2025 - 10:00", "28/03/2025 10:00", "٢٨ مارس ٢٠٢٥، 10:00 ص"])
def test_visible_arabic_date_in_the_outlets_zone(written: str) -> None:
    found = run(page(f"<div>{written}</div>" + "".join(f"<p>{p}</p>" for p in PARAGRAPHS)))
    assert (found.published, found.published_source) == (datetime(2025, 3, 28, 7, tzinfo=UTC), "page")


def test_relative_and_future_dates_are_no_dates() -> None:
    found = run(page(head=ld(datePublished="2031-01-01")) + "<span class='date'>منذ 3 ساعات</span>")
    assert found.published is None
    assert found.published_source == ""


def test_json_ld_body_when_the_page_has_none() -> None:
    found = run(page("<div id='app'>جاري التحميل</div>", head=ld(articleBody="\n".join(PARAGRAPHS))))
    assert texts(found) == PARAGRAPHS
    assert found.method == "json-ld"


def test_feed_content_when_the_page_has_none() -> None:
    html = "".join(f"<p>{p}</p>" for p in PARAGRAPHS)
    found = run(page("<div>اشترك لقراءة المقال</div>"), entry=entry(content=html))
    assert texts(found) == PARAGRAPHS
    assert found.method == "feed"


def test_profile_names_container_and_fields() -> None:
    profile = Profile(body=("//div[@id='b']",), drop=("//i[@class='x']",), byline="//u", subtitle="//h4")
    body = "<h4>ندوات ومسابقات</h4><u>هالة نصر</u><div id='b'><i class='x'>إعلان</i>" + "".join(
        f"<div>{p}</div>" for p in PARAGRAPHS
    )
    found = run(
        page(body + "</div><p>" + PARAGRAPHS[0].replace("اليوم", "أمس") + "</p>"),
        Outlet(id="w", name="", profile=profile),
    )
    assert texts(found) == PARAGRAPHS
    assert (found.method, found.byline, found.subtitle) == ("profile", "هالة نصر", "ندوات ومسابقات")


def test_kinds_survive() -> None:
    body = (
        f"<article><p>{PARAGRAPHS[0]}</p><h2>ندوات المعرض</h2><p>{PARAGRAPHS[1]}</p>"
        "<blockquote><p>الكتاب صديق لا يخون، "
        "هكذا قال الوزير في ختام كلمته أمام الحضور.</p></blockquote><ul><li>ندوة عن الترجمة يوم الأحد المقبل</li>"
        f"<li>ورشة للأطفال يوم الاثنين في القاعة الثانية</li></ul><p>{PARAGRAPHS[2]}</p></article>"
    )
    kinds = [p.kind for p in run(page(body)).paragraphs]
    assert kinds == ["paragraph", "heading", "paragraph", "quote", "item", "item", "paragraph"]


def test_embedded_post_stands_as_its_address() -> None:
    post = (
        "<blockquote class='twitter-tweet'><p>صورة من الافتتاح</p>&mdash; كاتب (@someone) "
        "<a href='https://twitter.com/someone/status/42?ref_src=x'>March 30</a></blockquote>"
    )
    found = run(page(f"<article><p>{PARAGRAPHS[0]}</p>{post}<p>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[2]}</p></article>"))
    assert [p.text for p in found.paragraphs if p.kind == "embed"] == ["https://twitter.com/someone/status/42"]
    assert "صورة من الافتتاح" not in " ".join(texts(found))


def test_source_line_breaks_are_spaces_and_html_ones_split_sentences() -> None:
    broken = PARAGRAPHS[0].replace(" ", "\n   ", 5)
    found = run(page(f"<article><p>{broken}<br>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[2]}</p></article>"))
    assert texts(found) == PARAGRAPHS


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (ld(author={"@type": "Person", "name": "هالة نصر"}), "هالة نصر"),
        (ld(author=[{"name": "هالة نصر"}, {"name": "بقلم: عمر سعد"}]), "هالة نصر، عمر سعد"),
        (ld(author={"@type": "Organization", "name": "النافذة"}), ""),
        ('<meta name="author" content="النافذة">', ""),
        ('<meta name="author" content="admin">', ""),
        ('<meta name="author" content="https://facebook.com/window">', ""),
        ('<meta name="author" content="كتب/ عمر سعد">', "عمر سعد"),
    ],
)
def test_byline_is_a_name(head: str, expected: str) -> None:
    assert run(page(head=head)).byline == expected


def test_title_without_suffix_from_the_heading() -> None:
    found = run(page(head=f'<meta property="og:title" content="{TITLE} | موقع النافذة">', title=TITLE))
    assert found.title == TITLE


def test_other_language_is_dropped_unless_the_outlet_has_it() -> None:
    sentences = (
        "The minister opened the annual book fair in the city hall today, with two hundred publishers attending.",
        "He said that the fair lasts ten days, and that pupils and students enter free of charge on every weekday.",
        "Talks on translation and on books for children accompany it until the end of the month, the ministry added.",
    )
    english = page("<article>" + "".join(f"<p>{sentence}</p>" for sentence in sentences) + "</article>")
    with pytest.raises(Drop, match="not_arabic"):
        run(english)
    assert run(english, Outlet(id="w", name="", languages=("ar", "en"))).language == "en"


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("", "empty"),
        ("<div>" * 400 + "x", "nested"),
        ("<p>" + "<b></b>" * 2000, "elements"),
        ("x" * 20_000, "large"),
    ],
)
def test_pathological_pages_are_named(html: str, reason: str) -> None:
    with pytest.raises(Drop, match=reason):
        run(html, max_chars=10_000 if reason == "large" else 1_000_000, max_elements=1500)


@pytest.mark.parametrize("url", ["https://example.com/", "https://example.com/search?q=x", "https://example.com/?s=x"])
def test_home_and_search_by_address(url: str) -> None:
    with pytest.raises(Drop, match="page"):
        extract(page(), url=url, outlet=OUTLET, entry=None, now=NOW, settings=ExtractSettings())


_TAGS = """<p> </p> <div> </div> <table><tr><td> </td> <br><br> <a_href='x'> </a> <b> <script> </script> <input> <h1>
</h1> <li> &#0; <blockquote_class='twitter-tweet'> <pre> <form> <div_class='comments'> <font>"""
_SOUP = st.lists(
    st.one_of(
        st.sampled_from([tag.replace("_", " ") for tag in _TAGS.split()]),
        st.sampled_from(PARAGRAPHS),
        st.text(max_size=30),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(_SOUP)
def test_any_soup_is_an_extract_or_a_drop(parts: list[str]) -> None:
    """Whatever stands in a page, the answer is an article with clean paragraphs or a named drop."""
    try:
        found = run("".join(parts))
    except Drop as drop:
        assert drop.status in ("not_article", "not_arabic")  # noqa: PT017 - both answers are right
        return
    assert found.paragraphs
    assert all(p.text and p.text == " ".join(p.text.split()) for p in found.paragraphs)
