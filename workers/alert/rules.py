"""Alert rules: a mapping that a person wrote becomes an `AlertRule`, or a fault with its place and mend (pure).

One bad rule never stops the others: `load_rules` returns the good ones beside the faults. Rules and channels stand in
config/alerts.yaml; `rule_from` reads one mapping wherever it came from (file, command line, import).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from workers.alert.channels import Channel, channel_from
from workers.errors import Fault, UserError
from workers.model import AlertRule, QuietHours, RuleKind
from workers.search.cover import matches_everything
from workers.search.parse import parse
from workers.search.tree import Query
from workers.settings import Document, read_yaml

FILE = "alerts.yaml"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_MOMENTS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 7, 9, 12, tzinfo=UTC))
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Rules:
    """What config/alerts.yaml says: rules and channels by id, and what is wrong in it."""

    rules: Mapping[str, AlertRule] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def load_rules(config_dir: Path) -> Rules:
    """Read config/alerts.yaml. A missing file is no rules; a file that is not YAML is one fault."""
    try:
        document = read_yaml(config_dir / FILE)
    except UserError as error:
        return Rules(faults=tuple(error.faults))
    faults: list[Fault] = []
    top = document.value if isinstance(document.value, dict) else {}
    if not isinstance(document.value, dict):
        faults.append(Fault(str(document.path), "must be a mapping with `channels` and `rules`"))
    unknown = [str(key) for key in top if key not in {"channels", "rules"}]
    faults += [Fault(document.place((k,)), f"{k}: no such part", "there are `channels` and `rules`") for k in unknown]
    channels = _channels(document, top.get("channels") or {}, faults)
    rules = _rules(document, top.get("rules") or [], channels, faults)
    return Rules(rules, channels, tuple(faults))


def _channels(document: Document, found: Any, faults: list[Fault]) -> dict[str, Channel]:
    if not isinstance(found, dict):
        faults.append(Fault(document.place(("channels",)), "must be a mapping of names to channels"))
        return {}
    good: dict[str, Channel] = {}
    for name, value in found.items():
        try:
            good[str(name)] = channel_from(str(name), value, document.place(("channels", str(name))))
        except UserError as error:
            faults += error.faults
    return good


def _rules(
    document: Document, found: Any, channels: Mapping[str, Channel], faults: list[Fault]
) -> dict[str, AlertRule]:
    if not isinstance(found, list):
        faults.append(Fault(document.place(("rules",)), "must be a list of rules", "begin each with `- id: …`"))
        return {}
    good: dict[str, AlertRule] = {}
    for number, value in enumerate(found):
        place = document.place(("rules", str(number)))
        try:
            rule = rule_from(value, place, channels)
        except UserError as error:
            faults += error.faults
            continue
        if rule.id in good:
            faults.append(Fault(place, f"a second rule with the id {rule.id}", "the first one counts; rename this"))
            continue
        good[rule.id] = rule
    return good


def rule_from(value: Any, place: str, channels: Mapping[str, Channel]) -> AlertRule:
    """The rule that `value` (a mapping) describes; raises `UserError` with every fault, each at `place`."""
    if not isinstance(value, Mapping):
        raise UserError(Fault(place, "a rule must be a mapping", "id, query and channels at least"))
    try:
        spec = _Spec.model_validate(dict(value))
    except ValidationError as error:
        raise UserError([_fault(item, place) for item in error.errors()]) from None
    faults = [
        Fault(place, f"channels: there is no channel {name}", f"there are: {', '.join(sorted(channels)) or 'none'}")
        for name in spec.channels
        if name not in channels
    ]
    faults += _query_faults(spec, place)
    if faults:
        raise UserError(faults)
    return spec.rule()


def rule_as_mapping(rule: AlertRule) -> dict[str, Any]:
    """`rule` as `rule_from` reads it, defaults left out: for export and for the store of runtime rules."""
    plain = AlertRule(id=rule.id, query=rule.query)
    written: dict[str, Any] = {"id": rule.id, "query": rule.query}
    for name in _Spec.model_fields:
        value = getattr(rule, name)
        if name in written or value == getattr(plain, name):
            continue
        written[name] = _written(value)
    return written


def _written(value: Any) -> Any:
    if isinstance(value, QuietHours):
        return {
            "from": _clock_text(value.start),
            "to": _clock_text(value.end),
            "days": [_DAYS[day] for day in value.weekdays],
        }
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, datetime) else value


def parse_query(query: str) -> Query:
    """The tree of a standing query. Raises `UserError`; a date that moves with today is a fault too."""
    tree, later = (parse(query, now=moment, regexes=True) for moment in _MOMENTS)
    if tree != later:
        problem = "a date that moves with today means nothing in a rule: articles are matched as they come"
        raise UserError(Fault("", problem, "write a fixed date, or leave it out"))
    return tree


def _query_faults(spec: _Spec, place: str) -> list[Fault]:
    try:
        tree = parse_query(spec.query)
    except UserError as error:
        return [Fault(f"{place}, {fault.place or 'query'}", fault.problem, fault.mend) for fault in error.faults]
    if matches_everything(tree) and spec.kind in {"match", "change"}:
        return [Fault(place, "query: matches every article", "name at least one word or field that must be there")]
    return []


def _fault(item: Any, place: str) -> Fault:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return Fault(place, f"{key}: no such field", f"the fields are {', '.join(_Spec.model_fields)}")
    return Fault(place, f"{key}: {item['msg'].removeprefix('Value error, ')}")


# --- what a person writes ----------------------------------------------------------------------------------------


def seconds(value: Any) -> Any:
    """A duration: a number of seconds, or a number with a unit (`90s`, `30m`, `2h`, `7d`, `1w`)."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw]?)\s*", value)
    if not found:
        raise ValueError(f"{value!r} is not a duration; write 90s, 30m, 2h, 7d or a number of seconds")
    return float(found[1]) * _UNITS[found[2] or "s"]


def _clock(value: Any) -> Any:
    """Minutes after midnight of `22:30`. YAML 1.1 reads an unquoted 22:30 as 22 × 60 + 30, which is the same."""
    if isinstance(value, str) and (found := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value.strip())):
        return int(found[1]) * 60 + int(found[2])
    if isinstance(value, int) and 0 <= value < 1440:
        return value
    raise ValueError(f"{value!r} is not a time of day; write 22:30")


def _clock_text(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _weekday(value: Any) -> int:
    name = str(value).strip().lower()[:3]
    if name not in _DAYS:
        raise ValueError(f"{value!r} is not a weekday; write {', '.join(_DAYS)}")
    return _DAYS.index(name)


Duration = Annotated[float, BeforeValidator(seconds), Field(ge=0, le=366 * 86400)]
Clock = Annotated[int, BeforeValidator(_clock)]
Weekday = Annotated[int, BeforeValidator(_weekday)]


class _Quiet(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    days: tuple[Weekday, ...] = (0, 1, 2, 3, 4, 5, 6)

    def quiet(self) -> QuietHours:
        return QuietHours(start=self.start, end=self.end, weekdays=self.days)


class _Spec(BaseModel):
    """The fields of a rule as they are written."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    query: str = Field(min_length=1, max_length=4096)
    name: str = Field(default="", max_length=200)
    channels: tuple[str, ...] = ()
    per: Literal["story", "article"] = "story"
    throttle: Duration = 0.0
    severity: Literal["low", "normal", "high"] = "normal"
    enabled: bool = True
    kind: RuleKind = "match"
    window: Duration = 3600.0
    least: int = Field(default=1, ge=1)
    factor: float = Field(default=3.0, gt=1)
    names: tuple[str, ...] = ()
    quiet: _Quiet | None = None
    digest: str = ""
    timezone: str = "UTC"
    follow_up: bool = False
    owner: str = ""
    labels: tuple[str, ...] = ()
    expires: datetime | None = None

    @field_validator("digest")
    @classmethod
    def _cron(cls, value: str) -> str:
        if value:
            try:
                CronSim(value, datetime(2026, 1, 1))
            except CronSimError as error:
                raise ValueError(f"{value!r} is not a cron expression ({error}); write for example 0 7 * * *") from None
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{value!r} is no IANA time zone; write for example Asia/Riyadh") from None
        return value

    @field_validator("expires")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a time zone; write for example 2027-01-01T00:00:00Z")
        return value

    def rule(self) -> AlertRule:
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return AlertRule(**{**values, "quiet": self.quiet.quiet() if self.quiet else None})
