"""Who wrote it: names that the page or the feed gives, without site names, logins, addresses and labels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from workers.arabic.fold import fold
from workers.extract import jsonld
from workers.extract.metadata import Metadata
from workers.model import FeedEntry, Outlet

_WORDS = (
    r"كتب(?:ت|ها|ه|ته)?|كتب بواسطة|بقلم|إعداد|اعداد|تقرير|تحرير|الكاتبة?|المؤلف|المحرر|بواسطة|نشره|من|حوار|ترجمة"
    r"|أعده|أعدته|مرسلة بواسطة|نشرت بواسطة|أرسلت بواسطة|نشر بواسطة|خاص|by|written by|author|par|posted by|auteur"
)
"""wrote, by the pen of, prepared by, report, edited by, author, editor, through, published by, from, sent by."""
_LABEL = re.compile(
    rf"^\s*(?:{_WORDS})\s*[:/|\-–،,]\s*|^\s*(?:(?:مرسلة|نشرت|كتبت?|أرسلت|نشر)\s+)?(?:بقلم|بواسطة|by|par)\s+"
    r"|^\s*كتب(?:ت|ه|ها|ته)?\s+",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"^\s*(?:كتب(?:ت|ها|ه|ته)?|كتب بواسطة|بقلم|إعداد|اعداد|تقرير|المحرر|الكاتبة?|بواسطة|حوار)\s*[:/|\-–]\s*\S"
    r"|^\s*(?:(?:كتبت?|نشرت?) )?(?:بقلم|بواسطة)\s+\S|^\s*[Aa]uthor\s*[,:]\s*\S"
    r"|^\s*(?:[Ww]ritten )?[Bb]y:?\s+[A-Z]|^\s*[Pp]ar\s+[A-Z]",
)
"""A label that names what follows as a writer, before anything else says so."""
LONGEST = 80
"""Characters of a byline."""
_PERSON = re.compile(r"(?:[^\W\d_][\w.’'\-]*|و)(?: (?:[^\W\d_][\w.’'\-]*)){1,5}(?: ?[،,و] ?[^\W\d_][\w. ’'\-]{3,40})?")
_NO_PERSON_WORDS = """
في من على إلى عن مع بعد قبل هل ما لا لم كيف لماذا بين حتى ثم هذا هذه التي الذي المزيد اقرأ أيضا تعليق تعليقات شارك
مشاركة المصدر الموقع وكالات متابعات الأربعاء الخميس الجمعة السبت الأحد الاثنين الثلاثاء حفظ طباعة آخر تحديث نشر
مقالات الكاتب أخبار دقيقة دقائق منذ حول صورة تصوير مشاهدات رئيس مدير article information news staff editor team desk
the by more share read
"""
_NO_PERSON = frozenset(map(fold, _NO_PERSON_WORDS.split()))
"""Words no byline holds: prepositions and question words, labels of widgets, days of the week, counters, offices."""
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


def choose(found: Metadata, entry: FeedEntry | None, outlet: Outlet, near: Iterable[str] = ()) -> str:
    """The byline: JSON-LD persons, then marked-up names, meta tags, the feed's author, at last what stands `near` the
    headline like one; empty when none is one."""
    meta = found.meta.get("author", "") or found.meta.get("article:author", "") or found.meta.get("dc.creator", "")
    given = (*_BETWEEN.split(found.site_name), found.site_name, outlet.name, outlet.id, outlet.site)
    site = {_key(name) for name in given if name}
    for names in (
        jsonld.names(found.ld.get("author")),
        found.authors[:1],
        [meta],
        [found.meta.get("twitter:data1", "")] if _says_author(found.meta.get("twitter:label1", "")) else [],
        [entry.author if entry else ""],
        islice(near, 1),
    ):
        if kept := _names(names, site, found):
            return "، ".join(kept)
    return ""


def _says_author(label: str) -> bool:
    return fold(label) in {fold("كُتب بواسطة"), "written by", "ecrit par", "écrit par"}  # "written by"


def _names(names: Iterable[str], site: set[str], found: Metadata) -> list[str]:
    kept: list[str] = []
    for name in names:
        cleaned = _without_site(clean_name(name), site)
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


def _without_site(name: str, site: set[str]) -> str:
    """The person of a name that is written with the site's own or with a place (هسبريس - …, … - القاهرة)."""
    parts = [part for part in _PARTS.split(name) if part]
    if len(parts) < 2:
        return name
    people = [part for part in parts if is_person(part) and _key(part) not in site]
    return people[0] if people else name


_PARTS = re.compile(r"\s+[|/\-–—]\s*|\s*[|]\s*")


def is_labelled(text: str) -> bool:
    """Whether the text begins with a label that makes the rest a byline (كتب: …, بقلم …, by …)."""
    return _LABELLED.match(text) is not None


def is_person(name: str) -> bool:
    """Whether a cleaned name looks like one or two people's: two to six words, no digits, no word of a label."""
    words = fold(name).split()
    return 2 <= len(words) <= _MOST_WORDS and _PERSON.fullmatch(name) is not None and _NO_PERSON.isdisjoint(words)


_MOST_WORDS = 7
_BETWEEN = re.compile(r"\s*[|/\-–—]\s*")
_OWN_NAME = 4
"""Letters of a site's name from which a longer name that begins with it is the site's too (النهار, النهار العربي)."""


def _is_site(name: str, site: set[str], found: Metadata) -> bool:
    key = _key(name)
    if key in site or any(len(own) >= _OWN_NAME and own.startswith("ال") and key.startswith(own) for own in site):
        return True
    return any(key == _key(part) for part in _BETWEEN.split(found.page_title)[1:])


def _key(name: str) -> str:
    key = re.sub(r"\W+", "", fold(name))
    return key.removeprefix("https").removeprefix("http").removeprefix("www")
