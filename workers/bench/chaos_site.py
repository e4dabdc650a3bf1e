"""The news site of the chaos bench: synthetic pages, broken connections, pages with an addition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workers.demo.server import Answer, Respond
from workers.demo.synthetic import SyntheticSite


class ChaosSite(SyntheticSite):
    """A site that can be made to break connections (`broken`), and whose pages can carry an addition (`marks`)."""

    def __init__(self, articles: int, seed: int, *, ports: Mapping[str, int] | None = None) -> None:
        self.broken = False
        self.marks: dict[str, str] = {}
        """Address of a page → what is put at its end."""
        super().__init__(articles, seed, outlets=max(2, min(20, articles // 10)), reprints=0.1, ports=ports)

    def _respond(self, site: str, root: str) -> Respond:
        answer = super()._respond(site, root)

        def respond(path: str) -> Answer | None:
            if self.broken:
                raise ConnectionResetError  # the handler ends: the connection is closed without an answer
            found = answer(path)
            mark = self.marks.get(root + path)
            return replace(found, body=found.body + mark.encode()) if found and mark else found

        return respond
