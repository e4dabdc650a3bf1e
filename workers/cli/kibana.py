"""`rasid kibana`: data views, saved searches and dashboards."""

from __future__ import annotations

import base64

import click

from workers.cli.output import console


@click.group()
def command() -> None:
    """Kibana's views of the index. Needs Elasticsearch.

    \b
    rasid kibana install --url http://127.0.0.1:5601
    """


@command.command()
@click.option("--url", help="Kibana's address; RASID_KIBANA_URL otherwise.")
def install(url: str | None) -> None:
    """Import the data views, saved searches and dashboards of config/kibana; those of the same id are replaced.

    \b
    rasid kibana install --url http://127.0.0.1:5601
    """
    from workers.errors import Fault, UserError  # noqa: PLC0415 - so that --help stays quick
    from workers.index.kibana import install as run  # noqa: PLC0415
    from workers.index.kibana import saved_objects  # noqa: PLC0415
    from workers.settings import settings  # noqa: PLC0415

    config = settings()
    target = url or config.kibana.url
    if not target:
        raise UserError(Fault("--url", "is not given", "name Kibana's address, or set RASID_KIBANA_URL"))
    objects = saved_objects(config.config_dir / "kibana", config.elasticsearch.index)
    login = config.elasticsearch
    headers: dict[str, str] = {}
    if login.api_key is not None:
        headers["Authorization"] = f"ApiKey {login.api_key.get_secret_value()}"
    elif login.username is not None and login.password is not None:
        pair = f"{login.username}:{login.password.get_secret_value()}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    count = run(target, objects, timeout=login.request_timeout, headers=headers)
    console().print(f"{count} objects imported into {target}")
