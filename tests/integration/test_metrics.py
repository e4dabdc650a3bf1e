"""Every expression of the Grafana dashboard finds what it asks for in the real /metrics; labels stay few."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.indexes import article
from workers import stages
from workers.cli import status, top
from workers.model import STAGES, Alert, Feed, FeedEntry, FeedState, Outcome
from workers.operate.audit import audit
from workers.operate.metrics import OUTLETS, StoreCollector, bounded
from workers.operate.top import look, motion, quantile
from workers.settings import RedisSettings, Settings
from workers.store.meters import POLLS, poll_result
from workers.wiring import Parts

pytestmark = pytest.mark.servers

CONFIG = Path(__file__).parents[2] / "config"
DASHBOARD = json.loads((CONFIG / "grafana" / "rasid.json").read_text("utf-8"))
EXPRESSIONS = sorted({t["expr"] for panel in DASHBOARD["panels"] for t in panel.get("targets", [])})
_WORDS = frozenset({"by", "sum", "rate", "topk", "time", "histogram_quantile", "le"})


@pytest.fixture
def parts(redis_url: str, unique_name: str, tmp_path: Path) -> Iterator[Parts]:
    """An installation in which a little of everything happened."""
    found = Parts(
        Settings(data=tmp_path, config_dir=CONFIG, redis=RedisSettings(url=redis_url, prefix=unique_name)),
    )
    found.index.init()
    now = datetime.now(UTC)
    ids = [f"{number:032x}" for number in range(3)]
    found.ledger.offer([FeedEntry(id=i, feed="f", outlet="رأي", url=f"https://o.test/{i}") for i in ids], now=now)
    row, failing, _ = found.ledger.claim("fetch", ids, lease=60, now=now)
    found.ledger.advance(row, Outcome(entry=row.id, stage="fetch", status="gone", at=now), None)
    failed = Outcome(entry=failing.id, stage="fetch", status="failed", reason="busy", at=now)
    found.ledger.postpone(failing, failed, until=now, burn=True)
    found.feeds.add(Feed(id="f", url="https://o.test/f", outlet="o"), due=now)
    found.feeds.settle(FeedState(feed="f", checked_at=now, next_check_at=now), {})
    found.meters.add(POLLS, {(poll_result({"error": "dns: no such name"}),): 2, (poll_result({}),): 1})
    made = article(ids[2])
    found.meters.add("bulk", {(verdict.result,): 1 for verdict in found.index.put([made])})
    found.latency.observe([45.0, 7000.0])
    found.outbox.record([Alert(id="a", rule="r", article=ids[2], at=now, channels=("log",))])
    stages.deliver(found)
    found.heartbeat(now)
    found.vitals.report("io@here")
    audit(found)
    yield found
    found.index.close()


def samples(parts: Parts) -> dict[str, list[dict[str, str]]]:
    """Name of each sample → the labels that it came with."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StoreCollector(parts))
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            found[sample.name].append(sample.labels)
    return found


def selectors(expression: str) -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """The metrics that an expression names, with their matchers: label → (operator, value)."""
    for name, inside in re.findall(r"\b(rasid_\w+)(?:\{([^}]*)\})?", expression):
        matchers = {label: (operator, value) for label, operator, value in re.findall(r'(\w+)(!?=)"([^"]*)"', inside)}
        yield name, matchers


def test_every_expression_finds_its_metrics_and_labels(parts: Parts) -> None:
    there = samples(parts)
    for expression in EXPRESSIONS:
        found = list(selectors(expression))
        assert found, expression
        for name, matchers in found:
            assert there.get(name), f"{expression}: /metrics has no {name}"
            for label, (operator, value) in matchers.items():
                values = {labels[label] for labels in there[name]}  # a label that is not there is a KeyError
                assert operator == "!=" or value in values | {*STAGES, "failed"}, expression
            for label in re.findall(r"by \(([^)]*)\)", expression):
                assert all(part.strip() in labels for part in label.split(",") for labels in there[name]), expression


def test_every_legend_names_a_label_that_is_there(parts: Parts) -> None:
    there = samples(parts)
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            for name, _ in selectors(target["expr"]):
                for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                    assert label in there[name][0], (panel["title"], label)


def test_the_dashboard_shows_every_metric(parts: Parts) -> None:
    shown = {name for expression in EXPRESSIONS for name, _ in selectors(expression)}
    shown |= {name.rpartition("_")[0] for name in shown}
    base = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in samples(parts)}
    assert base <= shown


def test_panels_have_places_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_labels_stay_few_however_many_outlets_there_are() -> None:
    tallies = {("index", "indexed", f"o{n}"): n for n in range(1, 5 * OUTLETS)}
    found = bounded(tallies)
    assert len(found) == OUTLETS + 1
    assert sum(found.values()) == sum(tallies.values())
    assert found["index", "indexed", f"o{5 * OUTLETS - 1}"] == 5 * OUTLETS - 1
    assert found["index", "indexed", "other"] == sum(range(1, 4 * OUTLETS))


def test_status_tells_a_person_in_order(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "settings", lambda: parts.settings)
    told = CliRunner().invoke(status.command, [])
    order = ["runs:", "polling:", "feeds:", "stage", "outcomes:", "index:", "alerts:", "audit:"]
    assert [line.split()[0] for line in told.output.splitlines() if line.strip() and line.split()[0] in order] == order
    found = json.loads(CliRunner().invoke(status.command, ["--json"]).output)
    assert found["well"] is (told.exit_code == 0)
    assert found["pressure"]["level"] == 0
    assert found["audit"]["entries"] == 3


def test_top_gives_one_picture_and_one_object(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(top, "settings", lambda: parts.settings)
    shown = CliRunner().invoke(top.command, ["--once", "--every", "0.2"])
    assert shown.exit_code == 0
    for word in ("polls/s", "fetch", "redis_memory", "gone", "io@here"):
        assert word in shown.output
    found: dict[str, Any] = json.loads(CliRunner().invoke(top.command, ["--once", "--every", "0.2", "--json"]).output)
    assert set(found["per_second"]["stages"]) == {"fetch", "make", "index", "alert"}
    assert found["searchable_seconds"] == {"median": 60.0, "p95": 7200.0}
    assert found["workers"]["io@here"]["processes"] == 1


def test_rates_are_what_grew_between_two_looks(parts: Parts) -> None:
    before = look(parts)
    now = datetime.now(UTC)
    (row,) = parts.ledger.claim("fetch", [f"{2:032x}"], lease=60, now=now) or parts.ledger.claim(
        "fetch", [f"{1:032x}"], lease=60, now=now
    )
    parts.ledger.advance(row, Outcome(entry=row.id, stage="fetch", status="refused", at=now), None)
    moved = motion(before, look(parts))
    assert moved.stages["fetch"] * moved.seconds == pytest.approx(1)
    assert moved.outlets == {"رأي": pytest.approx(1 / moved.seconds)}
    assert moved.failed["fetch"] == 0


def test_a_quantile_is_the_bound_of_its_bucket() -> None:
    buckets = {"30": 1, "60": 9, "120": 10, "count": 10, "sum": 500}
    assert quantile(buckets, 0.5) == 60
    assert quantile(buckets, 0.95) == 120
    assert quantile({}, 0.5) is None
    assert quantile({"30": 0, "count": 4}, 0.5) is None
