"""Addresses that are one article though their spelling differs: what a link leads to, what a page calls itself."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from workers.poll.urls import canonical_url, same_site

_LINK_SERVICES = frozenset(
    {
        *("feedproxy.google.com", "feeds.feedburner.com", "rss.feedsportal.com", "feedproxy.feedly.com"),
        *("news.google.com", "t.co", "bit.ly", "ow.ly", "dlvr.it", "buff.ly", "tinyurl.com", "goo.gl", "is.gd"),
        *("ift.tt", "trib.al", "lnkd.in"),
    }
)
"""Hosts whose addresses only lead to articles. An article's identity is where they lead, which is known once asked."""

_TELLING = 8
"""Characters of an address's last step that name an article rather than a section."""
_NUMBER = re.compile(r"(?<!\d)(?!20\d{6}(?!\d))\d{5,}(?!\d)")
"""An article's number: five digits or more, no date such as 20261123."""


def leads_to(url: str, final_url: str) -> str:
    """The canonical address of the article that a link service's address led to; "" where `url` is no such link, or
    did not lead away from its service."""
    if (urlsplit(url).hostname or "").removeprefix("www.") not in _LINK_SERVICES:
        return ""
    found = canonical_url(final_url)
    return found if found and (urlsplit(found).hostname or "") not in _LINK_SERVICES else ""


def one_article(a: str, b: str) -> bool:
    """Whether two addresses of one site can be of one article: they share a number of five digits or their last step.

    Asked before a page's rel=canonical is believed: some sites name their front page or a section on every page.
    """
    parts_a, parts_b = urlsplit(a), urlsplit(b)
    last = parts_a.path.rstrip("/").rpartition("/")[2]
    named = len(last) >= _TELLING and last == parts_b.path.rstrip("/").rpartition("/")[2]
    numbers = [{*_NUMBER.findall(f"{each.path}?{each.query}")} for each in (parts_a, parts_b)]
    return same_site(a, b) and (named or bool(numbers[0] & numbers[1]))


def calls_itself(url: str, named: str) -> str:
    """The canonical address that the page at `url` gives itself by `named`; "" where it is `url`, or not believed."""
    own = canonical_url(named)
    return own if own != url and one_article(own, url) else ""
