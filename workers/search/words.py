"""An article as the in-process evaluator reads it: the values of the index's fields, analysed when first asked.

Names stand apart from the article's own text, because few queries ask for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from workers.arabic.analysis import Analyzer
from workers.index.document import keywords_of, texts_of
from workers.model import Article
from workers.search.cover import Anchor
from workers.search.tree import DEFAULT_FIELDS, NAME_FIELDS, VALUE_GAP

Postings = dict[str, dict[str, list[int]]]
"""Term → field → ascending positions."""


class Words:
    """One article."""

    def __init__(self, article: Article, analyzer: Analyzer) -> None:
        self.article = article
        self.analyzer = analyzer
        self.tested: frozenset[Anchor] = frozenset()
        """Tests of words (prefixes, fuzzy words) that were asked for all rules at once …"""
        self.passed: dict[Anchor, list[str]] = {}
        """… and the words that passed."""

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        """The values of each text field that has some."""
        return texts_of(self.article)

    @cached_property
    def stem(self) -> Postings:
        """Stems of the article's own text."""
        return self._postings(DEFAULT_FIELDS, stem=True)

    @cached_property
    def exact(self) -> Postings:
        """Words of the article's own text as printed, folded."""
        return self._postings(DEFAULT_FIELDS, stem=False)

    @cached_property
    def names_stem(self) -> Postings:
        """Stems of the mentions' surfaces."""
        return self._postings(NAME_FIELDS, stem=True)

    @cached_property
    def names_exact(self) -> Postings:
        """Words of the mentions' surfaces, folded."""
        return self._postings(NAME_FIELDS, stem=False)

    @cached_property
    def keywords(self) -> dict[str, frozenset[str]]:
        """The values of each keyword field; a field without a value has an empty set."""
        found = {"id": self.article.id, **keywords_of(self.article)}
        return {name: _values(value) for name, value in found.items()}

    def date(self, field: str) -> datetime | None:
        """The value of one of `DATE_FIELDS`."""
        match field:
            case "published":
                return self.article.published
            case "first_seen":
                return self.article.first_seen_at
            case "updated":
                return self.article.updated_at
        return self.article.published or self.article.first_seen_at

    def _postings(self, fields: tuple[str, ...], *, stem: bool) -> Postings:
        postings: Postings = {}
        for field in fields:
            for term, places in self._places(field, stem=stem).items():
                if term in postings:
                    postings[term][field] = places
                elif term is not None:
                    postings[term] = {field: places}
        return postings

    def _places(self, field: str, *, stem: bool) -> dict[str | None, list[int]]:
        """Term → ascending positions in a field; None stands for stop words."""
        found: dict[str | None, list[int]] = {}
        base = 0
        for text in self.texts.get(field, ()):
            terms: Sequence[str | None] = self.analyzer.stems(text) if stem else self.analyzer.exacts(text)
            for position, term in enumerate(terms, base):
                if term in found:
                    found[term].append(position)
                else:
                    found[term] = [position]
            base += VALUE_GAP + len(terms)
        return found


def _values(value: str | list[str]) -> frozenset[str]:
    return frozenset(value if isinstance(value, list) else (value,)) - {""}
