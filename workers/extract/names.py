"""Who wrote it: names that the page or the feed gives, without site names, logins, addresses and labels."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workers.arabic.fold import fold
from workers.extract import jsonld
from workers.extract.metadata import Metadata
from workers.model import FeedEntry, Outlet

_LABEL = re.compile(
    r"^\s*(?:كت[بت](?:ت|ها|ه)?|بقلم|إعداد|اعداد|تقرير|تحرير|الكاتب|المؤلف|المحرر|بواسطة|نشره|من"
    r"|مرسلة بواسطة|نشرت بواسطة|كتب بواسطة|أرسلت بواسطة"
    r"|by|written by|author|par|posted by)"
    r"\s*[:/|\-–]\s*|^\s*(?:(?:مرسلة|نشرت|كتبت?|أرسلت|نشر)\s+)?(?:بقلم|بواسطة|by|par)\s+|^\s*كتبت?\s+",
    re.IGNORECASE,
)
"""wrote, by the pen of, prepared by, report, edited by, author, editor, through, published by, from, sent by."""
_NOT_A_NAME = re.compile(r"https?:|www\.|@|^\W*$|^\d+$|[<>{}]")
_LOGINS = frozenset(
    [
        "admin",
        "administrator",
        "editor",
        "user",
        "root",
        "author",
        "wordpress",
        "guest",
        "webmaster",
        "staff",
        "super",
        "news",
        "desk",
        "writer",
        "test",
    ]
)
_OFFICES = frozenset(
    fold(word) for word in ("الموقع", "الإدارة", "ادمن", "أدمن", "مدير الموقع", "المشرف", "المدير", "زائر", "الكاتب")
)
"""Accounts, not people: the site, administration, admin, site manager, moderator, manager, guest, the writer."""
_LOGIN = re.compile(r"[a-z0-9._\-]+")


def choose(found: Metadata, entry: FeedEntry | None, outlet: Outlet) -> str:
    """The byline: JSON-LD persons, then marked-up names, meta tags, the feed's author; empty when none is one."""
    meta = found.meta.get("author", "") or found.meta.get("article:author", "") or found.meta.get("dc.creator", "")
    site = {_key(name) for name in (found.site_name, outlet.name, outlet.id, outlet.site) if name}
    for names in (
        jsonld.names(found.ld.get("author")),
        found.authors[:1],
        [meta],
        [found.meta.get("twitter:data1", "")] if _says_author(found.meta.get("twitter:label1", "")) else [],
        [entry.author if entry else ""],
    ):
        if kept := _names(names, site, found):
            return "، ".join(kept)
    return ""


def _says_author(label: str) -> bool:
    return fold(label) in {fold("كُتب بواسطة"), "written by", "ecrit par", "écrit par"}  # "written by"


def _names(names: Iterable[str], site: set[str], found: Metadata) -> list[str]:
    kept: list[str] = []
    for name in names:
        cleaned = clean_name(name)
        if cleaned and not _is_site(cleaned, site, found) and cleaned not in kept:
            kept.append(cleaned)
    return kept


def clean_name(name: str) -> str:
    """`name` without its label, or nothing when it is an address, a login or too long to be a name."""
    name = _LABEL.sub("", " ".join(name.split())).strip(" :|/-–—،,")
    if not name or len(name) > 80 or _NOT_A_NAME.search(name):
        return ""
    lower = name.lower()
    if lower in _LOGINS or fold(name) in _OFFICES or (_LOGIN.fullmatch(lower) and " " not in name):
        return ""
    return name


def _is_site(name: str, site: set[str], found: Metadata) -> bool:
    key = _key(name)
    return key in site or any(key == _key(part) for part in re.split(r"\s*[|\-–—]\s*", found.page_title)[1:])


def _key(name: str) -> str:
    key = re.sub(r"\W+", "", fold(name))
    return key.removeprefix("https").removeprefix("http").removeprefix("www")
