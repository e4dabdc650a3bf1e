"""The parts of one process, each opened once, when first needed: what tasks and commands work with.

Two lifetimes: what is only read (lexicon, catalogue, rules of cleaning) is loaded once and shared by forked children;
what holds a connection belongs to one process.
"""

from __future__ import annotations

import random
from datetime import datetime
from functools import cache, cached_property

import redis
import structlog

from workers.alert.deliver import Sender
from workers.alert.live import LiveRules
from workers.alert.outlets import Surroundings
from workers.arabic.analysis import Analyzer
from workers.clean import Cleaner
from workers.clean.credit import shown_names
from workers.errors import UserError
from workers.fetch.blocked import Barriers
from workers.fetch.http import Client
from workers.fetch.share import Shares
from workers.index import open_alerts, open_events, open_index
from workers.index.events import EventIndex
from workers.memory import settle
from workers.model import Outlet
from workers.pipeline import Pipeline
from workers.poll.sources import Sources, load_sources
from workers.ports import AlertHistory, ArticleIndex
from workers.search.outlets import OutletNames, outlet_names
from workers.search.service import SearchService
from workers.settings import Settings, settings
from workers.store import open_redis
from workers.store.archive import WarcArchive
from workers.store.candidates import RedisCandidates
from workers.store.drift import RedisDrift
from workers.store.duplicates import RedisDuplicates
from workers.store.events import RedisEvents
from workers.store.feeds import RedisFeeds
from workers.store.hosts import RedisHosts
from workers.store.latency import Latency
from workers.store.ledger import RedisLedger
from workers.store.lines import RedisLines
from workers.store.looks import RedisLooks
from workers.store.meters import Meters
from workers.store.originals import RedisOriginals
from workers.store.outbox import RedisOutbox
from workers.store.push import RedisPush
from workers.store.regain import RedisRegain
from workers.store.revisions import RedisRevisions
from workers.store.robots import RedisRobots
from workers.store.schema import Schema
from workers.store.shift import RedisShift
from workers.store.vitals import Vitals
from workers.tag import Tagger
from workers.tag.overlay import FILE, stamp
from workers.versions import rules_version

_pipelines: dict[Settings, tuple[object, Pipeline]] = {}
log = structlog.get_logger()


def load_pipeline(config: Settings) -> Pipeline:
    """The pure rooms; read once, shared by forked children, and again when the operator's entities have changed.

    Entities that cannot be read when a process starts raise `UserError`; later the ones that it has stay in force.
    """
    now = stamp(config.data / FILE)
    known = _pipelines.get(config)
    if known is None:
        known = _pipelines[config] = (now, _read_pipeline(config))
    elif known[0] != now:
        try:
            known = (now, _read_pipeline(config))
        except UserError as error:
            log.warning("entities cannot be read, the old ones stay", faults=[str(fault) for fault in error.faults])
            known = (now, known[1])
        _pipelines[config] = known
    return known[1]


def _read_pipeline(config: Settings) -> Pipeline:
    pipeline = Pipeline(
        settings=config,
        cleaner=Cleaner.load(config.config_dir, config.clean),
        tagger=Tagger.load(config.config_dir, config.tag, overlay=config.data / FILE),
        rules_version=rules_version(config),
        barriers=Barriers.load(config.config_dir),
    )
    settle()
    return pipeline


@cache
def load_analyzer(config: Settings) -> Analyzer:
    """The Arabic analysis; read once, shared by forked children."""
    return Analyzer.load(config.config_dir)


class Parts:
    """Everything that a stage may call, wired from one `Settings`."""

    def __init__(self, config: Settings) -> None:
        self.settings = config
        self.random = random.Random()  # noqa: S311 - spreads load, keeps no secret
        self._prefix = config.redis.prefix

    @cached_property
    def redis(self) -> redis.Redis:
        return open_redis(self.settings)

    @cached_property
    def feeds(self) -> RedisFeeds:
        return RedisFeeds(self.redis, self._prefix)

    @cached_property
    def push(self) -> RedisPush:
        return RedisPush(self.redis, self._prefix)

    @cached_property
    def ledger(self) -> RedisLedger:
        worker = self.settings.worker
        return RedisLedger(self.redis, self._prefix, keep=worker.keep_rows, grace=worker.hint_grace, events=self.events)

    @cached_property
    def events(self) -> RedisEvents | None:
        """Polls and outcomes for Kibana; none where no Elasticsearch is configured."""
        if self.settings.elasticsearch.url is None:
            return None
        return RedisEvents(self.redis, self._prefix, most=self.settings.keep.events_waiting)

    @cached_property
    def event_index(self) -> EventIndex:
        return open_events(self.settings)

    @cached_property
    def sources(self) -> Sources:
        return load_sources(self.settings.config_dir)

    def outlet(self, id_: str) -> Outlet:
        """What is configured of an outlet."""
        return self.sources.outlet(id_)

    @cached_property
    def client(self) -> Client:
        return Client(self.settings.fetch)

    @cached_property
    def shares(self) -> Shares:
        return Shares(self.settings.worker.fetch_threads)

    @cached_property
    def hosts(self) -> RedisHosts:
        return RedisHosts(self.redis, self._prefix, self.settings.fetch)

    @cached_property
    def robots(self) -> RedisRobots:
        return RedisRobots(self.redis, self._prefix, self.client, self.settings.fetch)

    @cached_property
    def archive(self) -> WarcArchive:
        return WarcArchive(self.settings.data / "archive")

    @property
    def pipeline(self) -> Pipeline:
        return load_pipeline(self.settings)

    @property
    def analyzer(self) -> Analyzer:
        return load_analyzer(self.settings)

    @cached_property
    def duplicates(self) -> RedisDuplicates:
        return RedisDuplicates(self.redis, self._prefix, self.settings.dedupe)

    @cached_property
    def index(self) -> ArticleIndex:
        return open_index(self.settings, self.analyzer)

    @cached_property
    def search(self) -> SearchService:
        return SearchService(
            index=self.index,
            analyzer=self.analyzer,
            names=self.pipeline.tagger.catalogue,
            few_hits=self.settings.search.few_hits,
            bidi=self.settings.search.bidi,
            outlets=outlet_names(self.settings.config_dir),
        )

    @cached_property
    def rules(self) -> LiveRules:
        config, names = self.settings, {id_: outlet.name for id_, outlet in self.sources.outlets.items()}
        return LiveRules(
            config.config_dir,
            self.redis,
            self._prefix,
            self.analyzer,
            config.alert,
            lambda: self.pipeline.tagger.catalogue,
            outlets=OutletNames(names),
        )

    @cached_property
    def outbox(self) -> RedisOutbox:
        return RedisOutbox(self.redis, self._prefix, self.settings.alert, self.alert_history)

    @cached_property
    def alert_history(self) -> AlertHistory:
        return open_alerts(self.settings)

    @cached_property
    def sender(self) -> Sender:
        config, names = self.settings, {id_: outlet.name for id_, outlet in self.sources.outlets.items()}
        agencies = shown_names(config.config_dir / "agencies.yaml")
        around = Surroundings(self.index, self.feeds.feeds, self.feeds.states, names, agencies)
        return Sender.load(config.config_dir, self.client, config.alert, data=config.data, around=around)

    @cached_property
    def shift(self) -> RedisShift:
        return RedisShift(self.redis, self._prefix)

    @cached_property
    def revisions(self) -> RedisRevisions:
        return RedisRevisions(self.redis, self._prefix, self.settings.dedupe)

    @cached_property
    def originals(self) -> RedisOriginals:
        return RedisOriginals(self.redis, self._prefix, keep=self.settings.dedupe.window)

    @cached_property
    def looks(self) -> RedisLooks:
        return RedisLooks(self.redis, self._prefix, keep=self.settings.worker.keep_rows)

    @cached_property
    def regain(self) -> RedisRegain:
        return RedisRegain(self.redis, self._prefix, keep=self.settings.worker.keep_rows)

    @cached_property
    def lines(self) -> RedisLines:
        return RedisLines(self.redis, self._prefix, self.settings.clean)

    @cached_property
    def drift(self) -> RedisDrift:
        return RedisDrift(self.redis, self._prefix)

    @cached_property
    def candidates(self) -> RedisCandidates:
        return RedisCandidates(self.redis, self._prefix)

    @cached_property
    def latency(self) -> Latency:
        return Latency(self.redis, self._prefix)

    @cached_property
    def meters(self) -> Meters:
        return Meters(self.redis, self._prefix)

    @cached_property
    def schema(self) -> Schema:
        return Schema(self.redis, self._prefix)

    @cached_property
    def vitals(self) -> Vitals:
        return Vitals(self.redis, self._prefix)

    def warm(self) -> None:
        """Make ready what takes seconds the first time: the analysis, the compiled alert rules."""
        _ = self.analyzer
        self.rules.matcher()

    # --- the flow's pulse ---

    def heartbeat(self, now: datetime) -> None:
        """Note that a sweep ran: `rasid status` and the watchdog look at it."""
        self.redis.set(f"{self._prefix}:swept", now.isoformat())

    def first_today(self, work: str, now: datetime) -> bool:
        """True for the first who asks on that day (UTC): for work that is done once a day."""
        key = f"{self._prefix}:daily:{work}:{now:%Y-%m-%d}"
        return bool(self.redis.set(key, now.isoformat(), nx=True, ex=3 * 86400))

    def queued(self, queue: str) -> int:
        """Messages that wait in a Celery queue."""
        return int(self.redis.llen(f"{self._prefix}:celery:{queue}"))

    def last_sweep(self) -> datetime | None:
        """When a sweep last ran."""
        raw = self.redis.get(f"{self._prefix}:swept")
        return datetime.fromisoformat(raw.decode()) if isinstance(raw, bytes) else None


_parts: list[Parts] = []


def parts() -> Parts:
    """The parts of this process."""
    if not _parts:
        _parts.append(Parts(settings()))
    return _parts[0]


def forget_parts() -> None:
    """Begin anew after a fork; what is only read stays."""
    _parts.clear()


def preload() -> None:
    """Load what children share."""
    load_pipeline(settings())
