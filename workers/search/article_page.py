"""One article on Rasid's page: its text with its names marked, who else carries its story, what cleaning took out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from workers.arabic.bidi import strip_controls
from workers.model import SUMMARY, Article, Mention
from workers.ports import SearchRequest
from workers.search.service import SearchService
from workers.search.tree import Keyword

PREFIX = "/article/"
MOST_OTHERS = 20
"""Articles of the same story that are listed."""

Label = Callable[[str, str], str]
"""A facet and one of its values to what people call it."""


def address(article: str) -> str:
    """Where the page shows the article with this id."""
    return PREFIX + quote(article, safe="")


def heading(article: Article, label: Label) -> dict[str, Any]:
    """What stands over an article, here and among hits."""
    return {
        "title": strip_controls(article.title or article.url),
        "url": article.url if article.url.startswith(("http://", "https://")) else "",
        "outlet": label("outlet", article.outlet),
        "published": article.published,
        "credit": strip_controls(article.credit.text),
        "deleted": article.deleted_at,
        "summary": article.method == SUMMARY,
        "like": "/?" + urlencode({"like": article.id}),
    }


def shown(service: SearchService, article: Article, label: Label) -> dict[str, Any]:
    """What the template shows of `article`. Raises `Retry` while the index is away."""
    return {
        **heading(article, label),
        "id": article.id,
        "subtitle": strip_controls(article.subtitle),
        "byline": strip_controls(article.byline),
        "parts": [*_parts(article)],
        "names": [*_names(article.mentions, label)],
        "others": [*_others(service, article, label)],
        "removed": [{"rule": one.rule, "text": strip_controls(one.text)} for one in article.removed],
    }


def _parts(article: Article) -> Iterator[dict[str, Any]]:
    """The paragraphs; mentions count from the beginning of the body, in which a line break parts paragraphs."""
    begin = 0
    mentions = [mention for mention in article.mentions if mention.field == "body"]
    for paragraph in article.paragraphs:
        end = begin + len(paragraph.text)
        inside = [m for m in mentions if begin <= m.start and m.end <= end]
        yield {"heading": paragraph.kind == "heading", "text": _linked(paragraph.text, inside, begin)}
        begin = end + 1


def _linked(text: str, mentions: Iterable[Mention], begin: int) -> Markup:
    """The text, escaped, its linked names leading to a search for them."""
    pieces, at = [], 0
    for mention in sorted(mentions, key=lambda m: m.start):
        start, end = mention.start - begin, mention.end - begin
        if mention.entity and start >= at:
            pieces += [_plain(text[at:start]), _NAME.format(_asks(mention.entity), _plain(text[start:end]))]
            at = end
    return Markup("").join([*pieces, _plain(text[at:])])


_NAME = Markup('<a class="name" href="{}">{}</a>')


def _plain(text: str) -> Markup:
    return escape(strip_controls(text))


def _asks(entity: str) -> str:
    return "/?" + urlencode({"q": f'entity:"{entity}"'})


def _names(mentions: Iterable[Mention], label: Label) -> Iterator[dict[str, Any]]:
    """The entities, the most mentioned first."""
    counts = Counter(mention.entity for mention in mentions if mention.entity)
    for entity, count in counts.most_common():
        yield {"label": label("entity", entity), "link": _asks(entity), "count": count}


def _others(service: SearchService, article: Article, label: Label) -> Iterator[dict[str, Any]]:
    """Who else carries the story, the first first."""
    if not article.kinship.story:
        return
    asked = SearchRequest(query=Keyword("story", (article.kinship.story,)), sort="oldest", limit=MOST_OTHERS)
    for hit in service.index.search(asked).hits:
        other = hit.article
        if other.id != article.id:
            title = strip_controls(other.title or other.url)
            yield {"title": title, "outlet": label("outlet", other.outlet), "link": address(other.id)}
