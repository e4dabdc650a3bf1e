"""`rasid up`: everything for real feeds on one machine."""

from __future__ import annotations

import os
import signal
import threading

import click

from workers.log import configure
from workers.operate.start import wait_for_redis
from workers.operate.web import serve
from workers.settings import settings
from workers.store import open_redis
from workers.store.vitals import keep_reporting
from workers.supervisor import Supervisor
from workers.wiring import Parts


@click.command("up")
def command() -> None:
    """Run everything on this machine until Ctrl-C or SIGTERM: Redis, workers, beat, the index.

    Redis is started under the data folder unless RASID_REDIS_URL is set; the index is SQLite there unless
    RASID_ELASTICSEARCH_URL is set. A second start goes on where the first one stopped. Servers of yours may come later:
    Redis is waited for, and while the index is away work waits for it in Redis.

    \b
    Example:
      RASID_DATA=/var/lib/rasid rasid up
    """
    config = settings()
    configure(config.log)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    if config.redis.url and not wait_for_redis(open_redis(config), stopping.is_set):
        return
    supervisor = Supervisor(config)
    try:
        url = supervisor.start()
        parts = Parts(config.with_redis(url))
        parts.schema.check()  # the workers refuse as well, but into a log
        keep_reporting(parts.vitals, f"up@{os.uname().nodename}")
        web = serve(parts, config.web) if config.web.port else None
        click.echo(f"rasid is up: {len(parts.feeds.feeds())} feeds, data in {config.data}, Ctrl-C stops it", err=True)
        supervisor.watch(parts, stopping.is_set)
        if web:
            web.shutdown()
    finally:
        click.echo("stopping: workers finish or hand back what they hold", err=True)
        supervisor.stop()
