"""Which rules an article meets. Rules are compiled once; an article asks only those with one of its words.

`cover` gives each rule its anchors; they stand in dictionaries by word, and what an article holds of them costs a
look-up a word (an Aho-Corasick automaton was slower: 0.036 against 0.016 ms). Candidates are then judged exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from workers.alert.filter import Compiled, Filter
from workers.alert.highlight import highlights, opening
from workers.alert.ids import alert_id
from workers.alert.kinds import Memory, judge, silences
from workers.alert.rules import Rules, parse_query
from workers.alert.timing import release
from workers.arabic.analysis import Analyzer
from workers.errors import Fault, UserError
from workers.model import Alert, AlertRule, Article
from workers.search.expand import expand_query
from workers.search.outlets import OutletNames
from workers.search.resolve import resolve
from workers.search.tree import Exact, Nothing, Phrase, Query, Word
from workers.search.words import Words
from workers.tag.catalogue import Catalogue

SILENCE_CHECK = 60.0
"""Seconds between two looks for silent rules."""


class Matcher:
    """Compiled rules. `faults` names rules that were left out because no article can meet them."""

    def __init__(
        self,
        rules: Rules | Iterable[AlertRule],
        analyzer: Analyzer,
        names: Catalogue | None = None,
        *,
        outlets: OutletNames | None = None,
        late: float = 30 * 86400,
        sentences: int = 3,
        known: Mapping[str, Compiled] | None = None,
        memory: Memory | None = None,
    ) -> None:
        """`names`: the catalogue whose aliases a name in a query also means. `outlets`: the outlets by their names.
        `late`: seconds after which an article is no news any more. `known`: compiled rules of an earlier matcher over
        the same analyzer, names and outlets; unchanged ones are taken over. `memory`: what rules of the counting kinds
        remember; without it they do not fire."""
        self._analyzer = analyzer
        self._names = names
        self._outlets = outlets or OutletNames()
        self._late = timedelta(seconds=late)
        self._sentences = sentences
        self.compiled: dict[str, Compiled] = {}
        faults: list[Fault] = []
        for rule in rules.rules.values() if isinstance(rules, Rules) else rules:
            try:
                self.compiled[rule.id] = self._compile(rule, (known or {}).get(rule.id))
            except UserError as error:
                faults += error.faults
        self.faults = tuple(faults)
        self._filter = Filter(self.compiled.values())
        self._memory = memory
        self._counting = [c.rule for c in self.compiled.values() if c.rule.kind != "match"]

    def _compile(self, rule: AlertRule, known: Compiled | None) -> Compiled:
        if known is not None and known.rule == rule:
            return known
        query = self.resolved(self.written(rule.query))
        if isinstance(query, Nothing):
            mend = "stop words are not searched; name another word, or write =word"
            raise UserError(Fault(f"rule {rule.id}", "query: no word of it can be searched", mend))
        return Compiled.of(rule, query)

    def written(self, query: str) -> Query:
        """The tree of `query`, names in it meaning their aliases too. Raises `UserError`."""
        tree = self._outlets.read(parse_query(query))
        return tree if self._names is None else expand_query(tree, self._names)

    def resolved(self, query: Query) -> Query:
        """A tree as written, with index words in place of text."""
        return resolve(query, self._analyzer)

    def is_searchable(self, leaf: Word | Phrase | Exact) -> bool:
        """Whether `leaf` has a word that is searched beside others: a stop word is not."""
        analyse = self._analyzer.exact if isinstance(leaf, Exact) else self._analyzer.stem
        return bool(analyse(leaf.text))

    def words(self, article: Article) -> Words:
        """`article` as rules read it."""
        return Words(article, self._analyzer)

    def meets(self, words: Words) -> list[Compiled]:
        """The rules whose query holds, whatever their state and kind, in the order of the rules."""
        return self._filter.meets(words)

    def candidates(self, words: Words) -> int:
        """How many alternatives of rules are judged exactly for an article."""
        return len(self._filter.candidates(words))

    def match(self, article: Article, *, now: datetime) -> list[Alert]:
        """The alerts that `article` gives; one first seen long ago, or deleted by its outlet, is only a change."""
        old = now - article.first_seen_at > self._late or article.deleted_at is not None
        if not self.compiled or (old and not self._counting):
            return []
        words = self.words(article)
        met = [found for found in self.meets(words) if active(found.rule, now)]
        alerts = [self.alert(found, words, now=now) for found in met if found.rule.kind == "match" and not old]
        if self._memory is not None and self._counting:
            alerts += self._counted(met, words, self._memory, now=now)
        return alerts

    def _counted(self, met: list[Compiled], words: Words, memory: Memory, *, now: datetime) -> list[Alert]:
        article = words.article
        alerts: list[Alert] = []
        if now - article.first_seen_at <= self._late:
            memory.saw("*", article.id, article.first_seen_at)
        for found in met:
            if found.rule.kind == "change" or (found.rule.kind != "match" and article.deleted_at is None):
                alerts += judge(found.rule, article, self.alert(found, words, now=now), memory)
        silent = [rule for rule in self._counting if rule.kind == "silence" and active(rule, now)]
        if silent and memory.claim("silences", article.id, now, SILENCE_CHECK):
            alerts += silences(silent, memory, now)
        return alerts

    def alert(self, found: Compiled, words: Words, *, now: datetime) -> Alert:
        """The alert that `found` met the article of `words`."""
        rule, article = found.rule, words.article
        story = article.kinship.story if rule.per == "story" else ""
        return Alert(
            id=alert_id(rule.id, story or article.id),
            rule=rule.id,
            article=article.id,
            story=story,
            at=now,
            highlights=highlights(found.query, words, most=self._sentences) or opening(article),
            channels=rule.channels,
            release=release(rule, now),
            throttle=rule.throttle,
            extra=facts(rule, article),
        )


def active(rule: AlertRule, now: datetime) -> bool:
    """Whether a rule is to be asked at `now`."""
    return rule.enabled and (rule.expires is None or now < rule.expires)


def facts(rule: AlertRule, article: Article) -> dict[str, Any]:
    """What a message says beside the highlights; kept with the alert, so that sending asks neither index nor rules."""
    return {
        "name": rule.name or rule.id,
        "rule_kind": rule.kind,
        "owner": rule.owner,
        "labels": list(rule.labels),
        "query": rule.query,
        "severity": rule.severity,
        "follow_up": rule.follow_up,
        "title": article.title,
        "url": article.canonical_url or article.url,
        "outlet": article.outlet,
        "agency": article.credit.agency,
        "published": article.published.isoformat() if article.published else None,
        "first_seen": article.first_seen_at.isoformat(),
    }
