"""A page that was fetched before, from the archive instead of the network."""

from __future__ import annotations

from workers.fetch.charset import decode
from workers.model import FeedEntry, Page
from workers.store.archive import Record


def page_of(entry: FeedEntry, record: Record) -> tuple[Page, str]:
    """The page of `entry` as a record has it, and its text."""
    html, charset = decode(record.body, record.content_type)
    page = Page(
        id=entry.id,
        entry=entry,
        final_url=record.url,
        status=record.status,
        charset=charset,
        fetched_at=record.at,
        archive=record.position,
    )
    return page, html
