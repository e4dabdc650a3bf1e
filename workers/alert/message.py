"""What an alert says, before it is written for a channel: alerts as items with headline, outlet, time and sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal, Protocol
from urllib.parse import quote, urlsplit

from workers.model import Alert

MOST_ITEMS = 20
"""Articles that one message shows; of a longer digest the number of the others is told."""

_CONTROLS = re.compile("[\u0000\u0001\u0004-\u0009\u000b-\u001f\u007f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What could turn a line around or break a header; U+0002 and U+0003 mark the matched words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where links in messages lead; empty: no such link. Times are shown in `zone`."""

    page: str = ""
    kibana: str = ""
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One article in a message."""

    article: str
    title: str
    url: str
    outlet: str
    agency: str
    time: str
    time_label: Literal["published", "first_seen"]
    reason: str
    sentences: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    others: tuple[str, ...] = ()
    """Names of the other outlets that carry the story."""
    edits: tuple[tuple[str, str], ...] = ()
    """What was and what is, the edited words marked."""
    deleted: str = ""
    """When the outlet was found to have deleted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What goes out once. `kind`: one alert, several gathered ones, or who joined a story later."""

    kind: Literal["alert", "gathered", "follow"]
    rule: str
    name: str
    query: str
    severity: str
    items: tuple[Item, ...]
    count: int
    """Articles told of; of a `follow`, outlets."""
    silent: tuple[str, ...] = ()
    """Names of the rule's outlets that bring nothing at present …"""
    asked: int = 0
    """… of so many."""

    @property
    def left_out(self) -> int:
        """Articles that are only counted."""
        return max(0, self.count - len(self.items))


class Around(Protocol):
    """What is asked when a message is made (`alert.outlets.Surroundings`)."""

    def name(self, outlet: str) -> str: ...
    def agency(self, agency: str) -> str: ...
    def others(self, story: str, outlet: str) -> tuple[str, ...]: ...
    def silent(self, query: str) -> tuple[tuple[str, ...], int]: ...


def message_of(alert: Alert, links: Links, around: Around | None = None) -> Message:
    """The message of an alert as `Outbox.due` gives it."""
    members = alert.extra.get("members") or [alert]
    first = members[0].extra
    kind = alert.extra.get("kind", "alert")
    if kind == "gathered" and len(members) == 1:
        kind = "alert"
    silent, asked = around.silent(first["query"]) if around is not None and first.get("query") else ((), 0)
    return Message(
        kind=kind,
        rule=alert.rule,
        name=clean(first.get("name") or alert.rule),
        query=clean(first.get("query", "")),
        severity=first.get("severity", "normal"),
        items=tuple(_item(member, links, around) for member in members[:MOST_ITEMS]),
        count=len({member.extra.get("outlet") for member in members}) if kind == "follow" else len(members),
        silent=tuple(clean(name) for name in silent),
        asked=asked,
    )


def clean(text: str) -> str:
    """`text` of others on one line, without what could turn a line around."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def _item(alert: Alert, links: Links, around: Around | None) -> Item:
    facts = alert.extra
    outlet, agency = facts.get("outlet", ""), facts.get("agency", "")
    others = around.others(alert.story, outlet) if around is not None else ()
    published = facts.get("published")
    shown = published or facts.get("first_seen")
    return Item(
        article=alert.article,
        title=clean(facts.get("title") or facts.get("url") or alert.article),
        url=_safe(facts.get("url", "")),
        outlet=clean(around.name(outlet) if around is not None and outlet else outlet),
        agency=clean(around.agency(agency) if around is not None and agency else agency),
        time=_time(shown, links.zone) if shown else "",
        time_label="published" if published else "first_seen",
        reason="" if facts.get("edits") else clean(alert.reason),
        sentences=tuple(clean(sentence) for sentence in alert.highlights),
        links=tuple(_links(alert, links)),
        others=tuple(clean(other) for other in others),
        edits=tuple((clean(edit["old"]), clean(edit["new"])) for edit in facts.get("edits", ())),
        deleted=_time(facts["deleted"], links.zone) if "deleted" in facts else "",
    )


def _safe(url: str) -> str:
    """Only web addresses become links; quotes and spaces are percent-encoded."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._") if urlsplit(url).scheme in {"http", "https"} else ""


def _time(iso: str, zone: tzinfo) -> str:
    return datetime.fromisoformat(iso).astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")


def _links(alert: Alert, links: Links) -> list[tuple[str, str]]:
    found = []
    if links.page:
        found.append(("page", f"{links.page.rstrip('/')}/article/{quote(alert.article)}"))
    if links.kibana:
        state = f"(query:(language:kuery,query:'_id:\"{alert.article}\"'))"
        found.append(("kibana", f"{links.kibana.rstrip('/')}/app/discover#/?_a={quote(state, safe='():,')}"))
    return found
