"""config/ and the environment, read once into frozen `Settings`. The single reader of configuration.

Precedence: environment variable, then config/settings.yaml, then the defaults here. Every fault is reported at once,
with file and line or the variable's name. YAML is read with the safe loader, without aliases and under a size cap,
because a 442-byte file of aliases can grow to megabytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from workers.errors import Fault, UserError

if TYPE_CHECKING:
    from workers.search.ranking import Ranking

ENV_PREFIX = "RASID_"
MAX_YAML_BYTES = 4 * 1024 * 1024


class Section(BaseModel):
    """A part of the settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RedisSettings(Section):
    url: str | None = None
    prefix: str = Field(default="rasid", pattern=r"^[A-Za-z0-9_.-]+$")


class ElasticsearchSettings(Section):
    url: str | None = None
    username: str | None = None
    password: SecretStr | None = None
    api_key: SecretStr | None = None
    ca_certs: str | None = None
    index: str = Field(default="news", pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    request_timeout: float = Field(default=30, gt=0)
    lexicon: str = Field(default="inline", pattern="^(inline|file)$")


class KibanaSettings(Section):
    url: str | None = None


class PollSettings(Section):
    first_interval: float = Field(default=900, gt=0)
    min_interval: float = Field(default=300, gt=0)
    max_interval: float = Field(default=86400, gt=0)
    jitter: float = Field(default=0.25, ge=0, le=1)
    feed_may_ask: float = Field(default=86400, gt=0)
    lease: float = Field(default=300, gt=0)
    full_every: int = Field(default=20, ge=1)
    full_after: float = Field(default=21600, gt=0)
    backoff_most: float = Field(default=86400, gt=0)
    dead_after: float = Field(default=30, gt=0)
    dead_interval: float = Field(default=2592000, gt=0)
    moved_after: int = Field(default=3, ge=1)
    max_bytes: int = Field(default=10_000_000, ge=10_000)
    max_entries: int = Field(default=2000, ge=1)
    max_attributes: int = Field(default=200, ge=10)
    max_age: float = Field(default=0, ge=0)
    max_tags: int = Field(default=200_000, ge=1000)
    fetch_seconds: float = Field(default=60, gt=0)
    parse_seconds: int = Field(default=20, ge=1, le=600)
    parse_memory: int = Field(default=1_500_000_000, ge=200_000_000)
    push_url: str = Field(default="", pattern=r"^(https?://[^\s?#]+)?$")
    push_poll: float = Field(default=86400, gt=0)
    push_lease: float = Field(default=864000, ge=3600)
    push_bytes: int = Field(default=3_000_000, ge=10_000)
    push_grace: float = Field(default=900, ge=0)
    push_distrust: float = Field(default=259200, ge=0)


class FetchSettings(Section):
    user_agent: str = Field(default="Rasid/0.1 (news ingest; +{contact})", pattern=r"^[\x20-\x7e]+$")
    contact: str = Field(default="mailto:operator@invalid.example", pattern=r"^[\x21-\x7e]+$")
    allow_hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = (80, 443, 8080, 8443)
    connect_timeout: float = Field(default=10, gt=0)
    total_timeout: float = Field(default=45, gt=0)
    max_header_bytes: int = Field(default=65536, ge=1024)
    max_wire_bytes: int = Field(default=6_000_000, ge=10_000)
    max_body_bytes: int = Field(default=10_000_000, ge=10_000)
    max_redirects: int = Field(default=5, ge=0, le=20)
    obey_robots: bool = True
    robots_keep: float = Field(default=86400, gt=0)
    host_gap: float = Field(default=3, ge=0)
    host_gap_most: float = Field(default=60, gt=0)
    host_concurrency: int = Field(default=2, ge=1)
    host_lease: float = Field(default=90, gt=0)
    host_down: float = Field(default=600, ge=0)


class ExtractSettings(Section):
    max_chars: int = Field(default=5_000_000, ge=10_000)
    max_elements: int = Field(default=60_000, ge=1_000)
    max_depth: int = Field(default=240, ge=20)
    min_letters: int = Field(default=150, ge=1)
    min_flash_letters: int = Field(default=80, ge=1)
    max_link_share: float = Field(default=0.5, gt=0, le=1)
    fallback_share: float = Field(default=0.5, gt=0, le=1)


class CleanSettings(Section):
    max_line: int = Field(default=400, ge=40)
    tail_lines: int = Field(default=8, ge=1)
    head_lines: int = Field(default=6, ge=1)
    learn_min_pages: int = Field(default=20, ge=2)
    learn_min_count: int = Field(default=6, ge=2)
    learn_share: float = Field(default=0.15, gt=0, le=1)
    learn_max_line: int = Field(default=220, ge=10)
    learn_window: int = Field(default=2000, ge=50)
    learn_lines: int = Field(default=4000, ge=100)


class TagSettings(Section):
    person_confidence: float = Field(default=0.7, ge=0, le=1)
    organisation_confidence: float = Field(default=0.7, ge=0, le=1)
    place_confidence: float = Field(default=0.7, ge=0, le=1)
    other_confidence: float = Field(default=0.7, ge=0, le=1)
    statistical: bool = False
    statistical_confidence: float = Field(default=0.93, ge=0, le=1)
    transformer: str = ""


class DedupeSettings(Section):
    window: float = Field(default=7 * 86400, ge=3600, le=60 * 86400)
    shingle: int = Field(default=4, ge=2, le=8)
    sample: int = Field(default=8, ge=1, le=64)
    min_words: int = Field(default=8, ge=3)
    flash_words: int = Field(default=30, ge=0)
    most_words: int = Field(default=2000, ge=100, le=65535)
    promising: float = Field(default=0.06, ge=0, le=1)
    gap: int = Field(default=8, ge=0)
    verbatim: float = Field(default=0.5, gt=0, le=1)
    aligned: float = Field(default=0.65, gt=0, le=1)
    aligned_alone: float = Field(default=0.72, gt=0, le=1)
    size_ratio: float = Field(default=3, ge=1)
    title_weight: int = Field(default=3, ge=0)
    lead_words: int = Field(default=80, ge=1)
    terms: int = Field(default=40, ge=4, le=255)
    entity_weight: float = Field(default=2, ge=0)
    story: float = Field(default=0.2, gt=0, le=1)
    story_stay: float = Field(default=0.16, ge=0, le=1)
    story_split: int = Field(default=6, ge=3)
    story_fade: float = Field(default=0.18, ge=0, le=1)
    story_gap: float = Field(default=4 * 86400, gt=0)
    look: bool = True
    look_first: float = Field(default=900, gt=0)
    look_growth: float = Field(default=3, gt=1)
    look_until: float = Field(default=7 * 86400, gt=0)
    look_confirm: float = Field(default=3600, gt=0)
    look_host_hour: int = Field(default=120, ge=1)
    look_yield: int = Field(default=500, ge=1)
    revisions_kept: int = Field(default=20, ge=1)
    revisions_keep: float = Field(default=90 * 86400, gt=0)
    buckets: int = Field(default=32768, ge=16, le=65536)


class SearchSettings(Section):
    title: float = Field(default=4, ge=0, le=100)
    subtitle: float = Field(default=2, ge=0, le=100)
    lede: float = Field(default=2, ge=0, le=100)
    body: float = Field(default=1, ge=0, le=100)
    freshness: float = Field(default=0.25, ge=0, le=10)
    half_life: float = Field(default=7 * 86400, gt=0)
    proximity: float = Field(default=1, ge=0, le=100)
    few_hits: int = Field(default=3, ge=0, le=100)
    bidi: str = Field(default="auto", pattern="^(auto|terminal|reorder)$")

    def ranking(self) -> Ranking:
        """The weights that both indexes order by."""
        from workers.search.ranking import WEIGHTS, Ranking  # noqa: PLC0415 - settings are read before any room

        named = {"title": self.title, "subtitle": self.subtitle, "lede": self.lede, "body": self.body}
        return Ranking(
            weights={**WEIGHTS, **named},
            freshness=self.freshness,
            half_life=self.half_life,
            proximity=self.proximity,
        )


class AlertSettings(Section):
    lease: float = Field(default=120, gt=0)
    batch: int = Field(default=50, ge=1, le=1000)
    attempts: int = Field(default=8, ge=1)
    backoff_first: float = Field(default=30, gt=0)
    backoff_most: float = Field(default=43200, gt=0)
    breaker_failures: int = Field(default=5, ge=1)
    breaker_first: float = Field(default=60, gt=0)
    breaker_most: float = Field(default=1800, gt=0)
    late: float = Field(default=30 * 86400, gt=0)
    keep: float = Field(default=90 * 86400, gt=0)
    follow_up_after: float = Field(default=7200, gt=0)
    reload: float = Field(default=2, gt=0)
    timezone: str = "UTC"
    page_url: str = ""
    kibana_url: str = ""
    sentences: int = Field(default=3, ge=1, le=20)


class WorkerSettings(Section):
    tick: float = Field(default=5, gt=0)
    batch: int = Field(default=20, ge=1, le=500)
    attempts: int = Field(default=10, ge=1)
    lease_fetch: float = Field(default=180, gt=0)
    lease_make: float = Field(default=120, gt=0)
    lease_index: float = Field(default=180, gt=0)
    lease_alert: float = Field(default=120, gt=0)
    backoff_first: float = Field(default=15, gt=0)
    backoff_most: float = Field(default=3600, gt=0)
    hint_grace: float = Field(default=30, ge=0)
    hint_again: float = Field(default=60, gt=0)
    fetch_threads: int = Field(default=8, ge=1, le=256)
    make_processes: int = Field(default=0, ge=0, le=256)
    child_memory: int = Field(default=1_500_000_000, ge=0)
    io_memory: int = Field(default=1_000_000_000, ge=0)
    keep_rows: float = Field(default=60 * 86400, gt=0)
    sweep_limit: int = Field(default=2000, ge=1)
    polls_a_tick: int = Field(default=200, ge=1)
    backlog_most: int = Field(default=50_000, ge=1)
    audit_late: float = Field(default=86400, gt=0)


class PressureSettings(Section):
    slow_share: float = Field(default=0.5, gt=0, lt=1)
    messages: int = Field(default=20_000, ge=0)
    waiting_fetch: int = Field(default=30_000, ge=0)
    waiting_make: int = Field(default=10_000, ge=0)
    waiting_index: int = Field(default=40_000, ge=0)
    waiting_alert: int = Field(default=20_000, ge=0)
    index_bytes: int = Field(default=1_000_000_000, ge=0)
    redis_slow: float = Field(default=0.7, gt=0, le=1)
    redis_stop: float = Field(default=0.9, ge=0, le=1)
    redis_bytes: int = Field(default=0, ge=0)
    disk_slow: int = Field(default=5_000_000_000, ge=0)
    disk_stop: int = Field(default=1_000_000_000, ge=0)


class WebSettings(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8460, ge=0, le=65535)
    token: SecretStr | None = None


class KeepSettings(Section):
    articles: float = Field(default=0, ge=0)
    pages: float = Field(default=0, ge=0)
    events: float = Field(default=30 * 86400, gt=0)
    events_waiting: int = Field(default=100_000, ge=1000)


class TraceSettings(Section):
    endpoint: str | None = None
    share: float = Field(default=0.05, gt=0, le=1)


class LogSettings(Section):
    level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    json_lines: bool = Field(default=True, alias="json")


class Settings(Section):
    """Everything that can be set. `config_dir` is where it was read from; the other data files lie beside it."""

    data: Path = Path("data")
    redis: RedisSettings = RedisSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    kibana: KibanaSettings = KibanaSettings()
    poll: PollSettings = PollSettings()
    fetch: FetchSettings = FetchSettings()
    extract: ExtractSettings = ExtractSettings()
    clean: CleanSettings = CleanSettings()
    tag: TagSettings = TagSettings()
    dedupe: DedupeSettings = DedupeSettings()
    search: SearchSettings = SearchSettings()
    alert: AlertSettings = AlertSettings()
    worker: WorkerSettings = WorkerSettings()
    keep: KeepSettings = KeepSettings()
    pressure: PressureSettings = PressureSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    trace: TraceSettings = TraceSettings()
    config_dir: Path = Path("config")

    def with_redis(self, url: str) -> Settings:
        """The same settings with the address of a Redis that runs."""
        return self.model_copy(update={"redis": self.redis.model_copy(update={"url": url})})


def config_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the data files: RASID_CONFIG, else ./config, else the one of the checkout or the wheel."""
    if given := environ.get("RASID_CONFIG"):
        return Path(given)
    package = Path(__file__).parent
    for candidate in (Path("config"), package.parent / "config", package / "_config"):
        if (candidate / "settings.yaml").is_file():
            return candidate
    raise UserError(Fault("config/", "no settings.yaml found", "run in the project's folder or set RASID_CONFIG"))


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read at the first call."""
    return read_settings(os.environ)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read config/settings.yaml and `environ`; raises `UserError` with every fault."""
    folder = config_dir(environ)
    path = folder / "settings.yaml"
    document = read_yaml(path)
    values = document.value if isinstance(document.value, dict) else {}
    faults = [] if isinstance(document.value, dict) else [Fault(str(path), "must be a mapping of sections")]
    sources: dict[tuple[str, ...], str] = {}
    for name, keys in _environment_keys().items():
        text = _from_environment(name, environ, faults)
        if text is not None:
            _put(values, keys, _value(keys, text))
            sources[keys] = name
    faults += [
        Fault(name, "is not a setting", _nearest(name))
        for name in sorted(environ)
        if name.startswith(ENV_PREFIX) and not _known_variable(name)
    ]
    try:
        found = Settings.model_validate({**values, "config_dir": folder})
    except ValidationError as error:
        for item in error.errors():
            keys = tuple(str(part) for part in item["loc"])
            place = sources.get(keys) or document.place(keys)
            faults.append(Fault(place, f"{'.'.join(keys)}: {item['msg']}", _mend(item)))
        raise UserError(faults) from None
    if faults:
        raise UserError(faults)
    return found


_OTHER_VARIABLES = ("RASID_CONFIG",)
_FREE_PREFIXES = ("RASID_TEST_", "RASID_SECRET_")
"""RASID_TEST_…: read by the tests' servers; RASID_SECRET_…: secrets that alert channels name."""


def _known_variable(name: str) -> bool:
    return (
        name in _OTHER_VARIABLES or name.startswith(_FREE_PREFIXES) or name.removesuffix("_FILE") in _environment_keys()
    )


def _environment_keys() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, info in Settings.model_fields.items():
        if name == "config_dir":
            continue
        section = info.annotation
        if isinstance(section, type) and issubclass(section, Section):
            for key, sub in section.model_fields.items():
                yaml_key = sub.alias or key
                found[f"{ENV_PREFIX}{name}_{yaml_key}".upper()] = (name, yaml_key)
        else:
            found[f"{ENV_PREFIX}{name}".upper()] = (name,)
    return found


def _from_environment(name: str, environ: Mapping[str, str], faults: list[Fault]) -> str | None:
    if name in environ:
        return environ[name]
    if (file := environ.get(f"{name}_FILE")) is not None:
        try:
            return Path(file).read_text("utf-8").strip()
        except OSError as error:
            faults.append(Fault(f"{name}_FILE", f"cannot read {file}: {error.strerror}"))
    return None


def _put(values: dict[str, Any], keys: tuple[str, ...], value: object) -> None:
    for key in keys[:-1]:
        inner = values.get(key)
        values[key] = inner = inner if isinstance(inner, dict) else {}
        values = inner
    values[keys[-1]] = value


def _value(keys: tuple[str, ...], text: str) -> object:
    """An environment variable's text as the setting's raw value: empty is none, a list is written with commas."""
    if _is_list(keys):
        return [part.strip() for part in text.split(",") if part.strip()]
    return None if text in {"", "null"} else text


def _is_list(keys: tuple[str, ...]) -> bool:
    fields = Settings.model_fields
    info = fields[keys[0]]
    if len(keys) == 2 and isinstance(info.annotation, type) and issubclass(info.annotation, Section):
        inner = info.annotation.model_fields
        info = next(field for name, field in inner.items() if keys[1] in {name, field.alias})
    return get_origin(info.annotation) in {tuple, list}


def _mend(item: Any) -> str:
    return "no such key; see config/settings.yaml" if item["type"] == "extra_forbidden" else ""


def _nearest(name: str) -> str:
    import difflib  # noqa: PLC0415 - only for a person who mistyped

    close = difflib.get_close_matches(name, list(_environment_keys()), n=1)
    return f"did you mean {close[0]}?" if close else "config/settings.yaml lists them all"


# --- YAML with places --------------------------------------------------------------------------------------------


class Document:
    """A YAML file's value, and the line of each of its keys and items."""

    def __init__(self, path: Path, value: Any, lines: dict[tuple[str, ...], int]) -> None:
        self.path = path
        self.value = value
        self._lines = lines

    def place(self, keys: tuple[str, ...]) -> str:
        """`file:line` of the value at `keys` (list items by their number), or of the nearest part above it."""
        while keys and keys not in self._lines:
            keys = keys[:-1]
        line = self._lines.get(keys)
        return f"{self.path}:{line}" if line else str(self.path)


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.YAMLError(f"line {mark.line + 1}: aliases (*name) are not allowed here")
        return super().compose_node(parent, index)


def read_yaml(path: Path) -> Document:
    """Read one YAML file; raises `UserError` naming file and line. A missing or empty file is an empty mapping."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Document(path, {}, {})
    except OSError as error:
        raise UserError(Fault(str(path), f"cannot be read: {error.strerror}")) from None
    if len(raw) > MAX_YAML_BYTES:
        raise UserError(Fault(str(path), f"is larger than {MAX_YAML_BYTES} bytes", "split it"))
    try:
        loader = _Loader(raw.decode("utf-8-sig"))
        node = loader.get_single_node()
        value = None if node is None else loader.construct_document(node)
    except UnicodeDecodeError as error:
        raise UserError(Fault(str(path), f"is not UTF-8 (byte {error.start})", "save it as UTF-8")) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise UserError(Fault(place, f"is not valid YAML: {getattr(error, 'problem', None) or error}")) from None
    lines: dict[tuple[str, ...], int] = {}
    if node is not None:
        _collect_lines(node, (), lines)
    return Document(path, {} if value is None else value, lines)


def _collect_lines(node: Any, keys: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> None:
    lines[keys] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _collect_lines(value, (*keys, str(key.value)), lines)
            lines[(*keys, str(key.value))] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _collect_lines(value, (*keys, str(number)), lines)
