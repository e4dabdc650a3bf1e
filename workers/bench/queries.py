"""Queries made by chance from the words of real articles: what the evaluators must agree on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from workers.model import Article
from workers.search.tree import (
    Boost,
    Exact,
    Fuzzy,
    Keyword,
    MatchAll,
    Near,
    Not,
    Phrase,
    Prefix,
    Query,
    Range,
    Word,
    all_of,
    any_of,
)

_FIELDS = (None, None, None, None, "title", "body", "person", "place")


class QueryMaker:
    """Makes one tree a call; the same `chance` gives the same trees."""

    def __init__(self, articles: Sequence[Article], chance: Random) -> None:
        self.articles = articles
        self.chance = chance
        self.leaves: list[Callable[[str | None], Query]] = [
            *[self.word] * 5,
            *[self.phrase] * 3,
            self.loose,
            *[self.near] * 2,
            self.name,
            self.prefix,
            self.fuzzy,
            self.exact,
            self.dates,
            self.outlet,
        ]

    def query(self, depth: int = 2) -> Query:
        """A tree of at most `depth` Boolean levels."""
        kind = self.chance.random()
        if depth == 0 or kind < 0.35:
            return self.chance.choice(self.leaves)(self.chance.choice(_FIELDS))
        parts = [self.query(depth - 1) for _ in range(self.chance.randint(2, 3))]
        if kind < 0.65:
            return all_of(parts)
        if kind < 0.85:
            return any_of(parts)
        if kind < 0.95:
            return all_of([parts[0], Not(parts[1])])
        return Boost(parts[0], 2.0) if kind < 0.97 else Not(parts[0]) if kind < 0.99 else MatchAll()

    def words(self, most: int) -> list[str]:
        """Up to `most` words that stand side by side in an article, as printed."""
        article = self.chance.choice(self.articles)
        text = (article.title if self.chance.random() < 0.3 else article.body).split()
        if not text:
            return ["خبر"]  # news
        start = self.chance.randrange(len(text))
        return text[start : start + self.chance.randint(1, most)]

    def word(self, field: str | None) -> Query:
        return Word(self.words(1)[0], field)

    def phrase(self, field: str | None) -> Query:
        return Phrase(" ".join(self.words(4)), 0, field)

    def name(self, field: str | None) -> Query:
        """A name as an article prints it, where articles are tagged."""
        mentions = self.chance.choice(self.articles).mentions
        return Phrase(self.chance.choice(mentions).surface, 0, field) if mentions else self.word(field)

    def loose(self, field: str | None) -> Query:
        words = self.words(6)
        self.chance.shuffle(words)
        return Phrase(" ".join(words[:3]), self.chance.randint(1, 6), field)

    def near(self, field: str | None) -> Query:
        words = self.words(12)
        if self.chance.random() < 0.5:
            self.chance.shuffle(words)
        parts: list[Query] = [Word(word, field) for word in words[:2]] or [Word("خبر", field)]
        if self.chance.random() < 0.4 and len(words) > 3:
            parts.append(Phrase(" ".join(words[-2:]), 0, field))
        if self.chance.random() < 0.3:
            parts[0] = any_of([parts[0], self.word(field), Phrase(" ".join(self.words(2)), 0, field)])
        if len(parts) == 1:
            return parts[0]
        return Near(tuple(parts), self.chance.randint(0, 10), self.chance.random() < 0.4, field)

    def prefix(self, field: str | None) -> Query:
        letters = "".join(c for c in self.words(1)[0] if c.isalpha())
        return Prefix(letters[: self.chance.randint(3, 5)], field) if len(letters) > 2 else Word("خبر", field)

    def fuzzy(self, field: str | None) -> Query:
        letters = [c for c in self.words(1)[0] if c.isalpha()]
        if len(letters) < 4:
            return Word("خبر", field)
        letters[self.chance.randrange(len(letters))] = self.chance.choice(letters)
        return Fuzzy("".join(letters), self.chance.randint(1, 2), field)

    def exact(self, field: str | None) -> Query:
        return Exact(" ".join(self.words(2)), field)

    def dates(self, _: str | None) -> Query:
        low = datetime(2018, 1, 1, tzinfo=UTC) + timedelta(days=self.chance.randint(0, 300))
        return Range("date", low, low + timedelta(days=self.chance.randint(1, 200)))

    def outlet(self, _: str | None) -> Query:
        return Keyword("outlet", (self.chance.choice(self.articles).outlet,))
