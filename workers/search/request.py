"""A `SearchRequest`'s filters as part of its tree, and the highlights of its hits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workers.model import Article, Mention
from workers.ports import SearchRequest
from workers.search.highlight import highlight
from workers.search.tree import Keyword, Query, Range, all_of, wanted

if TYPE_CHECKING:
    from workers.arabic.analysis import Analyzer


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


def highlights_of(article: Article, query: Query, analyzer: Analyzer) -> dict[str, tuple[str, ...]]:
    """Field → fragments of `article` in which leaves of the resolved `query` matched; see `highlight`."""
    texts = {
        "title": article.title,
        "subtitle": article.subtitle,
        "body": article.body,
        "caption": article.caption,
        "byline": article.byline,
        "credit": article.credit.text,
    }
    names = [(mention.field, mention.start, mention.end) for mention in _asked(article, query)]
    return highlight({name: text for name, text in texts.items() if text}, query, analyzer, marks=names)


def _asked(article: Article, query: Query) -> Iterator[Mention]:
    """Mentions of the entities that `query` asks for."""
    keywords = [leaf for leaf in wanted(query) if isinstance(leaf, Keyword) and leaf.field == "entity"]
    entities = {value for keyword in keywords for value in keyword.values}
    return (mention for mention in article.mentions if mention.entity in entities)
