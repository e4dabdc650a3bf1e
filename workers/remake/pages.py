"""Pages as the archive has them, as the flow's rooms want them."""

from __future__ import annotations

from workers.model import FeedEntry, load
from workers.poll.urls import canonical_url, entry_id
from workers.store.archive import Record
from workers.wiring import Parts


def entry_of(record: Record, here: Parts) -> FeedEntry:
    """What the feed said, as archived beside the page; from the address alone where nothing was."""
    if record.about:
        return load(FeedEntry, record.about)
    url = canonical_url(record.url)
    return FeedEntry(id=entry_id(url), feed="", outlet=here.sources.outlet_of(url).id, url=url)
