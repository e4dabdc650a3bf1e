"""Trying a rule on the past: what it would have sent, when, and what folding and throttling would have saved.

The outbox itself is asked, on keys of its own: what is told is what would have happened, not a model of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workers.alert.matcher import Matcher
from workers.model import Alert, Article
from workers.ports import ArticleIndex, SearchRequest
from workers.search.tree import Query, Range, all_of
from workers.store.outbox import RedisOutbox

PAGE = 500


@dataclass(slots=True)
class Trial:
    """What a rule would have done."""

    articles: int = 0
    """That meet the query."""
    folded: int = 0
    """That belong to a story already told."""
    messages: list[Alert] = field(default_factory=list)
    """As they would have gone out, oldest first; `release` says when."""

    @property
    def alerts(self) -> int:
        """Recorded alerts."""
        return self.articles - self.folded


def backtest(matcher: Matcher, articles: Iterable[Article], outbox: RedisOutbox, *, until: datetime) -> Trial:
    """Run the one rule of `matcher` over `articles`, oldest first, as if each were made when it was first seen."""
    trial = Trial()
    for article in articles:
        _send_due(outbox, trial, article.first_seen_at)
        for alert in matcher.match(article, now=article.first_seen_at):
            trial.articles += 1
            trial.folded += not outbox.record([alert])
    _send_due(outbox, trial, until)
    return trial


def _send_due(outbox: RedisOutbox, trial: Trial, now: datetime) -> None:
    while found := outbox.due(now=now, limit=100, lease=60):
        for alert in found:
            outbox.delivered(alert.id, alert.channels[0], at=now)
            trial.messages.append(alert)


def articles_since(
    index: ArticleIndex, query: Query, since: datetime, *, until: datetime, page: int = PAGE
) -> Iterator[Article]:
    """The articles that `query` finds, by the time they were first seen, oldest first.

    Reads a day at a time, because an index hands out only so many hits a question (10,000).
    """
    day = since
    while day < until:
        after = min(day + timedelta(days=1), until)
        yield from sorted(_day(index, query, day, after, page), key=lambda article: article.first_seen_at)
        day = after


def _day(index: ArticleIndex, query: Query, low: datetime, high: datetime, page: int) -> Iterator[Article]:
    within = all_of([query, Range("first_seen", low, high)])
    for offset in range(0, 10_000 - page + 1, page):
        found = index.search(SearchRequest(query=within, sort="oldest", limit=page, offset=offset)).hits
        yield from (hit.article for hit in found)
        if len(found) < page:
            return
