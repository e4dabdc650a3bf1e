"""`rasid bench …`: measurements, each in a module of workers/bench, imported only when it is called."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from importlib.machinery import SourceFileLoader

import click

from workers import bench


class _Benches(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if _is_bench(module.name))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if not _is_bench(cmd_name):
            return None
        command: click.Command = importlib.import_module(f"{bench.__name__}.{cmd_name}").command
        return command


def _is_bench(name: str) -> bool:
    """Whether the module says it is a command: it has the line that makes one. Read, not imported."""
    spec = importlib.util.find_spec(f"{bench.__name__}.{name}") if name.isidentifier() else None
    loader = getattr(spec, "loader", None)
    source = loader.get_source(spec.name) if spec and isinstance(loader, SourceFileLoader) else None
    return bool(source) and "\ndef command(" in str(source)


@click.group(cls=_Benches)
def command() -> None:
    """Measure Rasid, beside others where there are others.

    \b
    Example:
      rasid bench extract ../shared/data/pages
    """
