"""An article as the document that both indexes are filled from, and back.

The text stands once: the index's fields hold title, body and so on; `article` (not indexed) holds the rest, so that
`article_of(document_of(a)) == a`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pydantic import TypeAdapter

from workers.model import Article, Mention, as_dict
from workers.search.tree import NAME_FIELDS, TEXT_FIELDS

Json = dict[str, Any]

_ARTICLES = TypeAdapter(Article)
_TEXT = ("title", "subtitle", "byline", "caption")


def document_of(article: Article) -> Json:
    """The document of `article`: the fields of config/elasticsearch/article.json."""
    date = article.published or article.first_seen_at
    names = mention_names(article.mentions)
    found: Json = {
        "id": article.id,
        "url": article.url,
        "canonical_url": article.canonical_url,
        **{name: getattr(article, name) for name in _TEXT},
        "lede": article.paragraphs[0].text if article.paragraphs else "",
        "body": article.body,
        "credit": article.credit.text,
        "credit_place": article.credit.place,
        **names,
        **keywords_of(article),
        "date": date.isoformat(),
        "published": article.published.isoformat() if article.published else None,
        "first_seen": article.first_seen_at.isoformat(),
        "updated": article.updated_at.isoformat(),
        "deleted": article.deleted_at.isoformat() if article.deleted_at else None,
        "revision": article.revision,
        "words": sum(len(p.text.split()) for p in article.paragraphs),
        "article": _rest(article),
    }
    if article.published is not None:
        found["delay"] = round((article.first_seen_at - article.published).total_seconds())
    return {key: value for key, value in found.items() if value not in (None, "", [], ())}


def keywords_of(article: Article) -> Json:
    """The keyword fields of `tree.KEYWORD_FIELDS`; lists where a field may have several values."""
    return {
        "outlet": article.outlet,
        "country": article.country,
        "language": article.language,
        "agency": article.credit.agency,
        "entity": sorted({m.entity for m in article.mentions if m.entity}),
        "related": list(article.related),
        "story": article.kinship.story or article.id,
        "duplicate_of": article.kinship.duplicate_of or "",
        "feed": list(article.feeds),
        "method": article.method,
        "rules_version": article.rules_version,
    }


def mention_names(mentions: tuple[Mention, ...]) -> dict[str, list[str]]:
    """The distinct surfaces of mentions by kind, in order; a kind that is not of `NAME_FIELDS` is `other`."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for mention in mentions:
        found[mention.kind if mention.kind in NAME_FIELDS else "other"][mention.surface] = None
    return {kind: list(names) for kind, names in found.items()}


def texts_of(article: Article) -> dict[str, list[str]]:
    """The values of every text field that is not empty, as they are indexed; what evaluators and highlights read."""
    plain = {name: getattr(article, name) for name in (*_TEXT, "body")} | {"credit": article.credit.text}
    found = {name: [text] for name, text in plain.items() if text}
    found |= mention_names(article.mentions)
    return {name: found[name] for name in TEXT_FIELDS if name in found}


def _rest(article: Article) -> Json:
    """What the fields do not say."""
    rest = as_dict(article)
    for name in (*_TEXT, "id", "url", "canonical_url"):
        del rest[name]
    if not any("\n" in p.text for p in article.paragraphs):
        rest["paragraphs"] = [p.kind for p in article.paragraphs]
    return rest


def article_of(document: Json) -> Article:
    """The article that `document_of` was given."""
    rest = dict(document["article"])
    for name in (*_TEXT, "id", "url", "canonical_url"):
        rest[name] = document.get(name, "")
    kinds = rest["paragraphs"]
    if kinds and isinstance(kinds[0], str):
        texts = document.get("body", "").split("\n")
        rest["paragraphs"] = [{"text": text, "kind": kind} for text, kind in zip(texts, kinds, strict=True)]
    return _ARTICLES.validate_python(rest)
