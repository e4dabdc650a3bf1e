"""A question as a person asks it, to whichever index is configured: parse, expand, search, and fall back where little
is found. The command line and the page go through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Literal, Self

from workers.errors import Fault, UserError
from workers.ports import ArticleIndex, Hits, SearchRequest
from workers.search.dates import period
from workers.search.expand import expand_query
from workers.search.parse import parse
from workers.search.resolve import resolve
from workers.search.similar import likeliest, slips_allowed
from workers.search.tree import (
    And,
    Boost,
    Exact,
    Keyword,
    Near,
    Or,
    Query,
    Resolved,
    Word,
    all_of,
    any_of,
    walk,
    wanted,
)
from workers.tag.catalogue import Catalogue

if TYPE_CHECKING:
    from workers.arabic.analysis import Analyzer
    from workers.settings import Settings

MAX_WINDOW = 10_000
"""Offset and limit together, as Elasticsearch's `max_result_window`."""

Sort = Literal["relevance", "newest", "oldest"]


@dataclass(slots=True)
class SearchService:
    """An open index with what a query needs besides: the analysis and the catalogue of names."""

    index: ArticleIndex
    analyzer: Analyzer
    names: Catalogue
    few_hits: int = 3
    bidi: str = "auto"
    timezone: tzinfo = UTC

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """The service of `settings`; contacts no server yet."""
        from workers.arabic.analysis import Analyzer  # noqa: PLC0415 - loads the lexicon
        from workers.index import open_index  # noqa: PLC0415

        analyzer = Analyzer.load(settings.config_dir)
        return cls(
            index=open_index(settings, analyzer),
            analyzer=analyzer,
            names=Catalogue.load(settings.config_dir / "entities"),
            few_hits=settings.search.few_hits,
            bidi=settings.search.bidi,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.index.close()

    def request(
        self,
        query: str,
        *,
        now: datetime,
        since: str | None = None,
        until: str | None = None,
        outlets: Iterable[str] = (),
        entities: Iterable[str] = (),
        sort: Sort = "relevance",
        limit: int = 10,
        offset: int = 0,
        stories: bool = False,
        facets: Iterable[str] = (),
    ) -> SearchRequest:
        """What is asked, parsed; raises `UserError` with every fault it can see at once."""
        if offset + limit > MAX_WINDOW:
            raise UserError(Fault("--offset", f"reaches past {MAX_WINDOW} hits", "narrow the search by dates"))
        low, _ = self._date("--since", since, now)
        first, after = self._date("--until", until, now)
        return SearchRequest(
            query=expand_query(parse(query, now=now, timezone=self.timezone), self.names),
            since=low,
            until=after or first,
            outlets=tuple(outlets),
            entities=tuple(found for name in entities for found in self._entity(name)),
            sort=sort,
            limit=limit,
            offset=offset,
            fold_stories=stories,
            facets=tuple(facets),
        )

    def _date(self, place: str, text: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
        if not text:
            return None, None
        found = period(text, now=now, timezone=self.timezone)
        if found is None:
            raise UserError(Fault(place, f"“{text}” is not a date", "write 2023-01-29, yesterday or 'last 7 days'"))
        return found

    def _entity(self, name: str) -> tuple[str, ...]:
        found = tuple(entity.id for entity in self.names.find(name))
        return found or (name,)

    def search(self, request: SearchRequest) -> Hits:
        """Ask the index; for words that it hardly knows, once more with the words that were probably meant."""
        hits = self.index.search(request)
        meant = self._meant(request.query, few=hits.total < self.few_hits)
        if not meant:
            return hits
        wider = self.index.search(self._reword(request, meant))
        if wider.total <= hits.total:
            return hits
        said = ", ".join(f"“{word}” also as “{other}”" for word, other in meant.items())
        return replace(wider, notes=(*wider.notes, f"{hits.total} found as typed; read {said}"))

    def meant(self, request: SearchRequest) -> SearchRequest:
        """The request that `search` ends up with."""
        meant = self._meant(request.query, few=self._count(request.query) < self.few_hits)
        return self._reword(request, meant) if meant else request

    def _reword(self, request: SearchRequest, meant: Mapping[str, str]) -> SearchRequest:
        return replace(request, query=expand_query(_reworded(request.query, meant), self.names))

    def _meant(self, query: Query, *, few: bool) -> dict[str, str]:
        """Word → the word of the index that it is probably a slip of.

        Asked of words that the index has nowhere as printed and, where `few` articles were found, of words that
        themselves find next to nothing. A word whose likeliest neighbour has its stem is an inflection, not a slip.
        """
        found = {}
        for leaf in dict.fromkeys(wanted(query)):
            if isinstance(leaf, Word) and (slips := slips_allowed(folded := self.analyzer.exact_word(leaf.text))):
                exact = self._count(Exact(leaf.text, leaf.field))
                if exact == 0 or (few and self._count(leaf) < self.few_hits):
                    other = likeliest(folded, self.index.near_words(folded, slips))
                    if other is not None and self.analyzer.stem_of(other) != self.analyzer.stem_of(folded):
                        found[leaf.text] = other
        return found

    def explain(self, request: SearchRequest) -> Mapping[str, Any]:
        """What the query became, and how many articles each of its leaves finds."""
        resolved = resolve(request.query, self.analyzer)
        return {
            "index": self.index.name,
            "understood": str(request.query),
            "resolved": str(resolved),
            "leaves": [{"leaf": str(leaf), "articles": self._count(leaf)} for leaf in _leaves(resolved)],
        }

    def _count(self, leaf: Query) -> int:
        return self.index.search(SearchRequest(query=leaf, limit=0)).total


def _reworded(query: Query, meant: Mapping[str, str]) -> Query:
    """`query` with each word of `meant` or what it was meant to be."""
    match query:
        case Word(text, field) if text in meant:
            return any_of([query, Word(meant[text], field)])
        case And(parts):
            return all_of([_reworded(part, meant) for part in parts])
        case Or(parts):
            return any_of([_reworded(part, meant) for part in parts])
        case Boost(part, factor):
            return Boost(_reworded(part, meant), factor)
        case Near(parts, distance, ordered, field):
            return Near(tuple(_reworded(part, meant) for part in parts), distance, ordered, field)
        case _:
            return query


def _leaves(query: Query) -> list[Query]:
    found = [node for node in walk(query) if isinstance(node, (*Resolved, Keyword))]
    return list(dict.fromkeys(found))
