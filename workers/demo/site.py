"""The news site that `rasid demo` and the tests run on: every sample outlet on a port of its own, with its feeds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from workers.demo.pages import picture, render_feed, render_page
from workers.demo.samples import Sample, SampleFeed, SampleOutlet, outlets
from workers.demo.server import Answer, LocalServers, Respond
from workers.model import Feed, Outlet, Profile, load
from workers.poll.urls import feed_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must become of one entry of the sample feeds."""

    sample: Sample
    url: str
    """Its address as the outlet prints it, without the tracking parameters that a feed may add; not canonical."""
    feeds: tuple[str, ...]
    """Addresses of the feeds that carry it."""
    status: str
    """Final outcome. Of a story's reprints the first that is processed ends as `indexed`, the others as `duplicate`."""
    group: str
    """Id of the sample that the story began with; samples of one group are reprints of each other."""


class NewsSite(LocalServers):
    """All sample outlets, served from `127.0.0.1`. Give `ports` of an earlier run to get the same addresses again."""

    def __init__(self, ports: Mapping[str, int] | None = None) -> None:
        self._outlets = {outlet.id: outlet for outlet in outlets()}
        super().__init__(tuple(self._outlets), self._respond, ports=ports)

    @property
    def expected(self) -> list[Expected]:
        """One for each entry that a readable feed carries."""
        found = []
        for outlet in self._outlets.values():
            carried = [
                (self.root(outlet.id) + f.path, _items(outlet, f)) for f in outlet.feeds if f.behaviour != "error"
            ]
            for sample in outlet.samples:
                feeds = tuple(url for url, items in carried if sample in items)
                if feeds:
                    found.append(self._expect(sample, feeds))
        return found

    def sources(self) -> tuple[dict[str, Outlet], list[Feed]]:
        """The outlets by id and their feeds, as configuration would give them."""
        return models(self._outlets.values(), self.root)

    def write_feeds_yaml(self, path: Path) -> None:
        """Write these outlets as a config/feeds.yaml."""
        write_feeds_yaml(path, self._outlets.values(), self.root)

    def _expect(self, sample: Sample, feeds: tuple[str, ...]) -> Expected:
        return Expected(
            sample=sample,
            url=self.root(sample.outlet) + sample.address,
            feeds=feeds,
            status=sample.expect,
            group=sample.reprint_of or sample.id,
        )

    def _respond(self, site: str, root: str) -> Respond:
        answers = _answers(self._outlets[site], root)
        return _Routes(answers, {_bare(path): path for path in answers}).respond


def models(sites: Iterable[SampleOutlet], root: Callable[[str], str]) -> tuple[dict[str, Outlet], list[Feed]]:
    """Outlets by id and their feeds as the poller knows them; `root` gives an outlet's address."""
    outlets_, feeds = {}, []
    for site in sites:
        outlets_[site.id] = Outlet(
            id=site.id,
            name=site.name,
            country=site.country,
            timezone=site.timezone,
            site=root(site.id) + "/",
            profile=_profile(site),
        )
        for feed in site.feeds:
            url = root(site.id) + feed.path
            feeds.append(Feed(id=feed_id(url), url=url, outlet=site.id, title=feed.title))
    return outlets_, feeds


def _profile(site: SampleOutlet) -> Profile:
    return load(Profile, json.dumps(dict(site.profile)))


def write_feeds_yaml(path: Path, sites: Iterable[SampleOutlet], root: Callable[[str], str]) -> None:
    """Write outlets in the format of config/feeds.yaml, which `workers.poll.sources` reads."""
    rows = {
        site.id: {
            "name": site.name,
            "country": site.country,
            "timezone": site.timezone,
            "site": root(site.id) + "/",
            **({"profile": dict(site.profile)} if site.profile else {}),
            "feeds": [{"url": root(site.id) + feed.path, "title": feed.title} for feed in site.feeds],
        }
        for site in sites
    }
    path.write_text(yaml.safe_dump({"outlets": rows}, allow_unicode=True, sort_keys=False), "utf-8")


def _items(outlet: SampleOutlet, feed: SampleFeed) -> list[Sample]:
    """A feed's samples, newest first."""
    return [sample for sample in outlet.samples if feed.items is None or sample.id in feed.items]


@dataclass(frozen=True, slots=True)
class _Routes:
    """An outlet's addresses. Like most servers it asks neither for the order of parameters nor for unknown ones."""

    answers: dict[str, Answer]
    paths: dict[str, str]
    """Bare form of each address → the address itself."""

    def respond(self, path: str) -> Answer | None:
        if path.startswith("/media/"):
            return Answer(body=picture(path), content_type="image/svg+xml")
        known = self.paths.get(_bare(path))
        if known is None:
            return None
        if known.endswith("/") and not path.partition("?")[0].endswith("/"):
            return Answer(status=301, headers={"Location": known})  # as blog software answers without the slash
        return self.answers[known]


def _bare(path: str) -> str:
    """`path` without trailing slash and tracking, its parameters sorted: what two spellings of an address share."""
    place, _, query = path.partition("?")
    kept = sorted(part for part in query.split("&") if part and not part.startswith("utm_"))
    return f"{place.rstrip('/')}?{'&'.join(kept)}"


def _answers(outlet: SampleOutlet, root: str) -> dict[str, Answer]:
    page_type = f"text/html; charset={outlet.charset}" if outlet.declared else "text/html"
    newest = outlet.samples[0].published
    home = Sample(id="home", outlet=outlet.id, path="/", published=newest, title=outlet.name, page="listing")
    answers = {"/robots.txt": Answer(body=outlet.robots.encode(), content_type="text/plain")}
    answers["/"] = Answer(body=render_page(outlet, home, root), content_type=page_type)
    for feed in outlet.feeds:
        items = _items(outlet, feed)
        body = render_feed(outlet, feed, items, root)
        answers[feed.path] = _feed_answer(feed, body, items[0].published + timedelta(minutes=2))
    for sample in outlet.samples:
        body = render_page(outlet, sample, root)
        answers[sample.path] = Answer(body=body, content_type=page_type, status=sample.status)
        if sample.moved_from:
            answers[sample.moved_from] = Answer(status=301, headers={"Location": root + sample.path})
    return answers


def _feed_answer(feed: SampleFeed, body: bytes, modified: datetime) -> Answer:
    if feed.behaviour == "error":
        return Answer(status=500, body=b"Internal Server Error", content_type="text/plain")
    kind = "atom" if feed.format == "atom" else "rss"
    return Answer(
        body=body,
        content_type=f"application/{kind}+xml; charset={feed.charset}",
        modified=modified if feed.validators else None,
    )
