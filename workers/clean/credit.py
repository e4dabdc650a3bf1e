"""Wire credits: datelines such as `بروكسل (أ ف ب) –` (Brussels (AFP) –), credit lines, credits after the last sentence.

Only a credit that names an agency leaves the text. A house's own dateline (`دمشق (CNN) --`) is the outlet's sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workers.arabic.fold import TABLE, fold
from workers.errors import Fault, UserError
from workers.model import Credit
from workers.settings import read_yaml

_DASH = r"[-–—:]{1,3}"
_DESK = r"[\u0621-\u064a](?:[ .]{1,2}[\u0621-\u064a]){0,3}\.?"
"""An editor's initials: letters apart."""
_SIGNED = r"[^\W\d_]{2,}(?:[ .]+[^\W\d_]{2,}){0,3}"
"""A name in a wire's signature."""
_ALONE = re.compile(r"(?<![^ ])\u0640(?![^ ])")
"""A tatweel between spaces: a dash."""
_HEAD = 140
"""Characters at a paragraph's beginning in which a dateline ends."""


@dataclass(frozen=True, slots=True)
class Found:
    """A credit in a paragraph, and the offsets of the words to take out."""

    credit: Credit
    start: int
    end: int


def load(path: Path) -> Agencies:
    """Read config/agencies.yaml; raises `UserError`."""
    return Agencies(*_read(path))


def shown_names(path: Path) -> dict[str, str]:
    """Id of each agency in config/agencies.yaml → the name that readers are shown; raises `UserError`."""
    return {ident: names[0] for ident, names in _read(path)[0].items()}


def _read(path: Path) -> tuple[dict[str, list[str]], list[str]]:
    """The spellings of each agency, and the words for several."""
    document = read_yaml(path)
    value = document.value if isinstance(document.value, dict) else {}
    spellings: dict[str, list[str]] = {}
    faults = []
    for number, raw in enumerate(value.get("agencies") or ()):
        if not isinstance(raw, dict) or not raw.get("id") or not isinstance(raw.get("names"), list):
            faults.append(Fault(document.place(("agencies", str(number))), "an agency needs id and names"))
            continue
        spellings[str(raw["id"])] = [str(name) for name in [*raw["names"], *(raw.get("short") or ())]]
    if faults:
        raise UserError(faults)
    return spellings, [str(word) for word in value.get("several") or ()]


class Agencies:
    """The spellings of agencies, compiled into the forms in which they sign."""

    def __init__(self, spellings: dict[str, list[str]], several: Iterable[str] = ()) -> None:
        self._ids = {_squeeze(fold(name)): ident for ident, names in spellings.items() for name in names}
        names = sorted({name for names in spellings.values() for name in names}, key=len, reverse=True)
        one = "|".join(_flexible(name) for name in names)
        many = "|".join(_flexible(name) for name in several)
        agency = rf"(?<!\w)(?P<agency>{one})(?!\w)"
        others = rf"(?:\s*[،,/+\-–و]?\s*(?<!\w)(?:{one}|{many})(?!\w))*"
        listed = rf"(?:(?<!\w)(?:{many})(?!\w)\s*[،,/+\-–]?\s*)?{agency}{others}"
        place = r"(?P<place>[^\W\d_][^\d()/:\-–—.]{1,30}?(?:[-–،,/]\s?[^\W\d_][^\d()/:\-–—.]{1,20}?)?)"
        day = r"\d{1,2}\s*[/-]?\s*[^\d()/:\-–—]{2,25}(?:\s*\d{4})?(?:\s*[هم](?!\w))?"
        days = rf"{day}(?:\s*(?:الموافق|/|-)\s*{day})?|-?\s*\d{{1,2}}\s*[-/]\s*\d{{1,2}}\s*"
        date = rf"(?:\s*[،,/-]?\s*(?:في\s|يوم\s)?\s*(?:{days}))?"
        self._dateline = re.compile(
            rf"\s*(?:{place}{date}\s*"
            rf"(?:[-–—]?\s*\(\s*{listed}\s*\)|/\s*{_again(listed, 2)}\s*/|[-–—،,/]?\s*{_again(listed, 3)})"
            rf"\s*(?:{_DASH}\s*|$)"
            rf"|{_again(place, 4)}{date}\s*/\s*{_again(listed, 4)}\s*/\s*[-–—:.]*\s*"
            rf"|\(\s*{_again(listed, 5)}\s*\)\s*(?:{_DASH})?\s*|/\s*{_again(listed, 6)}\s*/\s*(?:{_DASH})?\s*"
            rf"|{_again(listed, 7)}\s*(?:{_DASH}\s+|$))"
        )
        self._line = re.compile(
            r"\s*(?:(?:ال)?مصدر(?: الخبر| النص)?|نقلا عن|عن|source|\W*)\s*[:\-–/|]*\s*"  # source, quoted from
            rf"(?:[\[(/«\"]?\s*(?:[\w«»\" ]{{2,25}}\s*[/|+]\s*)??{listed}\s*[\])/»\"]?\s*\.?"
            rf"|{_DESK}(?:\s*[/،]\s*{_DESK}){{0,4}}\s*\(\s*{_again(listed, 2)}\s*\)"  # editors' initials (agencies)
            rf"|{_again(agency, 3)}(?:\s*/\s*{_SIGNED}){{1,3}}"  # وام/first name/second name
            rf"|\(?\s*{_again(agency, 4)}\s*[:،]?\s*(?:\d{{5,6}}.{{0,25}}|\d{{1,2}}\s+\w+\s+\d{{4}})\s*\)?)\s*\Z"
        )
        self._several = re.compile(rf"\s*(?:المصدر)?\s*[:\-–/|(]*\s*(?:{many})\s*[)/.]*\s*\Z")
        self._suffix = re.compile(rf"(?<=[.!؟\"»”)])\s*(?P<whole>[(\[/]\s*{listed}\s*[)\]/])\s*\.?\s*\Z")

    def dateline(self, text: str) -> Found | None:
        """The credit that a paragraph begins with."""
        return self._found(self._dateline, text[:_HEAD], anchored=True)

    def credit_line(self, text: str) -> Found | None:
        """The credit that is the whole line."""
        return self._found(self._line, text, anchored=True) if len(text) <= 120 else None

    def unnamed(self, text: str) -> bool:
        """Whether the line says "agencies" and no more."""
        folded = fold(text) if len(text) <= 60 else ""
        return bool(folded) and self._several.match(folded) is not None

    def after_sentence(self, text: str) -> Found | None:
        """The bracketed credit after a paragraph's last sentence."""
        start = max(0, len(text) - 80)
        found = self._found(self._suffix, text[start:], anchored=False)
        return Found(found.credit, found.start + start, found.end + start) if found else None

    def identify(self, name: str) -> str:
        """The id of the agency with this spelling, or empty."""
        return self._ids.get(_squeeze(fold(name)), "")

    def _found(self, pattern: re.Pattern[str], text: str, *, anchored: bool) -> Found | None:
        find = pattern.match if anchored else pattern.search
        if find(fold(_ALONE.sub("-", text) if "\u0640" in text else text)) is None:  # most lines: places cost the most
            return None
        folded, places = fold_with_places(text)
        match = find(folded)
        if match is None:
            return None
        groups = match.groupdict()
        agency = next((v for k, v in groups.items() if k.startswith("agency") and v), "")
        span = next(((match.start(k), match.end(k)) for k, v in groups.items() if k.startswith("place") and v), None)
        start, end = places[match.start()], places[match.end()]
        place = text[places[span[0]] : places[span[1]]].strip(" ،,-–") if span else ""
        if len(place.split()) > 4:
            return None
        words = text[start:end].strip(" -–—:.ـ")
        return Found(Credit(agency=self.identify(agency), place=place, text=words), start, end)


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """`text` folded, and for each of its characters (and its end) the offset in `text`. A tatweel alone is a dash."""
    folded: list[str] = []
    places: list[int] = []
    for number, char in enumerate(text):
        alone = (
            char == "\u0640" and (number == 0 or text[number - 1] == " ") and text[number + 1 : number + 2] in (" ", "")
        )
        piece = "-" if alone else str(TABLE.get(ord(char), char) or "")
        folded.append(piece.lower())
        places += [number] * len(piece)
    return "".join(folded), [*places, len(text)]


def _flexible(name: str) -> str:
    """A spelling as a pattern: letters that stand apart may stand apart by dots, spaces or both."""
    words = [re.escape(word) for word in re.split(r"[\s.]+", fold(name)) if word]
    loose = all(len(re.sub(r"\\", "", word)) == 1 for word in words)
    return (r"[\s.]*" if loose else r"\s+").join(words) + (r"\.?" if loose else "")


def _squeeze(name: str) -> str:
    return re.sub(r"[\s.]+", "", name)


def _again(pattern: str, number: int) -> str:
    """The same pattern with its groups under other names: a name may stand once in an expression."""
    return re.sub(r"\?P<([a-z]+)>", rf"?P<\g<1>{number}>", pattern)
