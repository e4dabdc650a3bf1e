"""Articles in Elasticsearch, and the settings generated for it. `open_index` gives the index that is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workers.arabic.analysis import Analyzer
    from workers.index.elastic import ElasticIndex
    from workers.index.events import EventIndex
    from workers.ports import AlertHistory, ArticleIndex
    from workers.settings import ElasticsearchSettings, Settings


def open_index(settings: Settings, analyzer: Analyzer | None = None) -> ArticleIndex:
    """Elasticsearch where `elasticsearch.url` is set, else the embedded index in the data folder. Contacts neither."""
    if analyzer is None:
        from workers.arabic.analysis import Analyzer  # noqa: PLC0415 - `rasid --help` shall not load a lexicon

        analyzer = Analyzer.load(settings.config_dir)
    if settings.elasticsearch.url:
        return open_elastic(settings, analyzer)
    from workers.store.embedded import EmbeddedIndex  # noqa: PLC0415 - see above

    return EmbeddedIndex(settings.data / "index.sqlite", analyzer, ranking=settings.search.ranking())


def open_elastic(settings: Settings, analyzer: Analyzer) -> ElasticIndex:
    """The Elasticsearch index of `settings.elasticsearch`."""
    from workers.index.elastic import ElasticIndex, Names  # noqa: PLC0415 - see above
    from workers.index.schema import index_body, read_body  # noqa: PLC0415
    from workers.search.synonyms import synonym_rules  # noqa: PLC0415
    from workers.tag.catalogue import Catalogue  # noqa: PLC0415

    def body() -> dict[str, Any]:
        rules = synonym_rules(Catalogue.load(settings.config_dir / "entities"), analyzer)
        in_file = settings.elasticsearch.lexicon == "file"
        return index_body(settings.config_dir, analyzer, in_file=in_file, synonyms=rules)

    def fields() -> dict[str, Any]:
        found: dict[str, Any] = read_body(settings.config_dir, "article")["mappings"]["properties"]
        return found

    names = Names(settings.elasticsearch.index)
    client = elasticsearch_client(settings.elasticsearch)
    return ElasticIndex(client, names, analyzer, body, fields=fields, ranking=settings.search.ranking())


def open_events(settings: Settings) -> EventIndex:
    """The indexes of polls and outcomes beside the articles of `settings.elasticsearch`."""
    from workers.index.events import EventIndex  # noqa: PLC0415 - see above

    config = settings.elasticsearch
    return EventIndex(elasticsearch_client(config), config.index, settings.config_dir)


def open_alerts(settings: Settings) -> AlertHistory:
    """Where alerts are remembered: beside the articles of the index that is configured. Contacts nobody."""
    from workers.index.alerts import ElasticAlerts  # noqa: PLC0415 - see above
    from workers.store.alerts import EmbeddedAlerts  # noqa: PLC0415

    config = settings.elasticsearch
    if config.url:
        return ElasticAlerts(elasticsearch_client(config), config.index, settings.config_dir)
    return EmbeddedAlerts(settings.data / "index.sqlite")


def elasticsearch_client(settings: ElasticsearchSettings) -> Any:
    """A client that never retries by itself: waiting is the ledger's."""
    from elasticsearch import Elasticsearch  # noqa: PLC0415 - see above

    from workers.index.bulk import PackingNode  # noqa: PLC0415

    options: dict[str, Any] = {}
    if settings.api_key is not None:
        options["api_key"] = settings.api_key.get_secret_value()
    elif settings.username is not None and settings.password is not None:
        options["basic_auth"] = (settings.username, settings.password.get_secret_value())
    if settings.ca_certs:
        options["ca_certs"] = settings.ca_certs
    return Elasticsearch(
        str(settings.url),
        request_timeout=settings.request_timeout,
        node_class=PackingNode,
        headers={"accept-encoding": "gzip"},
        max_retries=0,
        retry_on_timeout=False,
        **options,
    )
