"""The news sites of the chaos bench: they publish synthetic articles at a rate, and can be down, slow or broken.

Each outlet has one feed with its last `WINDOW` articles, as real feeds have: what rolled out of it is offered no more.
Outlets have names under `chaos.test`, which only the workers of the bench resolve (`chaos_app`), so that DNS can fail.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import lru_cache

from workers.demo.pages import render_feed
from workers.demo.samples import Sample
from workers.demo.server import Answer, Respond
from workers.demo.synthetic import SyntheticSite

DOMAIN = "chaos.test"
OUTLETS = 10
WINDOW = 100
"""Items of a feed."""


@dataclass(frozen=True, slots=True)
class Publishing:
    """`before` articles are out; `count` more come out evenly within `over` seconds from `start` (monotonic)."""

    before: int = 0
    count: int = 0
    over: float = 0.0
    start: float = 0.0

    def published(self, now: float) -> int:
        """How many articles are out at `now`."""
        passed = min(1.0, (now - self.start) / self.over) if self.over > 0 else 1.0
        return self.before + int(self.count * passed)

    @property
    def ends(self) -> float:
        """When the last of them is out (monotonic)."""
        return self.start + self.over


class ChaosSite(SyntheticSite):
    """Publishes what `publish` says; `broken` closes connections without an answer, `marks` adds to pages."""

    def __init__(self, articles: int, seed: int, *, weight: float = 1.0, old: ChaosSite | None = None) -> None:
        """`weight` of the pages; `old`: the stopped site that this one takes the place of."""
        self.broken = False
        self.publishing: Publishing = old.publishing if old else Publishing()
        self.marks: dict[str, str] = old.marks if old else {}
        """Address of a page → what is put at its end."""
        self._items: dict[int, Sample] = {}
        ports = old.ports if old else None
        super().__init__(articles, seed, outlets=OUTLETS, reprints=0.1, weight=weight, ports=ports)
        self._outlets = {name: replace(outlet, feeds=outlet.feeds[:1]) for name, outlet in self._outlets.items()}

    def root(self, site: str) -> str:
        """The address of an outlet, without a trailing slash."""
        return f"http://{site}.{DOMAIN}:{self.ports[site]}"

    @property
    def hosts(self) -> list[str]:
        """The outlets' host names."""
        return [f"{name}.{DOMAIN}" for name in self._outlets]

    @property
    def published(self) -> list[str]:
        """The addresses of the articles that are out."""
        return self.urls[: self.publishing.published(time.monotonic())]

    def publish(self, count: int, over: float) -> list[str]:
        """Bring out `count` more articles within `over` seconds; their addresses."""
        before = self.publishing.before + self.publishing.count
        count = min(count, self.articles - before)
        self.publishing = Publishing(before, count, over, time.monotonic())
        return self.urls[before : before + count]

    def slow(self, seconds: float) -> None:
        """Answer every request only after so long."""
        for server in self._servers.values():
            server.latency = seconds

    def _item(self, site: str, number: int) -> Sample:
        """Made once: a feed is written anew with every article that comes out."""
        if number not in self._items:
            self._items[number] = super()._item(site, number)
        return self._items[number]

    def _respond(self, site: str, root: str) -> Respond:
        answer = super()._respond(site, root)
        outlet = self._outlets[site]
        first = int(site.removeprefix("s"))

        @lru_cache(2)
        def feed(published: int) -> bytes:
            numbers = range(first, published, len(self._outlets))[-WINDOW:]
            items = [self._item(site, number) for number in reversed(numbers)]
            return render_feed(outlet, outlet.feeds[0], items, root)

        def respond(path: str) -> Answer | None:
            if self.broken:
                raise ConnectionResetError  # the handler ends: the connection is closed without an answer
            if path == outlet.feeds[0].path:
                found = answer(path)
                out = self.publishing.published(time.monotonic())
                own = max(0, out - first + len(self._outlets) - 1) // len(self._outlets)
                body = feed(first + own * len(self._outlets))
                return replace(found, body=body) if found else None
            found = answer(path)
            mark = self.marks.get(root + path)
            return replace(found, body=found.body + mark.encode()) if found and mark else found

        return respond
