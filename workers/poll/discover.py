"""Where a site's feeds are: what its pages announce, else the addresses that common software serves. Pure."""

from __future__ import annotations

import re

import lxml.html
from lxml import etree

from workers.poll.urls import normal_url, same_site

TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json"}
)
GUESSES = ("/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/ar/rss", "/news-sitemap.xml")
"""Paths of WordPress, Drupal, Joomla, Blogger and of sites' own making, most usual first."""
_COMMENTS = re.compile(r"comments?(?:/|-|_)?feed|/comments/|تعليقات", re.IGNORECASE)
"""Feeds of readers' comments, in English and Arabic."""


def announced(html: str, url: str) -> list[str]:
    """The feeds that a page announces (`<link rel=alternate>`), in its order, comment feeds last; then links that look
    like feeds of the same site."""
    try:
        root = lxml.html.document_fromstring(html)
    except (etree.ParserError, ValueError):
        return []
    links = [(tag.get("href") or "", tag.get("title") or "") for tag in root.iter("link") if _is_feed_link(tag)]
    anchors = [(tag.get("href") or "", "") for tag in root.iter("a") if _looks_like_feed(tag.get("href") or "")]
    found: dict[str, bool] = {}
    for href, title in [*links, *anchors]:
        address = normal_url(href, url)
        if address and ((href, title) in links or same_site(address, url)):
            found.setdefault(address, bool(_COMMENTS.search(f"{address} {title}")))
    return sorted(found, key=lambda address: found[address])


def guesses(url: str) -> list[str]:
    """Addresses to try where a page announces nothing."""
    return [address for path in GUESSES if (address := normal_url(path, url))]


def _is_feed_link(tag: etree._Element) -> bool:
    relations = (tag.get("rel") or "").lower().split()
    return "alternate" in relations and (tag.get("type") or "").split(";")[0].strip().lower() in TYPES


def _looks_like_feed(href: str) -> bool:
    return re.search(r"(?:/|\.|=)(?:rss2?|feed|atom)(?:/|\.xml|\.aspx|\.php|$)", href.lower()) is not None
