"""Saved pages with what a reader would keep of them, and the measures of an extraction against that.

A folder holds index.json: a list of objects with `file`, `encoding`, `kind` ("negative": no article), and for articles
`gold_text`, `must` (phrases to keep), `must_not` (phrases to leave out), `title`, `author`, `date` (YYYY-MM-DD).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from workers.clean.keys import line_key
from workers.errors import Fault, UserError

_WORD = re.compile(r"\w+")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPage:
    """One page of the folder, decoded."""

    id: str
    html: str
    url: str
    is_article: bool
    gold: str = ""
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    title: str | None = None
    author: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an extractor says of a page. None where it does not say such a thing at all."""

    text: str = ""
    title: str | None = None
    byline: str | None = None
    published: datetime | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One extractor on one page."""

    page: str
    kept: int = 0
    wanted: int = 0
    leaked: int = 0
    unwanted: int = 0
    precision: float = 0.0
    recall: float = 0.0
    f1: float = 0.0
    title: bool | None = None
    byline: bool | None = None
    date: bool | None = None
    characters: int = 0
    """Of a page that is no article: what was returned all the same."""
    lost: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()


@dataclass(slots=True)
class Summary:
    """Sums over pages."""

    scores: list[Score] = field(default_factory=list)

    def articles(self) -> list[Score]:
        return [score for score in self.scores if score.wanted]

    def mean(self, name: str) -> float:
        values = [float(getattr(score, name)) for score in self.articles()]
        return sum(values) / len(values) if values else 0.0

    def share(self, part: str, whole: str) -> float:
        total = sum(getattr(score, whole) for score in self.scores)
        return sum(getattr(score, part) for score in self.scores) / total if total else 0.0

    def right(self, name: str) -> tuple[int, int]:
        """How many of how many pages have the field right."""
        known = [value for score in self.articles() if (value := getattr(score, name)) is not None]
        return sum(known), len(known)

    def from_others(self) -> int:
        return sum(score.characters for score in self.scores if not score.wanted)


def read_folder(folder: Path) -> list[SavedPage]:
    """The pages of `folder`/index.json; raises `UserError`."""
    try:
        index = json.loads((folder / "index.json").read_text("utf-8"))
        return [_page(folder, item) for item in index]
    except FileNotFoundError as error:
        raise UserError(
            Fault(str(error.filename), "is missing", "give a folder with index.json and its pages")
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(Fault(str(folder / "index.json"), f"is not an index of pages: {error}")) from None


def _page(folder: Path, item: dict[str, Any]) -> SavedPage:
    return SavedPage(
        id=item["id"],
        html=(folder / item["file"]).read_bytes().decode(item.get("encoding") or "utf-8", "replace"),
        url=item.get("url") or "",
        is_article=item["kind"] != "negative",
        gold=item.get("gold_text") or "",
        must=tuple(item.get("must") or ()),
        must_not=tuple(item.get("must_not") or ()),
        title=item.get("title"),
        author=item.get("author"),
        date=item.get("date"),
    )


def score(page: SavedPage, told: Told) -> Score:
    """Phrases are compared without whitespace, titles and names by their folded words, dates by the day."""
    if not page.is_article:
        return Score(page=page.id, characters=len(told.text))
    bare = _SPACE.sub("", told.text)
    lost = tuple(phrase for phrase in page.must if _SPACE.sub("", phrase) not in bare)
    leaks = tuple(phrase for phrase in page.must_not if _SPACE.sub("", phrase) in bare)
    precision, recall, f1 = word_scores(told.text, page.gold)
    return Score(
        page=page.id, kept=len(page.must) - len(lost), wanted=len(page.must), leaked=len(leaks),
        unwanted=len(page.must_not), precision=precision, recall=recall, f1=f1, lost=lost, leaks=leaks,
        title=None if told.title is None or not page.title else _same(told.title, page.title),
        byline=None if told.byline is None else _same(told.byline, page.author or ""),
        date=None if told.published is None or not page.date else _same_day(told.published, page.date),
    )  # fmt: skip


def word_scores(text: str, gold: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of the bags of words."""
    one, other = Counter(_WORD.findall(text)), Counter(_WORD.findall(gold))
    both = sum((one & other).values())
    precision, recall = both / max(1, sum(one.values())), both / max(1, sum(other.values()))
    return precision, recall, 2 * precision * recall / (precision + recall) if both else 0.0


def _same(one: str, other: str) -> bool:
    return _WORD.findall(line_key(one)) == _WORD.findall(line_key(other))


def _same_day(told: datetime | str, wanted: str) -> bool:
    """Whether some place on earth has that day at that moment: pages name a day in a zone that they do not name."""
    if isinstance(told, str):
        return told[:10] == wanted
    day = date.fromisoformat(wanted)
    return (told - timedelta(hours=12)).date() <= day <= (told + timedelta(hours=14)).date()
