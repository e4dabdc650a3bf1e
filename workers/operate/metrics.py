"""Prometheus metrics, read from the stores at the moment of the question: one port tells of all processes.

Labels are bounded: stages, statuses and results are words of ours, channels and hosts are configured; of outlets the
`OUTLETS` busiest are named, the others counted together as `other`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from workers import __version__
from workers.operate.audit import PROBLEMS
from workers.operate.health import Report, examine
from workers.poll.health import WORDS
from workers.store.latency import LATENCY_BUCKETS
from workers.store.ledger import FINAL
from workers.store.meters import BULK, DELIVERIES, POLLS
from workers.versions import rules_version
from workers.wiring import Parts

OUTLETS = 200
OTHER = "other"


class StoreCollector(Collector):
    """All metrics of one installation."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        report = examine(self._parts, now=datetime.now(UTC))
        yield from _flow(report)
        yield from _stores(report)
        yield from _watch(report)
        yield from self._counted()
        yield self._latency()
        yield from _processes(self._parts.vitals.read())
        info = GaugeMetricFamily("rasid_info", "Versions that run", labels=("version", "rules_version"))
        info.add_metric((__version__, rules_version(self._parts.settings)), 1)
        yield info

    def _counted(self) -> Iterator[Metric]:
        tallies = bounded(self._parts.ledger.tallies())
        labels = ("stage", "status", "outlet")
        yield _counter("rasid_stage_outcomes", "How stages ended, by outlet", labels, tallies)
        meters = self._parts.meters
        yield _counter("rasid_bulk_verdicts", "What the index said of articles", ("result",), meters.read(BULK))
        yield _counter("rasid_polls", "Polls of feeds, by how they went", ("result",), meters.read(POLLS))
        sent = meters.read(DELIVERIES)
        yield _counter("rasid_alert_deliveries", "Attempts to deliver an alert", ("channel", "result"), sent)

    def _latency(self) -> Metric:
        latency = self._parts.latency.buckets()
        buckets = [(str(bound), float(latency.get(str(bound), 0))) for bound in LATENCY_BUCKETS]
        buckets.append(("+Inf", float(latency.get("count", 0))))
        text = "From publication to being searchable"
        return HistogramMetricFamily(
            "rasid_searchable_seconds", text, buckets=buckets, sum_value=float(latency.get("sum", 0))
        )


def bounded(tallies: Mapping[tuple[str, str, str], int]) -> dict[tuple[str, ...], int]:
    """Counts by (stage, status, outlet), all but the busiest `OUTLETS` outlets added up as `other`.

    An outlet that falls out of the busiest moves its counts to `other`: Prometheus sees a reset, which `rate` bears.
    """
    by_outlet: Counter[str] = Counter()
    for (_, _, outlet), number in tallies.items():
        by_outlet[outlet] += number
    named = {outlet for outlet, _ in sorted(by_outlet.items(), key=lambda item: (-item[1], item[0]))[:OUTLETS]}
    found: dict[tuple[str, ...], int] = defaultdict(int)
    for (stage, status, outlet), number in tallies.items():
        found[stage, status, outlet if outlet in named else OTHER] += number
    return dict(found)


def _flow(report: Report) -> Iterator[Metric]:
    yield _gauge("rasid_queue_messages", "Messages that wait in a Celery queue", "queue", report.queues)
    yield _gauge("rasid_entries_waiting", "Entries that wait at a stage", "stage", report.pending)
    overdue = "Overdue time of a stage's oldest entry"
    yield _gauge("rasid_entries_overdue_seconds", overdue, "stage", report.oldest_wait)
    ended = {status: report.outcomes.get(status, 0) for status in sorted(FINAL)}
    yield _gauge("rasid_entries_ended", "Entries by final outcome", "status", ended)
    yield _value("rasid_quarantined", "Entries in quarantine that wait for a person", report.quarantined)
    feeds = {health: report.feeds.get(health, 0) for health in WORDS}
    yield _gauge("rasid_feeds", "Feeds by health", "health", feeds)
    yield _value("rasid_feeds_overdue_seconds", "Overdue time of the feed that waits longest", report.feeds_overdue)
    yield _value("rasid_alerts_waiting", "Alert deliveries that are due", report.alerts_waiting)
    yield _value("rasid_alerts_dead", "Alert deliveries that were given up", report.alerts_dead)
    yield _value("rasid_alert_channels_open", "Channels left alone after failing", len(report.channels_open))


def _stores(report: Report) -> Iterator[Metric]:
    yield _value("rasid_articles", "Articles in the index", report.index.get("articles", 0))
    yield _value("rasid_index_bytes", "Bytes of the index", report.index.get("bytes", 0))
    yield _value("rasid_index_healthy", "1: the index answers as it should", int(bool(report.index.get("healthy"))))
    text = "Articles still to be read back after a loss of Redis, as hours of their time"
    yield _value("rasid_regain_hours", text, report.regaining)
    yield _value("rasid_pressure", "Backpressure: 0 polls freely, 1 has stopped", report.pressure.level)
    levels = {signal.name: signal.level for signal in report.pressure.signals}
    yield _gauge("rasid_pressure_level", "Backpressure by signal, 0 to 1", "signal", levels)
    values = {signal.name: signal.value for signal in report.pressure.signals}
    text = "What the signal measures: entries, messages, bytes, or a share"
    yield _gauge("rasid_pressure_value", text, "signal", values)


def _watch(report: Report) -> Iterator[Metric]:
    yield _value("rasid_problems", "What `rasid status` complains of", len(report.problems))
    swept = report.last_sweep.timestamp() if report.last_sweep else 0
    yield _value("rasid_last_sweep_timestamp_seconds", "When beat's last sweep ran", swept)
    drift = GaugeMetricFamily("rasid_outlet_drift", "1: the outlet's pages changed", labels=("outlet", "measure"))
    for outlet, jumps in list(report.drift.items())[:OUTLETS]:
        for jump in jumps:
            drift.add_metric((outlet, jump.measure), 1)
    yield drift
    audit = report.audit
    if audit is not None:
        at = datetime.fromisoformat(audit.at).timestamp()
        yield _value("rasid_audit_timestamp_seconds", "When the ledger was last audited", at)
        yield _value("rasid_audit_entries", "Entries that the last audit went through", audit.entries)
        kinds = {kind: audit.found.get(kind, 0) for kind in ("waiting", *PROBLEMS)}
        yield _gauge("rasid_audit_findings", "Entries that the last audit lists, by kind", "kind", kinds)


def _processes(vitals: Mapping[str, Mapping[str, float]]) -> Iterator[Metric]:
    for name, text in (
        ("processes", "Processes that reported within the last minutes"),
        ("resident_bytes", "Memory of these processes"),
        ("open_files", "Open files and sockets of these processes"),
        ("cpu_seconds", "Processor time that these processes have used"),
    ):
        yield _gauge(f"rasid_process_{name}", text, "worker", {worker: v[name] for worker, v in vitals.items()})


def _gauge(name: str, text: str, label: str, values: Mapping[str, Any]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def _value(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _counter(
    name: str, text: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], int]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
