"""What stands in the place of an article though the server answered 200, by the marks of config/blocked.yaml. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from workers.errors import Drop, Fault, UserError
from workers.settings import Document, read_yaml

FILE = "blocked.yaml"
_WHERE = frozenset({"html", "title", "address"})
_STATUSES = frozenset({"refused", "not_article", "gone"})
_HEAD = 400_000
"""Characters in which marks are looked for."""
_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,1000}?)</title>", re.IGNORECASE | re.DOTALL)


class Blocked(Drop):
    """Something stands before or in the place of the page; its feed's summary may stand for it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How an entry ends that is blocked so, and how much article text says that it is not."""

    name: str
    status: str
    least_letters: int
    words: str
    summary: bool = True
    """Whether the article behind it exists, so that its feed's summary may stand for it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What gives a kind away, and where to look for it."""

    kind: Kind
    where: str
    pattern: re.Pattern[str]
    example: str
    needs: tuple[bytes, ...] = ()
    """Words in lower case of which a page's source must hold one for the pattern to be found. Looking for these takes
    a twentieth of the time that the pattern takes; empty: it is always tried."""

    def may_stand_in(self, source: bytes) -> bool:
        """Whether the pattern is worth a try on a page whose source, encoded and in lower case, this is."""
        return not self.needs or any(word in source for word in self.needs)


@dataclass(frozen=True)
class Barriers:
    """All marks."""

    marks: tuple[Mark, ...] = ()

    @classmethod
    def load(cls, config_dir: Path) -> Barriers:
        """Read config/blocked.yaml; raises `UserError` with every fault. No file: nothing is recognised."""
        return _read(read_yaml(config_dir / FILE))

    def check(self, html: str, *, url: str, letters: int) -> None:
        """Raise `Blocked` (or `Drop`, where there is no article behind it) for a page of one of the kinds.

        `url`: where redirects ended; `letters`: of the article's text as far as one was found.
        """
        if letters >= self._most:
            return
        title = _TITLE.search(html, 0, _HEAD)
        places = {"html": html[:_HEAD], "address": url, "title": title[1] if title else ""}
        source = places["html"].encode("utf-8", "surrogatepass").lower()
        for mark in self.marks:
            if letters >= mark.kind.least_letters or not mark.may_stand_in(source):
                continue
            if found := mark.pattern.search(places[mark.where]):
                said = " ".join(found[0].split())[:80]
                reason = f"{mark.kind.words} ({mark.kind.name}): {said}"
                raise (Blocked if mark.kind.summary else Drop)(mark.kind.status, reason)

    @cached_property
    def _most(self) -> int:
        return max((mark.kind.least_letters for mark in self.marks), default=0)


def _read(document: Document) -> Barriers:
    values = document.value if isinstance(document.value, dict) else {}
    faults: list[Fault] = []
    kinds = _kinds(document, values.get("kinds"), faults)
    marks = _marks(document, values.get("marks"), kinds, faults)
    if faults:
        raise UserError(faults)
    return Barriers(tuple(marks))


def _kinds(document: Document, raw: Any, faults: list[Fault]) -> Mapping[str, Kind]:
    found = {}
    for name, row in raw.items() if isinstance(raw, dict) else ():
        try:
            kind = Kind(str(name), str(row["status"]), int(row["least_letters"]), str(row["words"]), row["summary"])
        except (KeyError, TypeError, ValueError):
            faults.append(Fault(document.place(("kinds", str(name))), "needs status, least_letters, words, summary"))
            continue
        if kind.status not in _STATUSES:
            faults.append(Fault(document.place(("kinds", str(name))), f"status must be one of {sorted(_STATUSES)}"))
        found[kind.name] = kind
    return found


def _marks(document: Document, raw: Any, kinds: Mapping[str, Kind], faults: list[Fault]) -> Sequence[Mark]:
    found = []
    for number, row in enumerate(raw if isinstance(raw, list) else ()):
        place = document.place(("marks", str(number)))
        try:
            pattern = re.compile(row["pattern"], re.IGNORECASE)
            needs = tuple(str(word).lower().encode() for word in row.get("needs", ()))
            mark = Mark(kinds[row["kind"]], row["where"], pattern, row["example"], needs)
        except (KeyError, TypeError):
            faults.append(Fault(place, "needs a known kind, where, pattern and example"))
        except re.error as error:
            faults.append(Fault(place, f"pattern is no regular expression: {error}"))
        else:
            if mark.where not in _WHERE:
                faults.append(Fault(place, f"where must be one of {sorted(_WHERE)}"))
            if not mark.pattern.search(mark.example):
                faults.append(Fault(place, "its own example is not matched"))
            if mark.needs and (mark.where != "html" or not mark.may_stand_in(mark.example.lower().encode())):
                faults.append(Fault(place, "needs words of the page's source, one of which stands in the example"))
            found.append(mark)
    return found
