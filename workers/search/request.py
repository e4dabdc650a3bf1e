"""A `SearchRequest`'s filters as part of its tree, and the texts that its hits are highlighted in."""

from __future__ import annotations

from workers.model import Article
from workers.ports import SearchRequest
from workers.search.tree import Keyword, Query, Range, all_of


def filtered(query: Query, request: SearchRequest) -> Query:
    """The resolved `query` and the request's dates, outlets and entities."""
    parts = [query]
    if request.since is not None or request.until is not None:
        parts.append(Range("date", request.since, request.until))
    if request.outlets:
        parts.append(Keyword("outlet", request.outlets))
    if request.entities:
        parts.append(Keyword("entity", request.entities))
    return all_of(parts)


def highlighted_texts(article: Article) -> dict[str, str]:
    """Field → text of the fields that are shown with highlights."""
    texts = {
        "title": article.title,
        "subtitle": article.subtitle,
        "body": article.body,
        "caption": article.caption,
        "byline": article.byline,
        "credit": article.credit.text,
    }
    return {name: text for name, text in texts.items() if text}
