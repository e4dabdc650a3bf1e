"""Rules that change while workers run: config/alerts.yaml and the rules added by command, kept in Redis.

A counter in Redis grows with each change made by command, the file's time with each edit; a worker looks at both at
most every `reload` seconds and compiles again only what changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import redis
import structlog

from workers.alert.matcher import Matcher
from workers.alert.rules import FILE, Rules, load_rules, rule_as_mapping, rule_from
from workers.arabic.analysis import Analyzer
from workers.errors import Fault, UserError
from workers.memory import settle
from workers.model import AlertRule
from workers.search.outlets import OutletNames
from workers.settings import AlertSettings
from workers.store.counters import RedisMemory
from workers.tag.catalogue import Catalogue

log = structlog.get_logger()


class RuleStore:
    """Rules added by command, and which rules are paused. A rule here replaces one of the file with the same id."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis: Any = client  # redis-py's types cannot say that answers are bytes
        self._rules = f"{prefix}:rules"
        self._paused = f"{prefix}:rules:paused"
        self._version = f"{prefix}:rules:version"

    def version(self) -> int:
        """Grows with every change."""
        return int(self._redis.get(self._version) or 0)

    def put(self, rule: AlertRule) -> None:
        """Add or replace a rule."""
        self._changed("hset", self._rules, rule.id, orjson.dumps(rule_as_mapping(rule)))

    def remove(self, rule: str) -> bool:
        """Forget a rule; False when it was not added by command."""
        known = bool(self._redis.hexists(self._rules, rule))
        if known:
            self._changed("hdel", self._rules, rule)
            self._redis.srem(self._paused, rule)
        return known

    def pause(self, rule: str, *, paused: bool) -> None:
        """Stop a rule, or let it go on; works on rules of the file too."""
        self._changed("sadd" if paused else "srem", self._paused, rule)

    def _changed(self, command: str, *arguments: Any) -> None:
        with self._redis.pipeline(transaction=True) as pipe:
            getattr(pipe, command)(*arguments)
            pipe.incr(self._version)
            pipe.execute()

    def mappings(self) -> dict[str, Any]:
        """The rules added by command as they were written."""
        return {key.decode(): orjson.loads(value) for key, value in self._redis.hgetall(self._rules).items()}

    def paused(self) -> set[str]:
        """Ids of the paused rules."""
        return {rule.decode() for rule in self._redis.smembers(self._paused)}


def all_rules(config_dir: Path, store: RuleStore) -> Rules:
    """The rules of the file and those added by command, paused ones disabled, all faults beside them."""
    file = load_rules(config_dir)
    rules, faults = dict(file.rules), list(file.faults)
    for name, mapping in sorted(store.mappings().items()):
        try:
            rules[name] = rule_from(mapping, f"rule {name} (added by command)", file.channels)
        except UserError as error:
            faults += error.faults
    for name in store.paused() & rules.keys():
        rules[name] = replace(rules[name], enabled=False)
    return Rules(rules, file.channels, tuple(faults))


class LiveRules:
    """The matcher of the rules as they are now."""

    def __init__(
        self,
        config_dir: Path,
        client: redis.Redis,
        prefix: str,
        analyzer: Analyzer,
        settings: AlertSettings | None = None,
        names: Callable[[], Catalogue] | None = None,
        *,
        outlets: OutletNames | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = RuleStore(client, prefix)
        self._config_dir = config_dir
        self._analyzer = analyzer
        self._settings = settings or AlertSettings()
        self._names = names
        self._outlets = outlets
        self._memory = RedisMemory(client, prefix)
        self._clock = clock
        self._looked = float("-inf")
        self._seen: tuple[int, int] | None = None
        self._catalogue: Catalogue | None = None
        self._matcher: Matcher | None = None

    def matcher(self) -> Matcher:
        """The matcher, compiled anew where a rule or the catalogue of names changed; looks at most every `reload` s."""
        now = self._clock()
        if self._matcher is None or now - self._looked >= self._settings.reload:
            self._looked = now
            seen = (self.store.version(), self._file_time())
            names = self._names() if self._names is not None else None
            if self._matcher is None or names is not self._catalogue:  # every rule may mean something else
                self._catalogue, self._matcher = names, None
            if self._matcher is None or seen != self._seen:
                self._matcher = self._compile(self._matcher)
                self._seen = seen
        return self._matcher

    def _file_time(self) -> int:
        try:
            return (self._config_dir / FILE).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _compile(self, before: Matcher | None) -> Matcher:
        rules = all_rules(self._config_dir, self.store)
        known = before.compiled if before else None
        late, sentences = self._settings.late, self._settings.sentences
        matcher = Matcher(
            rules,
            self._analyzer,
            self._catalogue,
            outlets=self._outlets,
            late=late,
            sentences=sentences,
            known=known,
            memory=self._memory,
        )
        faults: tuple[Fault, ...] = (*rules.faults, *matcher.faults)
        for fault in faults:
            log.warning("alert rule left out", fault=str(fault))
        log.info("alert rules", rules=len(matcher.compiled), faults=len(faults))
        settle()
        return matcher
