"""A question as a person asks it, to whichever index is configured: parse, expand, search, and fall back where little
is found. The command line and the page go through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Literal, Self

from workers.clean.credit import shown_names
from workers.errors import Fault, UserError
from workers.ports import ArticleIndex, Hits, SearchRequest
from workers.search.alike import CANDIDATES, closest, question, weights
from workers.search.dates import period
from workers.search.expand import expand_query
from workers.search.guess import Guesser
from workers.search.highlight import MARKED
from workers.search.outlets import OutletNames, outlet_names
from workers.search.parse import parse
from workers.search.resolve import resolve
from workers.search.spellings import Spellings
from workers.search.tree import Keyword, Phrase, Query, Resolved, Word, all_of, walk, wanted
from workers.search.writings import written_otherwise
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
    outlets: OutletNames = field(default_factory=OutletNames)
    agencies: Mapping[str, str] = field(default_factory=dict)
    """Agency id → its name."""
    _guesser: Guesser | None = None
    _spellings: Spellings | None = None

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
            outlets=outlet_names(settings.config_dir),
            agencies=shown_names(settings.config_dir / "agencies.yaml"),
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
        written = self.outlets.read(parse(query, now=now, timezone=self.timezone))
        return SearchRequest(
            query=self.expanded(written),
            written=written,
            since=low,
            until=after or first,
            outlets=tuple(id_ for name in outlets for id_ in self.outlets.ids(name)),
            entities=tuple(found for name in entities for found in self._entity(name)),
            sort=sort,
            limit=limit,
            offset=offset,
            fold_stories=stories,
            facets=tuple(facets),
        )

    def expanded(self, written: Query) -> Query:
        """`written` with every name's other spellings: those of the catalogue, and those that the index shows."""
        return written_otherwise(self.spellings.added(written, expand_query(written, self.names)))

    def _date(self, place: str, text: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
        if not text:
            return None, None
        found = period(text, now=now, timezone=self.timezone)
        if found is None:
            raise UserError(Fault(place, f"“{text}” is not a date", "write 2023-01-29, yesterday or 'last 7 days'"))
        return found

    def _words(self, query: Query) -> list[dict[str, str]]:
        """What analysis makes of each word of the query as typed."""
        texts = [leaf.text for leaf in wanted(query) if isinstance(leaf, Word | Phrase)]
        exact = dict.fromkeys(word for text in texts for word in self.analyzer.exacts(text))
        return [{"word": w, "stem": self.analyzer.stem_of(w), "rule": self.analyzer.rule(w)} for w in exact]

    def _entity(self, name: str) -> tuple[str, ...]:
        found = tuple(entity.id for entity in self.names.find(name))
        return found or (name,)

    def search(self, request: SearchRequest) -> Hits:
        """Ask the index; for words that it hardly knows, once more with the words that were probably meant."""
        hits = self.index.search(request)
        meant = self.guesser.meant(request.written or request.query, few=hits.total < self.few_hits)
        wider = self.index.search(self.guesser.reworded(request, meant)) if meant else hits
        if wider.total > hits.total:
            shown = {word: self._as_printed(other, wider) for word, other in meant.items()}
            return replace(wider, meant=shown, as_typed=hits.total)
        return self._with_advice(hits, request) if hits.total == 0 else hits

    def _with_advice(self, hits: Hits, request: SearchRequest) -> Hits:
        """What to ask instead, where nothing was found."""
        instead = self.guesser.instead(request)
        notes = list(hits.notes)
        if request.since or request.until or request.outlets or request.entities:
            (everywhere,) = self.index.counts([request.query])
            notes += [f"{everywhere} without the limits on dates, outlets and entities"] if everywhere else []
        return replace(hits, instead=instead, notes=tuple(notes))

    def _as_printed(self, word: str, hits: Hits) -> str:
        """A word of the index, which holds it folded, as the found articles print it."""
        marked = (part for hit in hits.hits for parts in hit.highlights.values() for part in parts)
        printed = (text for part in marked for text in MARKED.findall(part))
        return next((text for text in printed if self.analyzer.exact_word(text) == word), word)

    def meant(self, request: SearchRequest) -> SearchRequest:
        """The request that `search` ends up with."""
        few = self.index.counts([request.query])[0] < self.few_hits
        meant = self.guesser.meant(request.written or request.query, few=few)
        return self.guesser.reworded(request, meant) if meant else request

    def like(self, id_or_url: str, request: SearchRequest) -> Hits:
        """Articles like that one, among those that `request` finds, most alike first; raises `UserError`."""
        article = self.index.get(id_or_url) or self.index.by_url(id_or_url)
        if article is None:
            raise UserError(Fault("--like", f"no article has the id or address {id_or_url}", "rasid search shows both"))
        known = weights(article, self.analyzer)
        asked = all_of([resolve(request.query, self.analyzer), question(known)])
        wide = replace(request, query=asked, written=None, sort="relevance", limit=CANDIDATES, offset=0)
        found = self.index.search(wide)
        hits = closest(article, known, found.hits, self.analyzer)
        shown = hits[request.offset : request.offset + request.limit]
        return replace(found, total=len(hits), hits=tuple(shown))

    @property
    def guesser(self) -> Guesser:
        """Of this index; it remembers words that stand there."""
        if self._guesser is None:
            self._guesser = Guesser(self.index, self.analyzer, self.expanded, self.few_hits)
        return self._guesser

    @property
    def spellings(self) -> Spellings:
        """Of this index; it remembers words that it has looked up."""
        if self._spellings is None:
            self._spellings = Spellings(self.index, self.analyzer)
        return self._spellings

    def explain(self, request: SearchRequest) -> Mapping[str, Any]:
        """What the query became, and how many articles each of its leaves finds."""
        resolved = resolve(request.query, self.analyzer)
        leaves = _leaves(resolved)
        counts = self.index.counts(leaves)
        return {
            "index": self.index.name,
            "understood": str(request.query),
            "resolved": str(resolved),
            "words": self._words(request.written or request.query),
            "leaves": [{"leaf": str(leaf), "articles": n} for leaf, n in zip(leaves, counts, strict=True)],
        }


def _leaves(query: Query) -> list[Query]:
    found = [node for node in walk(query) if isinstance(node, (*Resolved, Keyword))]
    return list(dict.fromkeys(found))
