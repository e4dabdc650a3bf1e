from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.poll.identity import leads_to, one_article
from workers.poll.urls import canonical_url, entry_id, feed_id, normal_url, same_site

ARTICLE = "https://www.example.com/news/2024/7/9/story"


@pytest.mark.parametrize(
    "variant",
    [
        ARTICLE,
        f"{ARTICLE}/",
        f"{ARTICLE}?utm_source=x&utm_medium=rss",
        f"{ARTICLE}#comments",
        f"{ARTICLE}?fbclid=abc&ref=telegram",
        f"{ARTICLE}/amp",
        f"{ARTICLE}/amp/",
        f"{ARTICLE}?amp",
        f"{ARTICLE}?outputType=amp",
        f"{ARTICLE}/print/",
        f"{ARTICLE}?print=1&tmpl=component",
        "https://www.example.com/amp/news/2024/7/9/story",
        "HTTPS://WWW.Example.COM:443/news/2024/./7/x/../9/story",
        "https://www.example.com//news/2024/7/9/story",
        "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/news/2024/7/9/story",
        "https://www.google.com/amp/s/www.example.com/news/2024/7/9/story",
        "https://www.google.com/url?sa=t&q=https%3A%2F%2Fwww.example.com%2Fnews%2F2024%2F7%2F9%2Fstory",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.example.com%2Fnews%2F2024%2F7%2F9%2Fstory%3Ffbclid%3Dx",
        f" {ARTICLE}?a&amp;utm_source=x ".replace("?a&amp;", "?"),
        "\u200fhttps://www.example.com/news/2024/7/9/story\u200e",
    ],
)
def test_variants_of_an_article_have_one_canonical_address(variant: str) -> None:
    assert canonical_url(variant) == ARTICLE


def test_mobile_hosts_are_the_site_itself() -> None:
    assert canonical_url("https://m.example.com/a") == "https://example.com/a"
    assert canonical_url("https://www.m.example.com/a") == "https://example.com/a"
    assert canonical_url("https://m.me/a") == "https://m.me/a", "the label is the name itself here"


def test_scheme_and_www_do_not_make_another_entry() -> None:
    same = {
        entry_id(canonical_url(u)) for u in (ARTICLE, ARTICLE.replace("https", "http"), ARTICLE.replace("www.", ""))
    }
    assert len(same) == 1
    assert len(same.pop()) == 32


def test_parameters_that_choose_the_article_stay_in_one_order() -> None:
    assert (
        canonical_url("http://example.com/x.aspx?id=7&b=2&utm_campaign=z&a=1")
        == "http://example.com/x.aspx?a=1&b=2&id=7"
    )
    assert canonical_url("http://example.com/?ref=123") == "http://example.com/?ref=123", "a number may be the article"


def test_arabic_paths_are_percent_encoded_utf8_whatever_their_spelling() -> None:
    encoded = "https://example.com/%D8%AE%D8%A8%D8%B1"
    assert canonical_url("https://example.com/خبر") == encoded  # "news"
    assert canonical_url("https://example.com/%d8%ae%d8%a8%d8%b1/") == encoded
    assert canonical_url("https://example.com/%7Euser/%41") == "https://example.com/~user/A"
    assert canonical_url("https://example.com/a%2Fb") == "https://example.com/a%2Fb", "an encoded slash is no slash"


def test_arabic_domains_are_written_in_ascii() -> None:
    assert canonical_url("http://موقع.مصر/") == "http://xn--4gbrim.xn--wgbh1c/"  # "site", "Egypt"


def test_relative_addresses_need_a_base() -> None:
    assert canonical_url("/a?x=1", "https://example.com/feed") == "https://example.com/a?x=1"
    assert canonical_url("/a") == ""


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mailto:a@example.com",
        "javascript:alert(1)",
        "http://",
        "http://exa mple.com/",
        "http://x:99999/",
        "ftp://example.com/",
        "http://[::1",
        "a" * 9000,
    ],
)
def test_what_is_no_web_address_is_empty(url: str) -> None:
    assert canonical_url(url) == ""


def test_google_news_links_of_the_older_kind_carry_the_address() -> None:
    link = "https://news.google.com/rss/articles/CBMiKGh0dHBzOi8vd3d3LmV4YW1wbGUuY29tL25ld3MvMjAyNC83L3PSAQA?oc=5"
    assert canonical_url(link) == "https://www.example.com/news/2024/7/s"


def test_same_site_follows_the_public_suffix_list() -> None:
    assert same_site("https://www.spa.gov.sa/1", "http://m.spa.gov.sa/")
    assert not same_site("https://a.com.eg/", "https://b.com.eg/")
    assert same_site("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/b")
    assert not same_site("http://127.0.0.1:8000/a", "http://127.0.0.1:8001/a")
    assert not same_site("", "")


def test_a_feed_keeps_its_parameters() -> None:
    assert feed_id("http://example.com/rss?SectionID=1") != feed_id("http://example.com/rss?SectionID=2")
    assert len(feed_id("http://example.com/rss")) == 16


_URLISH = st.text(alphabet=st.sampled_from("abm./?&=#%-_~:@+;،خبر 12AFé\\"), max_size=60)


@given(tail=_URLISH)
def test_canonical_addresses_are_canonical(tail: str) -> None:
    once = canonical_url(f"https://example.com/{tail}")
    assert once == "" or canonical_url(once) == once


@given(url=st.text(max_size=200), base=st.none() | st.just("https://example.com/a/b"))
def test_no_text_makes_it_fail(url: str, base: str | None) -> None:
    for found in (canonical_url(url, base), normal_url(url, base)):
        assert found == "" or (found.startswith(("http://", "https://")) and found.isascii() and " " not in found)


def test_links_of_proxies_and_shorteners_lead_to_an_identity_once_they_were_asked() -> None:
    final = "https://www.example.com/news/1?utm_source=feedburner"
    article = "https://www.example.com/news/1"
    proxies = "http://feedproxy.google.com/~r/x/~3/abc/", "https://news.google.com/rss/articles/CAIi"
    for link in (*proxies, "https://t.co/abc"):
        assert leads_to(link, final) == article
        assert leads_to(link, link) == "", "it led nowhere"
        assert leads_to(link, "https://news.google.com/consent") == ""
    assert leads_to("https://www.example.com/old", final) == "", "a redirect of the outlet's own changes no identity"


@pytest.mark.parametrize(
    ("a", "b", "one"),
    [
        ("https://n.test/amp/123456", "https://n.test/news/port-123456", True),
        ("https://m.example.com/news/port-reopens", "https://www.example.com/news/port-reopens", True),
        ("https://n.test/news/port-reopens", "https://n.test/", False),
        ("https://n.test/20261123/one", "https://n.test/20261123/two", False),
        ("https://n.test/news/one-123456", "https://n.test/news", False),
        ("https://n.test/a/123456", "https://other.test/a/123456", False),
    ],
)
def test_a_canonical_address_is_believed_where_it_can_be_of_the_same_article(a: str, b: str, one: bool) -> None:
    assert one_article(a, b) is one
