"""Any number of distinct article pages of believable size, for benchmarks and for runs in which workers are killed.

The text is composed of short parts (samples/synthetic.yaml) by a seeded random generator: grammatical, without meaning,
and two articles share few runs of five words. A stated share of the pages are reprints: another outlet's text with a
new headline, a paragraph less and a paragraph more. Pages weigh 100 to 250 KB, of which the article is about 1 %, like
real ones (median of 258 real news pages: 254 KB); the rest is menus, styles, scripts, teasers and a footer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from workers.demo.pages import render, render_feed
from workers.demo.samples import FOLDER, Sample, SampleFeed, SampleOutlet
from workers.demo.server import Answer, LocalServers, Respond
from workers.demo.site import models, write_feeds_yaml
from workers.model import Feed, Outlet

FEED_ITEMS = 100
"""Items a feed at most: above what real feeds carry (10 to 50), so that few polls bring many pages."""
_NEWEST = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Text:
    """One synthetic article."""

    title: str
    paragraphs: tuple[str, ...]
    reprint_of: int | None = None


class SyntheticSite(LocalServers):
    """`articles` pages on `outlets` sites, answered after `latency` seconds; a share `reprints` are reprints."""

    def __init__(
        self,
        articles: int,
        seed: int = 1,
        *,
        outlets: int = 10,
        latency: float = 0.0,
        reprints: float = 0.1,
        weight: float = 1.0,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        """`weight`: what stands around the text, as a share of what stands on real pages (210 KB)."""
        self.articles = articles
        self.texts = Texts(seed, reprints)
        self._outlets = {f"s{n}": _outlet(n, range(n, articles, outlets)) for n in range(min(outlets, articles))}
        self._layouts = {name: _layout(seed, number, weight) for number, name in enumerate(self._outlets)}
        super().__init__(tuple(self._outlets), self._respond, ports=ports, latency=latency, compress=False)
        names = list(self._outlets)
        self._numbers = {self.root(names[i % len(names)]) + _path(i): i for i in range(articles)}

    @property
    def urls(self) -> list[str]:
        """The address of every article, in the order of their numbers."""
        return list(self._numbers)

    def text(self, url: str) -> Text:
        """What the article at `url` says."""
        return self.texts.text(self._numbers[url])

    def html(self, url: str) -> str:
        """The page at `url`, as it is served."""
        number = self._numbers[url]
        return self._page(f"s{number % len(self._outlets)}", number, url)

    def sources(self) -> tuple[dict[str, Outlet], list[Feed]]:
        """The outlets by id and their feeds, as configuration would give them."""
        return models(self._outlets.values(), self.root)

    def write_feeds_yaml(self, path: Path) -> None:
        """Write these outlets as a config/feeds.yaml."""
        write_feeds_yaml(path, self._outlets.values(), self.root)

    def _page(self, site: str, number: int, url: str) -> str:
        text = self.texts.text(number)
        filled = {
            "TITLE": text.title,
            "DATE": _published(number).isoformat(),
            "URL": url,
            "BODY": "\n".join(f"<p>{line}</p>" for line in text.paragraphs),
            "RELATED": self.texts.related(number),
        }
        page = self._layouts[site]
        for name, value in filled.items():
            page = page.replace(f"@@{name}@@", value)
        return page

    def _respond(self, site: str, root: str) -> Respond:
        outlet = self._outlets[site]
        feeds = {feed.path: feed for feed in outlet.feeds}

        @cache
        def feed_body(path: str) -> bytes:
            items = [self._item(site, int(number)) for number in feeds[path].items or ()]
            return render_feed(outlet, feeds[path], items, root)

        def respond(path: str) -> Answer | None:
            if path in feeds:
                return Answer(body=feed_body(path), content_type="application/rss+xml", modified=_NEWEST)
            if path == "/robots.txt":
                return Answer(content_type="text/plain")
            if path.startswith("/news/") and path[6:].isdigit() and int(path[6:]) < self.articles:
                return Answer(body=self._page(site, int(path[6:]), root + path).encode())
            return None

        return respond

    def _item(self, site: str, number: int) -> Sample:
        title = self.texts.text(number).title
        return Sample(id=str(number), outlet=site, path=_path(number), published=_published(number), title=title)


class Texts:
    """The articles by number. Every number has a generator of its own, so that one is made without the others."""

    def __init__(self, seed: int, reprints: float) -> None:
        self._seed = seed
        self._every = round(1 / reprints) if reprints else 0
        self._stock: dict[str, Any] = yaml.safe_load((FOLDER / "synthetic.yaml").read_text("utf-8"))

    def text(self, number: int) -> Text:
        """Article `number`. With `reprints` = 0.1 the last of every ten is a reprint of one of the nine before it."""
        if not self._every or number % self._every != self._every - 1:
            return self._own(number)
        chance = _chance(self._seed, number, "reprint")
        source = number - 1 - chance.randrange(self._every - 1) if self._every > 1 else number - 1
        lines = list(self._own(source).paragraphs)
        del lines[chance.randrange(1, len(lines))]
        voice = _Voice(self._stock, chance)
        return Text(voice.title(), (*lines, voice.paragraph()), source)

    def related(self, number: int) -> str:
        """List items of related articles, which differ from page to page."""
        chance = _chance(self._seed, number, "related")
        voice = _Voice(self._stock, chance)
        rows = (f'<li><a href="/news/t{chance.randrange(10**6)}/">{voice.title()}</a></li>' for _ in range(8))
        return "\n".join(rows)

    def _own(self, number: int) -> Text:
        chance = _chance(self._seed, number)
        voice = _Voice(self._stock, chance)
        return Text(voice.title(), tuple(voice.paragraph() for _ in range(chance.randint(6, 10))))


class _Voice:
    """Sentences out of the stock."""

    def __init__(self, stock: dict[str, Any], chance: Random) -> None:
        self._stock = stock
        self._chance = chance

    def title(self) -> str:
        return self._clause("present")

    def paragraph(self) -> str:
        return " ".join(self._sentence() for _ in range(self._chance.randint(1, 3)))

    def _sentence(self) -> str:
        forms = (self._statement, self._deed, self._report, self._quotation, self._figure)
        return self._chance.choice(forms)() + "."

    def _statement(self) -> str:
        return f"و{self._one('an_verb')} {self._person()} أن {self._clause('present')} {self._one('when')}"

    def _deed(self) -> str:
        gender = self._chance.randrange(2)
        verb = self._chance.choice(self._stock["past"])[gender]
        return f"و{verb} {self._subject(gender)} {self._one('object')} {self._where()}، {self._one('tail')}"

    def _report(self) -> str:
        return f"وبحسب {self._one('source')} في {self._one('place')}، {self._clause('present')} {self._one('when')}"

    def _quotation(self) -> str:
        return f'وقال {self._person()}: "{self._one("quote")} {self._one("quote_end")}"، {self._one("tail")}'

    def _figure(self) -> str:
        number = self._chance.randint(3, 989)
        return f"{self._one('link')}، {self._one('measure')} {number} {self._one('unit')} {self._where()}"

    def _clause(self, tense: str) -> str:
        gender = self._chance.randrange(2)
        verb = self._chance.choice(self._stock[tense])[gender]
        return f"{self._subject(gender)} {verb} {self._one('object')} {self._where()}"

    def _subject(self, gender: int) -> str:
        return f"{self._one('subject_f' if gender else 'subject_m')} في {self._one('place')}"

    def _person(self) -> str:
        return f"{self._one('role')} {self._one('first')} {self._one('last')}"

    def _where(self) -> str:
        place, other = self._chance.sample(self._stock["place"], 2)
        return self._one("where").format(place=place, place2=other)

    def _one(self, name: str) -> str:
        return str(self._chance.choice(self._stock[name]))


def _chance(*key: object) -> Random:
    return Random(repr(key))  # noqa: S311 - repeatable text, no secret


def _outlet(number: int, articles: range) -> SampleOutlet:
    names = yaml.safe_load((FOLDER / "synthetic.yaml").read_text("utf-8"))["outlet"]
    chunks = [articles[start : start + FEED_ITEMS] for start in range(0, len(articles), FEED_ITEMS)]
    feeds = tuple(
        SampleFeed(path=f"/feed-{n}.xml", title=f"{names[number % len(names)]} {n}", items=tuple(map(str, chunk)))
        for n, chunk in enumerate(chunks)
    )
    return SampleOutlet(
        id=f"s{number}",
        name=names[number % len(names)],
        slogan="",
        country="",
        timezone="UTC",
        template="synthetic",
        date_style="",
        weekdays=(),
        months=(),
        feeds=feeds,
    )


def _layout(seed: int, number: int, weight: float) -> str:
    """An outlet's page with places (@@TITLE@@ …) for what differs from article to article."""
    chance = _chance(seed, "layout", number)
    stock: dict[str, Any] = yaml.safe_load((FOLDER / "synthetic.yaml").read_text("utf-8"))
    voice = _Voice(stock, chance)
    prefix = "".join(chance.choices("abcdefghkmnprst", k=4))
    shapes = [("article", "div"), ("div", "div"), ("main", "section"), ("section", "article")]
    outer, inner = shapes[number % len(shapes)]
    bodies = ("entry-content", "article-body", f"{prefix}-text", "story-content clearfix", "post-content")
    style = {"prefix": prefix, "outer": outer, "inner": inner, "body": bodies[number % 5], "meta": number % 3 != 2}
    teasers = [
        {"number": chance.randrange(10**6), "token": f"{chance.getrandbits(128):032x}", "title": voice.title()}
        for _ in range(round(chance.randint(70, 170) * weight))
    ]
    menu = [
        {"name": name, "inner": [{"name": chance.choice(stock["place"]), "slug": f"p{n}"} for n in range(12)]}
        for name in stock["menu"]
    ]
    config = {
        f"{prefix}{n}": f"{chance.getrandbits(160):040x}" for n in range(round(chance.randint(150, 500) * weight))
    }
    return render(
        "synthetic",
        outlet=stock["outlet"][number % len(stock["outlet"])],
        style=style,
        rules=[_rule(chance, n) for n in range(round(chance.randint(120, 320) * weight))],
        config=json.dumps(config),
        menu=menu,
        chrome=stock["chrome"],
        teasers=teasers,
        icon=" ".join(f"M{chance.randint(0, 24)} {chance.randint(0, 24)}h{n}v{n}z" for n in range(1, 24)),
    )


def _rule(chance: Random, number: int) -> dict[str, object]:
    return {
        "name": f"c{number}",
        "display": chance.choice(("block", "flex", "grid", "inline-block")),
        "a": chance.randint(1, 32),
        "b": chance.randint(0, 24),
        "colour": f"{chance.randrange(1 << 24):06x}",
        "size": chance.randint(11, 30),
    }


def _path(number: int) -> str:
    return f"/news/{number}"


def _published(number: int) -> datetime:
    return _NEWEST - timedelta(minutes=number)
