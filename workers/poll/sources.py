"""config/feeds.yaml: the outlets and their feeds. Every fault is reported at once, with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from lxml import etree

from workers.errors import Fault, UserError
from workers.model import Feed, Outlet, Profile
from workers.poll.urls import feed_id, names_user, normal_url, same_site
from workers.settings import Document, read_yaml

FILE = "feeds.yaml"
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_OUTLET_KEYS = frozenset({"name", "country", "timezone", "languages", "site", "note", "profile", "feeds"})
_FEED_KEYS = frozenset({"url", "title", "language", "min_interval", "max_interval"})
_XPATHS = ("title", "subtitle", "byline", "date")
_XPATH_LISTS = ("body", "drop")

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """What config/feeds.yaml says."""

    outlets: Mapping[str, Outlet]
    feeds: tuple[Feed, ...]

    def outlet(self, id_: str) -> Outlet:
        """The outlet of that id; one made from the id alone where none is configured (a feed added by hand)."""
        return self.outlets.get(id_) or Outlet(id=id_, name=id_)

    def outlet_of(self, url: str) -> Outlet:
        """The outlet whose site `url` belongs to; one made from the host's name where none is configured."""
        for outlet in self.outlets.values():
            if outlet.site and same_site(outlet.site, url):
                return outlet
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        return Outlet(id=host or "unknown", name=host)


def load_sources(config_dir: Path) -> Sources:
    """Read config/feeds.yaml; raises `UserError` with every fault."""
    return _Reader(read_yaml(config_dir / FILE)).read()


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._faults: list[Fault] = []
        self._addresses: dict[str, str] = {}

    def read(self) -> Sources:
        outlets: dict[str, Outlet] = {}
        feeds: list[Feed] = []
        top = self._mapping(self._document.value, (), frozenset({"outlets"}))
        for name, raw in self._mapping(top.get("outlets") or {}, ("outlets",), None).items():
            keys = ("outlets", str(name))
            if not _ID.fullmatch(str(name)):
                self._fault(keys, f"{name!r} is no outlet id", "lower case letters, digits, _ . -")
            values = self._mapping(raw, keys, _OUTLET_KEYS)
            outlets[str(name)] = self._outlet(str(name), values, keys)
            feeds += self._feeds(str(name), values, keys)
        if self._faults:
            raise UserError(self._faults)
        return Sources(outlets, tuple(feeds))

    def _fault(self, keys: Keys, problem: str, mend: str = "") -> None:
        self._faults.append(Fault(self._document.place(keys), problem, mend))

    def _mapping(self, raw: Any, keys: Keys, known: frozenset[str] | None) -> dict[str, Any]:
        if not isinstance(raw, dict):
            self._fault(keys, f"{'.'.join(keys) or 'the file'} must be a mapping")
            return {}
        for key in raw:
            if known is not None and key not in known:
                self._fault((*keys, str(key)), f"{key!r} is not known here", "known: " + ", ".join(sorted(known)))
        return raw

    # --- an outlet ---

    def _outlet(self, name: str, values: dict[str, Any], keys: Keys) -> Outlet:
        languages = values.get("languages", ["ar"])
        if not isinstance(languages, list) or not all(isinstance(item, str) for item in languages):
            self._fault((*keys, "languages"), "must be a list of language codes")
            languages = ["ar"]
        return Outlet(
            id=name,
            name=self._text(values, keys, "name") or name,
            country=self._country(values, keys),
            timezone=self._timezone(values, keys),
            languages=tuple(languages),
            site=self._text(values, keys, "site"),
            note=self._text(values, keys, "note"),
            profile=self._profile(values.get("profile") or {}, (*keys, "profile")),
        )

    def _text(self, values: dict[str, Any], keys: Keys, key: str) -> str:
        value = values.get(key, "")
        if isinstance(value, str):
            return value.strip()
        self._fault((*keys, key), f"{key} must be text", "put it in quotes" if isinstance(value, bool | int) else "")
        return ""

    def _country(self, values: dict[str, Any], keys: Keys) -> str:
        country = self._text(values, keys, "country")  # an unquoted `no` reads as false: the text check says so
        if country and not re.fullmatch("[a-z]{2}", country):
            self._fault((*keys, "country"), f"{country!r} is no country code", "two lower case letters, ISO 3166-1")
        return country

    def _timezone(self, values: dict[str, Any], keys: Keys) -> str:
        zone = self._text(values, keys, "timezone") or "UTC"
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; bad names are the others
            self._fault((*keys, "timezone"), f"{zone!r} is no time zone", "an IANA name such as Asia/Riyadh")
        else:
            return zone
        return "UTC"

    def _profile(self, raw: Any, keys: Keys) -> Profile:
        known = frozenset(field.name for field in fields(Profile))
        values = {key: value for key, value in self._mapping(raw, keys, known).items() if key in known}
        for key, xpath, place in _xpaths(values, keys):
            try:
                etree.XPath(xpath)
            except (etree.XPathError, TypeError):
                self._fault(place, f"{key}: {xpath!r} is no XPath expression")
        for key in (*_XPATH_LISTS, "title_suffixes"):
            if key in values:
                value = values[key]
                values[key] = tuple(value) if isinstance(value, list) else (value,)
        for key in ("summary_when_blocked", "verify_tls", "looks"):
            if not isinstance(values.get(key, False), bool):
                self._fault((*keys, key), f"{key} must be true or false")
        return Profile(**values)

    # --- its feeds ---

    def _feeds(self, outlet: str, values: dict[str, Any], keys: Keys) -> Iterator[Feed]:
        listed = values.get("feeds") or []
        if not isinstance(listed, list):
            self._fault((*keys, "feeds"), "must be a list of addresses")
            return
        for number, item in enumerate(listed):
            place = (*keys, "feeds", str(number))
            raw = {"url": item} if isinstance(item, str) else self._mapping(item, place, _FEED_KEYS)
            url = normal_url(str(raw.get("url", "")))
            if not url or names_user(str(raw["url"])):
                self._fault(place, f"{raw.get('url')!r} is no feed address", "http:// or https://, no user name")
                continue
            id_ = feed_id(url)
            if id_ in self._addresses:
                self._fault(place, f"{url} stands twice, first with {self._addresses[id_]}")
                continue
            self._addresses[id_] = outlet
            yield self._feed(id_, url, outlet, raw, place)

    def _feed(self, id_: str, url: str, outlet: str, raw: dict[str, Any], place: Keys) -> Feed:
        least, most = (self._seconds(raw, place, key) for key in ("min_interval", "max_interval"))
        if least is not None and most is not None and least > most:
            self._fault(place, "min_interval is above max_interval")
        return Feed(
            id=id_,
            url=url,
            outlet=outlet,
            title=self._text(raw, place, "title"),
            language=self._text(raw, place, "language") or "ar",
            min_interval=least,
            max_interval=most,
        )

    def _seconds(self, raw: dict[str, Any], place: Keys, key: str) -> float | None:
        value = raw.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 30 * 86400:
            self._fault((*place, key), f"{key} must be seconds, above 0 and at most 30 days")
            return None
        return float(value)


def _xpaths(values: dict[str, Any], keys: Keys) -> Iterator[tuple[str, Any, Keys]]:
    for key in _XPATHS:
        if values.get(key) is not None:
            yield key, values[key], (*keys, key)
    for key in _XPATH_LISTS:
        listed = values.get(key, [])
        for number, xpath in enumerate(listed if isinstance(listed, list) else [listed]):
            yield key, xpath, (*keys, key, str(number))
