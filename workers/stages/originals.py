"""Original and reprint by what a page itself says: rel=canonical to another publisher.

Whichever of the two comes first, the one that names the other is the reprint. What texts show stays beside it
(`similarity`, `nearest`); a page that names an address which is no article here is left alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from workers.model import Article, Kinship
from workers.poll.urls import entry_id, same_site
from workers.wiring import Parts

RELATION = "canonical"


def linked(parts: Parts, article: Article, kinship: Kinship) -> Kinship:
    """The kinship of an article that was just made."""
    if original := note(parts, article):
        row = parts.ledger.row(original)
        if row is not None and "revision" in row.facts:
            return _reprint(kinship, original)
    reprints = parts.originals.reprints(article.id) - {article.id}
    parts.originals.wait(reprints, article.id)
    return replace(kinship, duplicate_of=None) if kinship.duplicate_of in reprints else kinship


def note(parts: Parts, article: Article) -> str:
    """Note the original that the article's page names with another publisher, for when it turns up; "" where none."""
    if not article.canonical_url or same_site(article.canonical_url, article.url):
        return ""
    original = entry_id(article.canonical_url)
    parts.originals.note(original, article.id)
    return original


def _reprint(kinship: Kinship, original: str) -> Kinship:
    return replace(kinship, duplicate_of=original, nearest=kinship.nearest or original, relation=RELATION)


def waiting(parts: Parts) -> bool:
    """Whether the index is to be told of reprints that came before their original."""
    return bool(parts.originals.waiting())


def relink(parts: Parts) -> int:
    """Tell the index of reprints that came before their original; returns how many. Those on their way there wait."""
    told = 0
    for reprint, original in parts.originals.waiting().items():
        article, row = parts.index.get(reprint), parts.ledger.row(reprint)
        if article is None and row is not None and row.stage is not None:
            continue
        if article is not None and article.kinship.duplicate_of != original:
            later = article.updated_at + timedelta(microseconds=1)
            changed = replace(article, kinship=_reprint(article.kinship, original), updated_at=later)
            if any(verdict.result == "wait" for verdict in parts.index.put([changed])):
                continue
            told += 1
        parts.originals.done(reprint)
    return told
