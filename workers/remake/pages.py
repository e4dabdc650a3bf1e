"""Pages as the archive has them, as the flow's rooms want them."""

from __future__ import annotations

from workers.fetch.charset import decode
from workers.model import FeedEntry, Page, load
from workers.poll.urls import canonical_url, entry_id
from workers.store.archive import Record
from workers.wiring import Parts


def entry_of(record: Record, here: Parts) -> FeedEntry:
    """What the feed said, as archived beside the page; from the address alone where nothing was."""
    if record.about:
        return load(FeedEntry, record.about)
    url = canonical_url(record.url)
    return FeedEntry(id=entry_id(url), feed="", outlet=here.sources.outlet_of(url).id, url=url)


def page_of(entry: FeedEntry, record: Record) -> tuple[Page, str]:
    """The page of a record, and its text."""
    kind = next((value for name, value in record.headers if name.lower() == "content-type"), None)
    html, charset = decode(record.body, kind)
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
