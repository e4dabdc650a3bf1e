"""What a body is before anybody parses it: a feed of some format, or what came instead of one. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from workers.fetch.walls import wall_of

Format = Literal["rss", "atom", "rdf", "json", "sitemap", ""]
"""Empty: no feed."""
Failure = Literal[
    "empty_body", "bot_wall", "html_page", "not_a_feed", "sitemap_index", "plain_sitemap", "opml", "too_complex"
]

_BEFORE_ROOT = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<\s*([A-Za-z_][\w.:-]*)")
_ROOT_ANYWHERE = re.compile(r"<\?xml\b|<(?:rss|feed|rdf:RDF)\b", re.IGNORECASE)
_JUNK = 8000
"""Characters that may stand before a feed (warnings of a broken server program)."""
_FORMATS: dict[str, Format] = {"rss": "rss", "feed": "atom", "rdf": "rdf", "channel": "rss", "urlset": "sitemap"}
_OTHERS: dict[str, tuple[Failure, str]] = {
    "html": ("html_page", "a web page came instead of a feed"),
    "body": ("html_page", "a web page came instead of a feed"),
    "sitemapindex": ("sitemap_index", "a list of sitemaps, not a sitemap of news: give one of those that it lists"),
    "opml": ("opml", "a list of feeds, not a feed: use `rasid feeds import`"),
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """The format and the text from its first character on; or the failure and what it means, in words."""

    format: Format
    text: str
    failure: Failure | None = None
    meaning: str = ""
    junk: int = 0
    """Characters cut from the beginning."""


def recognise(text: str, headers: Mapping[str, str]) -> Recognised:
    """Name what `text` is; `headers` of the answer, names in lower case."""
    stripped = text.lstrip("\ufeff\u200b \t\r\n\x00")
    if not stripped.strip():
        return Recognised("", "", "empty_body", "the answer has no content")
    if stripped[0] in "{[":
        return _json(stripped)
    root = _root(stripped)
    if root in _FORMATS:
        return Recognised(_FORMATS[root], stripped)
    if (maker := wall_of(stripped, headers)) is not None:
        return Recognised("", stripped, "bot_wall", f"a bot wall ({maker}) answered instead of the outlet")
    return _behind_junk(stripped) or _no_feed(stripped, root, headers.get("content-type") or "")


def _behind_junk(text: str) -> Recognised | None:
    cut = _ROOT_ANYWHERE.search(text, 0, _JUNK)
    if cut is None or not cut.start():
        return None
    rest = text[cut.start() :]
    root = _root(rest)
    return Recognised(_FORMATS[root], rest, junk=cut.start()) if root in _FORMATS else None


def _no_feed(text: str, root: str, content_type: str) -> Recognised:
    if root in _OTHERS:
        return Recognised("", text, *_OTHERS[root])
    looks_html = re.search(r"<(?:html|head|body|div|p|script)\b", text[:_JUNK], re.IGNORECASE)
    if looks_html or "html" in content_type:
        return Recognised("", text, *_OTHERS["html"])
    return Recognised("", text, "not_a_feed", f"neither a feed nor a page: it begins with {text[:60]!r}")


def _json(text: str) -> Recognised:
    if re.search(r'"items"\s*:\s*\[', text) and re.search(r'"version"\s*:\s*"https?:\\?/\\?/jsonfeed', text):
        return Recognised("json", text)
    return Recognised("", text, "not_a_feed", "JSON, but no JSON Feed (jsonfeed.org)")


def _root(text: str) -> str:
    """The first element's name, lower case, without its prefix."""
    at = 0
    while (skipped := _BEFORE_ROOT.match(text, at)) is not None and skipped.end() > at:
        at = skipped.end()
    tag = _TAG.match(text, at)
    return tag[1].lower().rpartition(":")[2] if tag else ""
