"""Articles in Elasticsearch: one index behind a read and a write alias, versions given by us.

`_id` is the article's id and the version its `updated_at` in microseconds with `external_gte`: a replay of the same or
of an older article changes nothing that is newer, so that every task may run twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError

from workers.arabic.analysis import Analyzer
from workers.errors import Fault, UserError
from workers.index import bulk, walk
from workers.index.document import article_of
from workers.index.faults import reason_of, waiting
from workers.model import Article
from workers.ports import Hit, Hits, NearWord, Scan, SearchRequest, Verdict
from workers.search.elastic import matching, ranked
from workers.search.ranking import Ranking
from workers.search.request import filtered, highlights_of
from workers.search.resolve import resolve
from workers.search.tree import Query

Json = dict[str, Any]

SENDERS = 2
"""Bulk requests under way at once: the server reads one while it indexes the other."""
FACET_SIZE = 20
_CALENDAR = {"day": "yyyy-MM-dd", "month": "yyyy-MM", "hour": "yyyy-MM-dd'T'HH"}
_KEYWORDS = {
    *("outlet", "country", "language", "agency", "entity", "related", "story", "duplicate_of", "feed", "method"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """The aliases and indexes of one prefix (`news`)."""

    prefix: str

    @property
    def read(self) -> str:
        return f"{self.prefix}-read"

    @property
    def write(self) -> str:
        return f"{self.prefix}-write"

    def version(self, number: int) -> str:
        """The index of that generation."""
        return f"{self.prefix}-v{number}"


class ElasticIndex:
    """`ports.ArticleIndex` in Elasticsearch."""

    name = "elasticsearch"

    def __init__(
        self,
        client: Elasticsearch,
        names: Names,
        analyzer: Analyzer,
        body: Callable[[], Json],
        *,
        fields: Callable[[], Json] = dict,
        ranking: Ranking | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`body`: settings and mapping of a new index, made only when one is needed. `fields`: the mapping's alone."""
        self.client = client
        self.names = names
        self.analyzer = analyzer
        self.body = body
        self.fields = fields
        self.ranking = ranking or Ranking()
        self.clock = clock
        self._checked = False

    # --- the index itself ----------------------------------------------------------------------------------------

    def init(self) -> list[str]:
        done: list[str] = []
        if not self.client.indices.exists_alias(name=self.names.write):
            index = self.names.version(1)
            if not self.client.indices.exists(index=index):
                self.client.options(request_timeout=180).indices.create(index=index, body=self.body())
                done.append(f"made the index {index}")
            for alias in (self.names.read, self.names.write):
                self.client.indices.put_alias(index=index, name=alias, is_write_index=alias == self.names.write)
            done.append(f"{self.names.read} and {self.names.write} point to {index}")
        self.check()
        return [*done, *self._add_fields()]

    def _add_fields(self) -> Iterator[str]:
        """Fields that a newer Rasid writes are added in place: a strict index would refuse articles that have them."""
        for index, found in self.client.indices.get_mapping(index=self.names.write).items():
            missing = {n: how for n, how in self.fields().items() if n not in found["mappings"]["properties"]}
            if missing:
                self.client.indices.put_mapping(index=index, properties=missing)
                yield f"added the fields {', '.join(missing)} to {index}"

    def check(self) -> None:
        """Raise `UserError` where the index was made with another lexicon than this process analyses with."""
        if self._checked:
            return
        try:
            mappings = self.client.indices.get_mapping(index=self.names.write)
        except NotFoundError:
            problem = f"Elasticsearch has no {self.names.write}"
            raise UserError(Fault("index", problem, "run rasid index init")) from None
        for index, found in mappings.items():
            meta = found["mappings"].get("_meta", {})
            if meta.get("lexicon") != self.analyzer.name:
                problem = (
                    f"{index} was made with the lexicon {meta.get('lexicon')}, this Rasid has {self.analyzer.name}"
                )
                raise UserError(Fault("index", problem, "run rasid index migrate"))
        self._checked = True

    # --- writing -------------------------------------------------------------------------------------------------

    def put(self, articles: Sequence[Article]) -> list[Verdict]:
        try:
            self.check()
        except (ApiError, TransportError) as error:
            return [Verdict(article.id, "wait", reason_of(error)) for article in articles]
        return [verdict for batch in bulk.batches(articles, self.clock) for verdict in self._send(batch)]

    def stream(self, articles: Iterable[Article], *, seconds: float = bulk.STREAM_SECONDS) -> Iterator[Verdict]:
        """Store a stream of articles, of which three batches are held: one is made while `SENDERS` others are sent.

        `seconds`: a batch waits no longer for more articles. Raises `UserError` where the index is of another lexicon.
        """
        self.check()
        with ThreadPoolExecutor(SENDERS, "bulk") as sender:
            sent: deque[Future[list[Verdict]]] = deque()
            for batch in bulk.batches(articles, self.clock, seconds=seconds):
                if len(sent) == SENDERS:
                    yield from sent.popleft().result()
                sent.append(sender.submit(self._send, batch))
            while sent:
                yield from sent.popleft().result()

    def _send(self, batch: list[bulk.Line]) -> list[Verdict]:
        return bulk.send(self.client, self.names.write, batch)

    def remove(self, ids: Sequence[str]) -> int:
        return walk.remove(self.client, self.names.write, {"ids": {"values": list(ids)}})

    def remove_before(self, moment: datetime) -> int:
        return walk.remove(self.client, self.names.write, {"range": {"first_seen": {"lt": moment.isoformat()}}})

    # --- reading -------------------------------------------------------------------------------------------------

    def get(self, article: str) -> Article | None:
        with waiting():
            found = self.client.options(ignore_status=404).get(index=self.names.read, id=article)
        return article_of(found["_source"]) if found.get("found") else None

    def by_url(self, url: str) -> Article | None:
        either = [{"term": {"url": url}}, {"term": {"canonical_url": url}}]
        with waiting():
            answer = self.client.search(
                index=self.names.read, query={"bool": {"should": either}}, sort=["first_seen"], size=1
            )
        hits = answer["hits"]["hits"]
        return article_of(hits[0]["_source"]) if hits else None

    def scan(self, wanted: Scan) -> Iterator[list[Article]]:
        return walk.scan(self.client, self.names.read, wanted)

    def search(self, request: SearchRequest) -> Hits:
        query = resolve(request.query, self.analyzer)
        with waiting():
            self.check()
            answer = self.client.search(index=self.names.read, body=self.search_body(query, request))
        aggregations = answer.get("aggregations", {})
        return Hits(
            total=answer["hits"]["total"]["value"],
            hits=tuple(self._hits(answer["hits"]["hits"], query)),
            facets={name: tuple(_buckets(aggregations[name]["buckets"])) for name in request.facets},
        )

    def counts(self, queries: Sequence[Query]) -> list[int]:
        asked = {str(n): matching(resolve(query, self.analyzer)) for n, query in enumerate(queries)}
        if not asked:
            return []
        with waiting():
            answer = self.client.search(
                index=self.names.read, size=0, track_total_hits=False, aggs={"each": {"filters": {"filters": asked}}}
            )
        buckets = answer["aggregations"]["each"]["buckets"]
        return [buckets[number]["doc_count"] for number in asked]

    def near_words(self, word: str, slips: int) -> list[NearWord]:
        """Words as printed (folded) at most `slips` edits from `word`, with the articles whose body has them."""
        term = {"field": "body.exact", "analyzer": "whitespace", "suggest_mode": "always", "max_edits": slips}
        term |= {"prefix_length": 0, "min_word_length": 3, "size": 100, "shard_size": 500}
        term["string_distance"] = "damerau_levenshtein"
        with waiting():
            answer = self.client.search(
                index=self.names.read, size=0, suggest={"near": {"text": word, "term": term}}, track_total_hits=False
            )
            own = self.client.count(index=self.names.read, query={"term": {"body.exact": word}})["count"]
        options = [option for entry in answer["suggest"]["near"] for option in entry["options"]]
        return [NearWord(word, own), *(NearWord(option["text"], option["freq"]) for option in options)]

    def matching(self, query: Query) -> set[str]:
        """The ids of every article that `query` finds, 10,000 at most: what the evaluators are compared by."""
        return self.matching_each([query])[0]

    def matching_each(self, queries: Sequence[Query]) -> list[set[str]]:
        """`matching` of many queries in one request.

        Ids are read from their column: `_id` would unpack each article for it (fifty times as long, measured).
        """
        ids = {"size": 10_000, "stored_fields": "_none_", "docvalue_fields": ["id"], "sort": ["_doc"]}
        asked = [{"query": matching(resolve(query, self.analyzer)), **ids} for query in queries]
        lines = [line for body in asked for line in ({}, body)]
        wanted = "responses.status,responses.error,responses.hits.hits.fields.id"
        answer = self.client.msearch(index=self.names.read, searches=lines, filter_path=wanted)
        for one in answer["responses"]:
            if one["status"] != 200:
                raise UserError(Fault("index", f"Elasticsearch answered {one['status']}", str(one.get("error"))))
        found = [one.get("hits", {}).get("hits", ()) for one in answer["responses"]]
        return [{hit["fields"]["id"][0] for hit in hits} for hits in found]

    def search_body(self, query: Query, request: SearchRequest) -> Json:
        """What is sent for a resolved query: also `rasid search --explain`."""
        asked = filtered(query, request)
        by_words = request.sort == "relevance"
        newest = {"date": "asc" if request.sort == "oldest" else "desc"}
        body: Json = {
            "query": ranked(asked, self.ranking, now=self.clock()) if by_words else matching(asked),
            "sort": [*(["_score"] if by_words else []), newest, {"id": "asc"}],
            "size": request.limit,
            "from": request.offset,
            "track_total_hits": True,
            "track_scores": by_words,
        }
        if request.fold_stories:
            body["collapse"] = {"field": "story"}
        if request.facets:
            body["aggs"] = {name: _facet(name) for name in request.facets}
        return body

    def _hits(self, hits: list[Json], query: Query) -> Iterator[Hit]:
        for hit in hits:
            article = article_of(hit["_source"])
            marks = highlights_of(article, query, self.analyzer)
            yield Hit(article=article, score=hit["_score"] or 0.0, highlights=marks)

    def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.name, "articles": 0, "bytes": 0, "last_indexed": None, "healthy": False}
        try:
            stats = self.client.indices.stats(index=self.names.read, metric=["docs", "store"])["_all"]["primaries"]
            last = self.client.search(
                index=self.names.read, size=0, aggs={"last": {"max": {"field": "indexed"}}}, track_total_hits=False
            )
            health = self.client.cluster.health(index=self.names.read)["status"]
        except (ApiError, TransportError) as error:
            return {**found, "reason": reason_of(error)}
        at = last["aggregations"]["last"]["value"]
        found |= {"articles": stats["docs"]["count"], "bytes": stats["store"]["size_in_bytes"]}
        found["last_indexed"] = datetime.fromtimestamp(at / 1000, UTC).isoformat() if at else None
        return {**found, "healthy": health in {"green", "yellow"}, "status": health}

    def refresh(self) -> None:
        self.client.indices.refresh(index=self.names.read)

    def close(self) -> None:
        self.client.close()


# --- facets ------------------------------------------------------------------------------------------------------


def _facet(name: str) -> Json:
    if name in _CALENDAR:
        interval = {"field": "date", "calendar_interval": name, "format": _CALENDAR[name], "min_doc_count": 1}
        return {"date_histogram": interval}
    if name in _KEYWORDS:
        return {"terms": {"field": name, "size": FACET_SIZE, "order": [{"_count": "desc"}, {"_key": "asc"}]}}
    known = ", ".join(sorted(_KEYWORDS | set(_CALENDAR)))
    raise UserError(Fault("facets", f"there is no facet “{name}”", f"try {known}"))


def _buckets(buckets: list[Json]) -> Iterator[tuple[str, int]]:
    for bucket in buckets:
        yield str(bucket.get("key_as_string", bucket["key"])), bucket["doc_count"]
