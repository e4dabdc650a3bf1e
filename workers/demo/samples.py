"""The sample outlets, feeds and articles under samples/, read into frozen values.

An article's `body` is lines: `## ` begins a sub-heading, `~~ ` a line of boilerplate that an editor typed among the
paragraphs (it must not reach the index), `@3` stands for paragraph 3 of the article that this one reprints, anything
else is a paragraph. `replace` is applied to what a reprint takes over, as an editor's house style would be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import yaml

FOLDER = Path(__file__).parent / "samples"

BlockKind = Literal["paragraph", "heading", "boilerplate"]
_MARKS: dict[str, BlockKind] = {"## ": "heading", "~~ ": "boilerplate"}


@dataclass(frozen=True, slots=True)
class Block:
    """One line of an article as its page prints it."""

    text: str
    kind: BlockKind = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One page of a sample outlet, and what is true of it."""

    id: str
    outlet: str
    path: str
    """Address below the outlet's root, with a leading slash."""
    published: datetime
    """Aware, in the outlet's zone."""
    title: str
    expect: str = "indexed"
    """The final outcome: `indexed`, `duplicate`, `not_article`, `not_arabic`, `gone` or `refused`."""
    reprint_of: str = ""
    """Id of the sample whose text this one carries with edits; whichever is processed later is the duplicate."""
    page: str = ""
    """Template, where it is not the outlet's own."""
    status: int = 200
    moved_from: str = ""
    """Path that the feed names and that redirects to `path`."""
    language: str = "ar"
    section: str = ""
    subtitle: str = ""
    byline: str = ""
    """The author's name alone."""
    signed: str = ""
    """The byline as printed, where more than the name is ("by", the place)."""
    caption: str = ""
    photo: str = ""
    """Photo credit, printed with the caption."""
    dateline: str = ""
    """Printed in front of the first paragraph, a credit and not its text."""
    signature: str = ""
    """The agency's credit printed as the last line."""
    agency: str = ""
    """Entity id of the wire that the credit names."""
    place: str = ""
    """Place of the dateline."""
    blocks: tuple[Block, ...] = ()
    mentions: tuple[str, ...] = ()
    """Names that must be found, alone or within a longer name, as printed and without proclitics."""
    tags: tuple[str, ...] = ()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The true text: paragraphs and sub-headings, without dateline, credits and boilerplate."""
        return tuple(block.text for block in self.blocks if block.kind != "boilerplate")

    @property
    def boilerplate(self) -> tuple[str, ...]:
        """Lines typed among the paragraphs that must go."""
        return tuple(block.text for block in self.blocks if block.kind == "boilerplate")

    @property
    def address(self) -> str:
        """The path that feeds name."""
        return self.moved_from or self.path

    @property
    def is_article(self) -> bool:
        """True where an article in Arabic is expected in the index."""
        return self.expect in {"indexed", "duplicate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFeed:
    """One feed of a sample outlet, and how it behaves."""

    path: str
    title: str
    format: Literal["rss", "atom"] = "rss"
    content: Literal["excerpt", "full", "none"] = "excerpt"
    """What the item carries besides title and link: `full` is content:encoded."""
    dates: str = "rfc822"
    """`rfc822`, `iso`, `naive` (no zone) or `arabic` (weekday and month in the outlet's own words)."""
    charset: str = "utf-8"
    behaviour: Literal["ok", "error", "broken"] = "ok"
    """`error` answers 500 always; `broken` is XML with defects, from which every item can still be read."""
    validators: bool = False
    """ETag and Last-Modified, hence 304."""
    tracking: bool = False
    """Links carry utm_… parameters, as feeds for aggregators do."""
    items: tuple[str, ...] | None = None
    """Sample ids; None: all of the outlet's samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOutlet:
    """An invented publisher."""

    id: str
    name: str
    slogan: str
    country: str
    timezone: str
    template: str
    charset: str = "utf-8"
    declared: bool = True
    """False: neither the header nor the page names the charset."""
    date_style: str
    """Printed date, filled from `weekday, day, month, year, hour, minute`."""
    weekdays: tuple[str, ...]
    """Monday first."""
    months: tuple[str, ...]
    title_suffix: str = ""
    """What the title element appends to the headline."""
    menu: tuple[str, ...] = ()
    chrome: tuple[str, ...] = ()
    """Lines that the template prints around every article and that are not its text."""
    robots: str = ""
    profile: Mapping[str, Any] = field(default_factory=dict)
    """What config/feeds.yaml says of the outlet's pages: the XPath expressions of `workers.model.Profile`."""
    feeds: tuple[SampleFeed, ...] = ()
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """An example query, and what it shows."""

    query: str
    why: str
    finds: tuple[str, ...] = field(default=())
    """Samples that must be among the hits."""


@lru_cache(maxsize=1)
def outlets() -> tuple[SampleOutlet, ...]:
    """All sample outlets with their samples, newest first."""
    rows: dict[str, dict[str, Any]] = _yaml("outlets.yaml")
    articles = {name: _yaml(f"articles/{name}.yaml") for name in rows}
    originals = {row["id"]: row for group in articles.values() for row in group}
    found = []
    for name, row in rows.items():
        zone = ZoneInfo(row["timezone"])
        samples = [_sample(name, item, zone, row["paths"], originals) for item in articles[name]]
        samples.sort(key=lambda sample: sample.published, reverse=True)
        found.append(_outlet(name, row, tuple(samples)))
    return tuple(found)


def samples() -> Iterator[Sample]:
    """Every sample of every outlet."""
    for outlet in outlets():
        yield from outlet.samples


def searches() -> tuple[Search, ...]:
    """The searches that the demo ends with."""
    return tuple(Search(row["query"], row["why"], tuple(row["finds"])) for row in _yaml("searches.yaml"))


def _yaml(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def _outlet(name: str, row: Mapping[str, Any], samples: tuple[Sample, ...]) -> SampleOutlet:
    feeds = tuple(SampleFeed(**{**feed, "items": _optional(feed.get("items"))}) for feed in row["feeds"])
    plain = {key: value for key, value in row.items() if key not in {"feeds", "paths", "weekdays", "months"}}
    lists = {key: tuple(row.get(key, ())) for key in ("weekdays", "months", "menu", "chrome")}
    return SampleOutlet(**{**plain, **lists, "id": name, "feeds": feeds, "samples": samples})


def _optional(items: list[str] | None) -> tuple[str, ...] | None:
    return None if items is None else tuple(items)


_NOT_FIELDS = {"body", "date", "slug", "credit", "replace"}


def _sample(
    outlet: str, row: Mapping[str, Any], zone: ZoneInfo, paths: str, originals: Mapping[str, Mapping[str, Any]]
) -> Sample:
    published = datetime.fromisoformat(str(row["date"])).replace(tzinfo=zone)
    number = row["id"].rpartition("-")[2]
    path = row.get("path") or paths.format(date=published, slug=quote(row.get("slug", number)), number=number)
    agency, place = row.get("credit", ("", ""))
    fields = {key: value for key, value in row.items() if key not in _NOT_FIELDS}
    fields |= {key: tuple(row.get(key, ())) for key in ("mentions", "tags")}
    fields |= {"path": path, "published": published, "agency": agency, "place": place}
    return Sample(**fields, outlet=outlet, blocks=tuple(_blocks(row, originals)))


def _blocks(row: Mapping[str, Any], originals: Mapping[str, Mapping[str, Any]]) -> Iterator[Block]:
    for line in _lines(row):
        if line.startswith("@"):
            yield Block(_taken_over(row, int(line[1:]), originals))
        else:
            kind = _MARKS.get(line[:3], "paragraph")
            yield Block(line if kind == "paragraph" else line[3:], kind)


def _taken_over(row: Mapping[str, Any], number: int, originals: Mapping[str, Mapping[str, Any]]) -> str:
    original = originals[row["reprint_of"]]
    text = [line for line in _lines(original) if line[:3] not in _MARKS][number]
    for old, new in row.get("replace", {}).items():
        text = text.replace(old, new)
    return text


def _lines(row: Mapping[str, Any]) -> list[str]:
    return [line.strip() for line in row.get("body", "").splitlines() if line.strip()]
