"""Celery's settings carry measured reasons (research: reliability, section 1): changing one must be a decision."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers.queues import QUEUES, THREAD_QUEUES
from workers.settings import Settings, WorkerSettings

HELD = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": False,
    "task_acks_on_failure": True,
    "task_acks_on_timeout": True,
    "worker_prefetch_multiplier": 1,
    "worker_enable_soft_shutdown_on_idle": False,
    "worker_soft_shutdown_timeout": 20.0,
    "worker_max_tasks_per_child": 500,
    "worker_max_memory_per_child": 400_000,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "broker_channel_error_retry": True,
    "broker_connection_max_retries": None,
    "broker_connection_retry_on_startup": True,
    "task_ignore_result": True,
    "result_backend": None,
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_create_missing_queues": False,
    "worker_eta_task_limit": 100,
    "task_default_queue": "sweep",
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "beat_max_loop_interval": 5,
    "timezone": "UTC",
    "imports": ["workers.tasks"],
    "broker_url": "redis://127.0.0.1:1/0",
    "task_time_limit": 100.0,
    "task_soft_time_limit": 80.0,
}
"""Every setting that is one value; the others have tests of their own below (`test_no_setting_goes_unheld`)."""

TRANSPORT = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "max_connections": None,
    "global_keyprefix": "rasid:celery:",
}


@pytest.fixture(scope="module")
def configuration() -> dict[str, object]:
    os.environ.setdefault("RASID_REDIS_URL", "redis://127.0.0.1:1/0")  # importing the app must not start a server
    from workers.celery import configuration as make

    return make(Settings(), broker="redis://127.0.0.1:1/0")


@pytest.mark.parametrize(("name", "value"), HELD.items())
def test_a_setting_stays_as_measured(configuration: dict[str, object], name: str, value: object) -> None:
    assert configuration[name] == value


@pytest.mark.parametrize(("name", "value"), TRANSPORT.items())
def test_a_transport_option_stays_as_measured(configuration: dict[str, object], name: str, value: object) -> None:
    assert configuration["broker_transport_options"][name] == value  # type: ignore[index]


def test_no_setting_goes_unheld(configuration: dict[str, object]) -> None:
    """A setting that is added comes with its value here, so that changing it later is a decision too."""
    apart = {"broker_transport_options", "task_queues", "task_routes", "beat_schedule"}
    assert set(configuration) == set(HELD) | apart
    assert set(configuration["broker_transport_options"]) == set(TRANSPORT)  # type: ignore[call-overload]


def test_beat_does_one_thing_and_an_unread_sweep_expires(configuration: dict[str, object]) -> None:
    sweep = {"task": "rasid.sweep", "schedule": 5.0, "options": {"queue": "sweep", "expires": 10.0}}
    assert configuration["beat_schedule"] == {"sweep": sweep}


def test_a_task_without_memory_ends_no_worker() -> None:
    """Celery ends a worker whose task raises MemoryError, and puts the message back at the head: for ever."""
    from workers import tasks

    def eats() -> None:
        raise MemoryError

    spared = tasks.app._task_from_fun(eats, name="test.eats")
    try:
        assert spared() is None
    finally:
        tasks.app.tasks.unregister("test.eats")


def test_what_a_process_may_allocate_is_bounded() -> None:
    """In a process of its own: the bound cannot be lifted again."""
    code = "from workers.memory import bound_memory; bound_memory(400_000_000); {}"
    eats = "exec('try: bytearray(1_000_000_000)\\nexcept MemoryError: raise SystemExit(7)')"
    assert subprocess.run([sys.executable, "-c", code.format(eats)], check=False).returncode == 7
    assert subprocess.run([sys.executable, "-c", code.format("bytearray(100_000_000)")], check=False).returncode == 0


def test_the_supervisor_gives_a_soft_shutdown_the_time_it_takes() -> None:
    from workers import supervisor

    assert float(str(HELD["worker_soft_shutdown_timeout"])) + 15 <= supervisor._STOP_SECONDS


def test_the_visibility_timeout_is_three_times_the_longest_task(configuration: dict[str, object]) -> None:
    assert TRANSPORT["visibility_timeout"] >= 3 * float(str(configuration["task_time_limit"]))


def test_the_lease_of_a_page_outlives_its_task() -> None:
    """Else a page that never ends is claimed anew while it still holds a process, until it holds all of them."""
    from workers.celery import configuration as make

    for lease in (10.0, 120.0):
        found = make(Settings(worker=WorkerSettings(lease_make=lease)), broker="redis://127.0.0.1:1/0")
        assert 0 < found["task_soft_time_limit"] < found["task_time_limit"] < lease


def test_settings_are_real(configuration: dict[str, object]) -> None:
    from celery.app.defaults import NAMESPACES, flatten

    known = {name for name, _ in flatten(NAMESPACES)}
    assert not set(configuration) - known


def test_every_queue_is_declared_and_every_task_has_one(configuration: dict[str, object]) -> None:
    declared = {q.name for q in configuration["task_queues"]}  # type: ignore[attr-defined]
    assert declared == set(QUEUES)
    from workers import tasks

    names = {name for name in tasks.app.tasks if name.startswith("rasid.")}
    assert set(configuration["task_routes"]) == names  # type: ignore[call-overload]
    assert {r["queue"] for r in configuration["task_routes"].values()} <= declared  # type: ignore[attr-defined]
    assert "make" not in THREAD_QUEUES


def test_only_the_border_files_import_celery_when_rooms_are_used() -> None:
    code = "import sys, workers.pipeline, workers.cli.extract; sys.exit('celery' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_message_waits_in_a_worker_and_none_calls_the_next() -> None:
    """ETA tasks lie in a worker's memory and ran five times at once; the next link of a chain dies with its worker."""
    root = Path(__file__).parents[3] / "workers"
    border = "".join(
        path.read_text("utf-8") for path in (root / "tasks.py", root / "celery.py", *root.glob("stages/*.py"))
    )
    for word in ("countdown=", "eta=", "apply_async(", "self.retry", "autoretry_for", "chain(", "chord(", "group("):
        assert word not in border


def test_a_slow_page_does_not_use_up_the_time_of_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is set a task, of twenty pages; under load it met pages that had only just begun."""
    from workers import tasks

    begun: list[list[str]] = []
    sent: list[tuple[str, list[str]]] = []
    clock = iter([0.0, 0.0, 39.0, 41.0])  # the lease is 120 s: after 40 s no page is begun
    monkeypatch.setattr(tasks.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(tasks.stages, "make", lambda _, ids: begun.append(ids) or ids)
    monkeypatch.setattr(tasks, "parts", lambda: None)
    monkeypatch.setattr(tasks, "settings", Settings)
    monkeypatch.setattr(tasks.make, "delay", lambda ids: sent.append(("make", ids)))
    monkeypatch.setattr(tasks.index, "delay", lambda ids: sent.append(("index", ids)))
    tasks.make(["a", "b", "c", "d"])
    assert begun == [["a"], ["b"]]
    assert sent == [("make", ["c", "d"]), ("index", ["a", "b"])]
