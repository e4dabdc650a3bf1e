"""`rasid web`: health and metrics where no `rasid up` answers for them."""

from __future__ import annotations

import os
import signal
import threading

import click

from workers.errors import Fault, UserError
from workers.log import configure
from workers.operate.web import serve
from workers.settings import settings
from workers.wiring import Parts


@click.command("web")
def command() -> None:
    """Answer /healthz, /readyz and /metrics until SIGTERM; beyond loopback RASID_WEB_TOKEN is demanded.

    `rasid up` answers them itself. Reading is all that it does: a Redis user with read rights is enough.

    \b
    Example:
      RASID_WEB_PORT=8460 rasid web
    """
    config = settings()
    if not config.web.port:
        raise UserError(Fault("web.port", "is 0: nowhere to listen", "set RASID_WEB_PORT"))
    configure(config.log)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    server = serve(Parts(config), config.web)
    click.echo(f"http://{config.web.host}:{server.server_port}/metrics (process {os.getpid()})", err=True)
    stopping.wait()
    server.shutdown()
    server.server_close()
