"""Synthetic pages are distinct, heavy, repeatable, and say what is true of them."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from pathlib import Path

import feedparser
import pytest
import urllib3
from lxml import html

from workers.demo.synthetic import FEED_ITEMS, SyntheticSite, Text, Texts
from workers.poll.sources import load_sources


def shingles(text: Text) -> set[tuple[str, ...]]:
    words = "".join(c if c.isalnum() else " " for c in " ".join(text.paragraphs)).split()
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_texts_are_distinct_except_the_stated_reprints() -> None:
    made = Texts(1, 0.1)
    texts = [made.text(number) for number in range(600)]
    sets = [shingles(text) for text in texts]
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, found in enumerate(sets):
        for shingle in found:
            places[shingle].append(number)
    common = Counter((a, b) for where in places.values() for i, b in enumerate(where) for a in where[:i])
    reprints = {(text.reprint_of, number) for number, text in enumerate(texts) if text.reprint_of is not None}
    assert len(reprints) == 60
    for (a, b), shared in common.items():
        containment = shared / min(len(sets[a]), len(sets[b]))
        siblings = texts[a].reprint_of is not None and texts[a].reprint_of == texts[b].reprint_of
        assert containment >= 0.5 if (a, b) in reprints or siblings else containment < 0.2, (a, b)


def test_a_seed_gives_the_same_texts_and_another_seed_others() -> None:
    assert Texts(7, 0.1).text(3) == Texts(7, 0.1).text(3)
    assert Texts(7, 0.1).text(3) != Texts(8, 0.1).text(3)
    none = Texts(7, 0)
    assert all(none.text(number).reprint_of is None for number in range(30))


def test_pages_weigh_as_much_as_real_ones_and_hold_their_text() -> None:
    with SyntheticSite(40) as site:
        sizes = []
        for url in site.urls:
            page = site.html(url)
            sizes.append(len(page.encode()))
            shown = [" ".join(str(p.text_content()).split()) for p in html.fromstring(page).iter("p")]
            assert set(site.text(url).paragraphs) <= set(shown)
            assert "@@" not in page
        assert min(sizes) > 100_000
        assert max(sizes) < 260_000
        assert 140_000 < statistics.median(sizes) < 240_000


def test_feeds_carry_every_article_once_and_none_too_many(tmp_path: Path) -> None:
    with SyntheticSite(250, outlets=2) as site, urllib3.PoolManager() as http:
        site.write_feeds_yaml(tmp_path / "feeds.yaml")
        read = load_sources(tmp_path)
        assert list(read.feeds) == site.sources()[1]
        links: Counter[str] = Counter()
        for feed in read.feeds:
            entries = feedparser.parse(http.request("GET", feed.url).data).entries
            assert 0 < len(entries) <= FEED_ITEMS
            links.update(entry.link for entry in entries)
        assert links == Counter(site.urls)


@pytest.mark.parametrize("path", ["/news/999999", "/news/", "/nothing"])
def test_what_is_not_there_is_404(path: str) -> None:
    with SyntheticSite(5, outlets=1) as site, urllib3.PoolManager() as http:
        assert http.request("GET", site.root("s0") + path).status == 404
        served = http.request("GET", site.urls[4])
        assert served.data.decode() == site.html(site.urls[4])
        assert site.requests[site.urls[4]] == 1
