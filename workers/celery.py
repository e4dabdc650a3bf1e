"""The Celery app: queues, beat, and every setting with its reason. Only this file and tasks.py import celery.

Measured with Celery 5.7 and kombu 5.7 on Redis (research: reliability, section 1). What follows from it: messages are
hints that may be lost or come twice, so tasks take ids, ask the ledger, and never use countdown, ETA, retry or chains.
"""

from __future__ import annotations

from typing import Any

import structlog
from celery import Celery, Task
from kombu.entity import Exchange, Queue

from workers.queues import QUEUES
from workers.settings import Settings, settings
from workers.store.redisserver import redis_url

log = structlog.get_logger("rasid.celery")


class SparingTask(Task):  # type: ignore[misc]
    """A task that never ends its worker: Celery lets a MemoryError do so, and puts the message back at the queue's head
    (6 of 6 restarts died of it). What the task had claimed comes again when its lease ends, and burns an attempt."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except MemoryError:
            log.exception("no memory for a task", task=self.name)


def configuration(config: Settings, *, broker: str) -> dict[str, Any]:
    """Celery's settings for `config`; a pure function, so that a test can hold each to its reason."""
    return {
        "broker_url": broker,
        "broker_transport_options": {
            # Above three times the longest task: a 35 s task under a 10 s timeout ran four times at once.
            "visibility_timeout": 900,
            # The default restores only every 100 s.
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            # None waits for ever on a dead TCP path.
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "max_connections": None,  # the default of 10 made acknowledgements fail and 39-88 of 1,000 tasks run twice
            "global_keyprefix": f"{config.redis.prefix}:celery:",
        },
        "broker_connection_retry_on_startup": True,  # Redis may start later
        "broker_connection_max_retries": None,  # the default gives up after about 48 minutes, and the worker exits
        "broker_channel_error_retry": True,  # a full disk answers MISCONF; the default worker exits on it
        "worker_cancel_long_running_tasks_on_connection_loss": True,  # else the same task runs twice side by side
        "task_acks_late": True,  # run again after a crash
        "task_reject_on_worker_lost": False,  # True: a task that kills its worker starts over without bound
        # Attempts are counted in the ledger; unacknowledged, a 3 s hang started five times in 14 s, for ever.
        "task_acks_on_failure": True,
        "task_acks_on_timeout": True,
        "worker_prefetch_multiplier": 1,  # a wider window means more lost and doubled messages at a crash
        "worker_eta_task_limit": 100,  # there are no ETA tasks; a stranger's would all lie in a worker's memory
        "worker_soft_shutdown_timeout": 20.0,  # unfinished messages go back to the queue at SIGTERM
        # True makes an idle worker wait the whole timeout for ETA tasks, of which there are none.
        "worker_enable_soft_shutdown_on_idle": False,
        "worker_max_tasks_per_child": 500,  # parsers leak; a fresh child costs milliseconds
        "worker_max_memory_per_child": 400_000,  # KB; the largest page seen needed 225 MB
        # Prefork only; threads ignore it, there the HTTP client has the deadline. Below the lease of a page (100 s and
        # 80 s of 120): else a page that never ends is claimed anew while it still holds a process, until it holds all.
        # `make` begins no page after 40 s of a task, so that each has as long at least.
        "task_time_limit": config.worker.lease_make * 5 / 6,
        "task_soft_time_limit": config.worker.lease_make * 2 / 3,
        "task_ignore_result": True,  # nobody waits for results: the ledger knows
        "result_backend": None,
        "task_serializer": "json",
        "accept_content": ["json"],  # a pickle from a stranger is code
        "task_create_missing_queues": False,  # a mistyped queue is an error, not a lost queue
        "task_queues": [Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
        "task_default_queue": "sweep",
        "task_routes": {f"rasid.{name}": {"queue": name} for name in QUEUES}
        | {"rasid.deliver": {"queue": "alert"}, "rasid.push": {"queue": "poll"}, "rasid.regain": {"queue": "make"}}
        | {f"rasid.{name}": {"queue": "index"} for name in ("restory", "publish", "retire", "audit")},
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "beat_max_loop_interval": 5,
        "beat_schedule": {
            # The only thing that beat does. An unread sweep is worthless: it expires with the next.
            "sweep": {
                "task": "rasid.sweep",
                "schedule": config.worker.tick,
                "options": {"queue": "sweep", "expires": config.worker.tick * 2},
            },
        },
        "timezone": "UTC",
        "imports": ["workers.tasks"],
    }


def make_app() -> Celery:
    """The app of this process, configured from `settings()`."""
    config = settings()
    celery = Celery("rasid", task_cls=SparingTask, set_as_current=True)
    celery.config_from_object(configuration(config, broker=redis_url(config)))
    return celery


app = make_app()
