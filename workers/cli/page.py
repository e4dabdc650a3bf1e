"""`rasid page`: Rasid's own search page."""

from __future__ import annotations

import socketserver
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import click

from workers.cli.output import console


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = 20  # seconds of silence after which a connection is closed

    def log_message(self, *_: Any) -> None:
        """Queries are the reader's own business."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Beyond loopback RASID_WEB_TOKEN is demanded.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
def command(host: str, port: int) -> None:
    """Serve the search page until Ctrl-C.

    Other machines need the token: the browser asks for it as the password, of any user name.

    \b
    rasid page --port 8080
    """
    from workers.operate.door import Guarded, check_host  # noqa: PLC0415
    from workers.search.page import Page  # noqa: PLC0415 - so that --help stays quick
    from workers.search.service import SearchService  # noqa: PLC0415
    from workers.settings import settings  # noqa: PLC0415

    config = settings()
    token = config.web.token.get_secret_value() if config.web.token else None
    check_host(host, token, place="--host")
    with SearchService.open(config) as service:
        application = Guarded(Page(service), token)
        server = make_server(host, port, application, server_class=_Server, handler_class=_Handler)
        console().print(f"http://{host}:{server.server_port}/")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console().print("stopped")
