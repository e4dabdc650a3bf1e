"""Rules are read with every fault, its place and its mend; one bad rule never stops the others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workers.alert.channels import Channel, channel_from
from workers.alert.rules import load_rules, parse_query, rule_as_mapping, rule_from, seconds
from workers.errors import UserError
from workers.model import AlertRule, QuietHours

DESK = {"desk": Channel(name="desk", kind="log")}


def read(**fields: Any) -> AlertRule:
    return rule_from({"id": "r1", "query": "الناتو", **fields}, "here", DESK)


def faults(**fields: Any) -> str:
    with pytest.raises(UserError) as caught:
        read(**fields)
    return str(caught.value)


def test_the_shipped_rules_are_right() -> None:
    found = load_rules(Path("config"))
    assert found.faults == ()
    assert len(found.rules) >= 3
    assert {name for rule in found.rules.values() for name in rule.channels} <= set(found.channels)


def test_one_bad_rule_never_stops_the_others(tmp_path: Path) -> None:
    text = """
channels: {desk: {kind: log}}
rules:
  - {id: good, query: الناتو, channels: [desk]}
  - id: unbalanced
    query: '"حلف شمال'
  - {id: good, query: الصين}
  - {id: everything, query: "*"}
  - [not, a, rule]
  - {id: also-good, query: الصين}
"""
    (tmp_path / "alerts.yaml").write_text(text, "utf-8")
    found = load_rules(tmp_path)
    assert list(found.rules) == ["good", "also-good"]
    assert [fault.place.rsplit(":", 1)[1].split(",")[0] for fault in found.faults] == ["5", "7", "8", "9"]


def test_a_file_that_is_no_yaml_is_one_fault(tmp_path: Path) -> None:
    (tmp_path / "alerts.yaml").write_text("rules: [", "utf-8")
    assert len(load_rules(tmp_path).faults) == 1
    assert load_rules(tmp_path / "missing").faults == ()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"querry": "x"}, "querry: no such field"),
        ({"channels": ["mail"]}, "there is no channel mail"),
        ({"throttle": "ten"}, "not a duration"),
        ({"digest": "every day"}, "not a cron expression"),
        ({"timezone": "Asia/Atlantis"}, "no IANA time zone"),
        ({"expires": "2027-01-01T00:00:00"}, "needs a time zone"),
        ({"quiet": {"from": "25:00", "to": "07:00"}}, "not a time of day"),
        ({"quiet": {"from": "22:00", "to": "07:00", "days": ["freitag", "someday"]}}, "not a weekday"),
        ({"id": "a rule"}, "id:"),
        ({"query": "*"}, "matches every article"),
        ({"query": "NOT الصين"}, "matches every article"),
        ({"query": "الصين OR NOT روسيا"}, "matches every article"),
        ({"query": "date:>2020"}, "matches every article"),
        ({"query": '"الصين'}, "column 1"),
        ({"query": "الصين AND"}, "column"),
        ({"query": "date:today الصين"}, "moves with today"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(fields: dict[str, Any], says: str) -> None:
    told = faults(**fields)
    assert told.startswith("here")
    assert says in told


def test_a_rule_with_everything_survives_the_way_out_and_in() -> None:
    rule = read(
        name="n",
        channels=["desk"],
        per="article",
        severity="high",
        throttle="30m",
        quiet={"from": "22:00", "to": "07:30", "days": ["friday", "sat"]},
        digest="0 7 * * *",
        timezone="Asia/Riyadh",
        owner="mona",
        labels=["a", "b"],
        expires="2027-01-01T00:00:00Z",
        kind="spike",
        window="2h",
        least=5,
        factor=4,
    )
    assert rule.quiet == QuietHours(start=22 * 60, end=7 * 60 + 30, weekdays=(4, 5))
    assert (rule.throttle, rule.window) == (1800.0, 7200.0)
    assert rule.expires == datetime(2027, 1, 1, tzinfo=UTC)
    assert rule_from(rule_as_mapping(rule), "again", DESK) == rule


def test_what_is_left_at_its_default_is_not_written() -> None:
    assert rule_as_mapping(read()) == {"id": "r1", "query": "الناتو"}


@pytest.mark.parametrize(
    ("text", "wanted"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("7d", 604800), ("45", 45), (5, 5)]
)
def test_durations_take_units(text: str | int, wanted: float) -> None:
    assert seconds(text) == wanted


def test_a_field_alone_is_a_rule_and_not_everything() -> None:
    assert read(query="outlet:marfa").query == "outlet:marfa"
    assert str(parse_query("الصين NOT روسيا"))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"kind": "webhook", "url": "https://a.example/"}, "secret"),
        ({"kind": "webhook", "url": "ftp://a.example/", "secret": "RASID_SECRET_A"}, "https://"),
        ({"kind": "webhook", "url": "https://a.example/", "secret": "hunter2"}, "secret"),
        ({"kind": "apprise", "url": "jsons://a.example/"}, "kind: webhook"),
        ({"kind": "apprise", "url": "mail"}, "url"),
        ({"kind": "file", "path": "../etc/passwd"}, "inside the data folder"),
        ({"kind": "file", "path": "/etc/passwd"}, "inside the data folder"),
        ({"kind": "pigeon"}, "kind"),
        ({"kind": "log", "color": "red"}, "no such field"),
        ("log", "mapping"),
    ],
)
def test_a_wrong_channel_is_refused(value: Any, says: str) -> None:
    with pytest.raises(UserError) as caught:
        channel_from("c", value, "here")
    assert says in str(caught.value)
