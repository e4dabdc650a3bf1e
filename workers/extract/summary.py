"""What a feed says of an article whose page cannot be read: its full content if it carries that, else its summary."""

from __future__ import annotations

from dataclasses import replace

from workers.errors import Drop
from workers.extract import fallback, language, plain
from workers.model import SUMMARY, Extract, FeedEntry, Outlet

LEAST = 40
"""Letters below which a summary says nothing beyond its title."""


def from_entry(entry: FeedEntry, *, outlet: Outlet) -> Extract:
    """An extract of the entry alone; raises `Drop` where the feed says too little, or in another language."""
    if (paragraphs := fallback.from_feed(entry)) and sum(len(p.text) for p in paragraphs) > 2 * len(entry.summary):
        found = language.detect("\n".join(p.text for p in paragraphs))
        if found in outlet.languages:
            return _extract(entry, Extract(title="", paragraphs=paragraphs, language=found), "feed")
    if sum(char.isalpha() for char in entry.summary) < LEAST:
        raise Drop("not_article", "the feed carries no summary either")
    return _extract(entry, plain.from_text(entry.summary, outlet=outlet, entry=entry), SUMMARY)


def _extract(entry: FeedEntry, found: Extract, method: str) -> Extract:
    return replace(
        found,
        title=entry.title,
        byline=entry.author,
        published=entry.published,
        published_source=entry.published_source,
        canonical_url=None,
        method=method,
    )
