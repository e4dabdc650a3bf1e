"""The ANT Corpus sample (4,000 texts of 2018) as articles; measured on, never shipped.

A. Chouigui, O. Ben Khiroun, B. Elayeb: ANT Corpus. Lines of JSON: id, source, url, date, title, text.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import orjson

from workers.errors import Fault, UserError
from workers.model import Article, Cleaned, Mention, Paragraph
from workers.tag.tagger import Tagger

_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})$")
SEEN = datetime(2018, 12, 31, 12, tzinfo=UTC)


def corpus_articles(path: Path, *, limit: int | None = None, tagger: Tagger | None = None) -> Iterator[Article]:
    """The articles of `path` in its order, tagged where a tagger is given; raises `UserError` where it is not there."""
    if not path.is_file():
        raise UserError(Fault(str(path), "is not there", "give the path of articles_text.jsonl.gz"))
    with gzip.open(path, "rb") as lines:
        for line in islice(lines, limit):
            yield _article(orjson.loads(line), tagger)


def _article(row: dict[str, object], tagger: Tagger | None) -> Article:
    title = " ".join(str(row["title"]).split())
    paragraphs = tuple(Paragraph(text) for part in str(row["text"]).split("\n") if (text := " ".join(part.split())))
    found = _DAY.search(str(row["date"]))
    published = datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC) if found else None
    mentions: tuple[Mention, ...] = ()
    if tagger is not None:
        mentions = tagger.tag(Cleaned(title=title, paragraphs=paragraphs)).mentions
    return Article(
        id=f"ant{row['id']}",
        url=str(row["url"]),
        canonical_url=str(row["url"]),
        outlet=str(row["source"]).lower(),
        title=title,
        paragraphs=paragraphs,
        published=published,
        mentions=mentions,
        first_seen_at=(published or SEEN) + timedelta(hours=1),
        updated_at=SEEN,
    )
