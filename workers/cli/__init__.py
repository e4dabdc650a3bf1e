"""The command line: one module a command group. `main` finds a group's module only when it is called.

A group's module offers `command`, a click command. Importing only what is asked keeps `rasid --help` quick.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from typing import Any

import click

from workers import __version__
from workers.errors import Retry, UserError
from workers.log import configure
from workers.mask import mask
from workers.settings import LogSettings

COMMANDS: dict[str, str] = {
    "alerts": "workers.cli.alerts",
    "analyze": "workers.cli.analyze",
    "archive": "workers.cli.archive",
    "bench": "workers.cli.bench",
    "boilerplate": "workers.cli.boilerplate",
    "clean": "workers.cli.clean",
    "config": "workers.cli.config",
    "demo": "workers.cli.demo",
    "entities": "workers.cli.entities",
    "explain": "workers.cli.explain",
    "extract": "workers.cli.extract",
    "feed": "workers.cli.feed",
    "feeds": "workers.cli.feeds",
    "index": "workers.cli.index",
    "kibana": "workers.cli.kibana",
    "page": "workers.cli.page",
    "quarantine": "workers.cli.quarantine",
    "lexicon": "workers.cli.lexicon",
    "reprocess": "workers.cli.reprocess",
    "search": "workers.cli.search",
    "show": "workers.cli.show",
    "status": "workers.cli.status",
    "stories": "workers.cli.stories",
    "tag": "workers.cli.tag",
    "up": "workers.cli.up",
    "web": "workers.cli.web",
    "top": "workers.cli.top",
    "restore": "workers.cli.restore",
    "migrate": "workers.cli.migrate",
    "backup": "workers.cli.backup",
    "audit": "workers.cli.audit",
}
"""Command → module. A command whose module does not exist yet is not listed."""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(name for name, module in COMMANDS.items() if importlib.util.find_spec(module) is not None)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None or importlib.util.find_spec(module) is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="rasid")
def cli() -> None:
    """Rasid (راصد): an always-on ingest for Arabic news."""


_STORES = {
    "redis": "Redis does not answer as it should (RASID_REDIS_URL)",
    "elasticsearch": "Elasticsearch does not answer as it should (RASID_ELASTICSEARCH_URL)",
    "elastic_transport": "Elasticsearch cannot be reached (RASID_ELASTICSEARCH_URL)",
    "sqlite3": "the embedded index cannot be used (data/index.sqlite)",
}
"""Faults of a store, by the package that reports them: a sentence for a person, exit code 3."""


def main(arguments: list[str] | None = None, **extra: Any) -> None:
    """Run the command line. What a person can mend is printed as one line a fault on standard error, exit code 2."""
    configure(LogSettings(level="error", json=False))  # standard output is for answers
    try:
        cli.main(args=arguments, prog_name="rasid", **extra)
    except UserError as error:
        for fault in error.faults:
            click.echo(f"rasid: {mask(str(fault).removeprefix(': '))}", err=True)
        sys.exit(2)
    except Retry as later:
        click.echo(f"rasid: {mask(later.reason)}", err=True)
        sys.exit(3)
    except Exception as error:
        store = _STORES.get(type(error).__module__.partition(".")[0])
        if store is None:  # a defect: its traceback helps whoever mends it, and may hold a secret
            click.echo(mask(traceback.format_exc()), err=True)
            sys.exit(1)
        click.echo(f"rasid: {store}: {mask(str(error))}", err=True)
        sys.exit(3)
