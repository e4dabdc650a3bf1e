"""What the benches of the whole system (chaos, soak) ask of their command line: a server, a folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.bench.chaos_servers import OwnElasticsearch
from workers.errors import Fault, UserError


@contextmanager
def server_of(command: str | None) -> Iterator[OwnElasticsearch | str]:
    """The Elasticsearch that `command` starts, killed afterwards; else the address of the one that the environment
    names, which stays."""
    if command:
        own = OwnElasticsearch(command)
        try:
            yield own
        finally:
            own.kill()
    elif address := os.environ.get("RASID_ELASTICSEARCH_URL"):
        yield address
    else:
        mend = "make chaos and make soak give one"
        raise UserError(Fault("--elasticsearch", "is missing, and so is RASID_ELASTICSEARCH_URL", mend))


@contextmanager
def scratch(keep: Path | None) -> Iterator[Path]:
    """A folder that goes afterwards, or `keep`, which is new and stays."""
    if keep:
        keep.mkdir(parents=True)
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="rasid-chaos-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)
