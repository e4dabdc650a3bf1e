"""Judged queries: by rules on the text as printed (config/bench/judged_queries.yaml), or with the ids given.

A file is a mapping of classes to queries, or a list of queries that say their `class`. A query's `ids` are a list, or a
mapping of ids to grades 1 to 3; ids are those of the corpus, with or without `ant`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.errors import Fault, UserError
from workers.model import Article
from workers.settings import read_yaml

MUST, ALSO = 3, 1
"""Grades: what the query asks for, and derived forms that make an article right as well."""

_MARKS = dict.fromkeys([0x640, 0x670, *range(0x64B, 0x653)])
_LETTER = "[^\\W\\d_]"
_PROCLITIC = "(?:[وف]?[بلك]?(?:ال)?)"
_BETWEEN = "[^\\w\\n]+"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Judged:
    """A query, its class, and the grade of each right article."""

    kind: str
    query: str
    grades: Mapping[str, int]

    @property
    def must(self) -> frozenset[str]:
        """The articles that must be found."""
        return frozenset(id_ for id_, grade in self.grades.items() if grade > ALSO)


def read_judged(path: Path, articles: Sequence[Article]) -> list[Judged]:
    """The queries of `path` with the grades that its rules or ids give `articles`; raises `UserError`."""
    document = read_yaml(path)
    texts = [_Text(article) for article in articles]
    known = {article.id for article in articles}
    found = []
    for place, kind, entry in _entries(document.value):
        try:
            grades = _by_ids(entry["ids"], known) if "ids" in entry else _by_rule(entry, texts)
            found.append(Judged(kind, str(entry["query"]), grades))
        except (KeyError, TypeError, ValueError, re.error) as error:
            raise UserError(Fault(document.place(place), f"is not a judged query: {error}")) from None
    return found


def _entries(value: Any) -> Iterator[tuple[tuple[str, ...], str, dict[str, Any]]]:
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield (str(number),), str(entry.get("class", "all")), entry
        return
    for kind, entries in value.items():
        for number, entry in enumerate(entries):
            yield (kind, str(number)), kind, entry


def _by_ids(ids: Any, known: set[str]) -> dict[str, int]:
    graded = ids.items() if isinstance(ids, dict) else ((id_, MUST) for id_ in ids)
    found = {}
    for id_, grade in graded:
        name = str(id_) if str(id_) in known else f"ant{id_}"
        found[name] = int(grade)
    return found


# --- rules -------------------------------------------------------------------------------------------------------


class _Text:
    """An article's title and text without harakat and tatweel."""

    def __init__(self, article: Article) -> None:
        self.article = article
        self.title = article.title.translate(_MARKS)
        self.all = f"{self.title}\n{article.body.translate(_MARKS)}"


def _by_rule(entry: dict[str, Any], texts: Iterable[_Text]) -> dict[str, int]:
    must, also, never = _conditions(entry)
    found = {}
    for text in texts:
        where = text.title if entry.get("in") == "title" else text.all
        if "outlet" in entry and text.article.outlet != entry["outlet"]:
            continue
        if "month" in entry and f"{text.article.published:%Y-%m}" != str(entry["month"]):
            continue
        if never is not None and never.search(where):
            continue
        if all(condition(where) for condition in must):
            found[text.article.id] = MUST
        elif also and any(all(condition(where) for condition in group) for group in also):
            found[text.article.id] = ALSO
    return found


def _conditions(entry: dict[str, Any]) -> tuple[list[Any], list[list[Any]], re.Pattern[str] | None]:
    never = _pattern(entry["none"]) if entry.get("none") else None
    if "near" in entry:
        also = [[_near(*entry["also_near"])]] if "also_near" in entry else []
        return [_near(*entry["near"])], also, never
    forms = entry["all"]
    groups = [[_has(_pattern(group + entry.get("also", []))) for group in forms]]
    if "also_all" in entry:
        groups.append([_has(_pattern(a + b)) for a, b in zip(forms, entry["also_all"], strict=True)])
    return [_has(_pattern(group)) for group in forms], groups, never


def _has(pattern: re.Pattern[str]) -> Any:
    return lambda text: pattern.search(text) is not None


def _near(distance: int, ones: list[str], others: list[str]) -> Any:
    """Both within `distance` other words, whichever comes first."""
    one, other = re.compile(_alternatives(ones)), re.compile(_alternatives(others))

    def holds(text: str) -> bool:
        words = _WORD.findall(text)
        left = [i for i, word in enumerate(words) if one.fullmatch(word)]
        right = [i for i, word in enumerate(words) if other.fullmatch(word)]
        return any(0 < abs(i - j) <= distance + 1 for i in left for j in right)

    return holds


def _pattern(forms: Sequence[str]) -> re.Pattern[str]:
    return re.compile(f"(?<!\\w)(?:{_alternatives(forms)})(?!\\w)")


def _alternatives(forms: Sequence[str]) -> str:
    return "|".join(_form(str(form)) for form in forms)


def _form(form: str) -> str:
    plain = form.removeprefix("=").replace(".*", f"{_LETTER}*").replace(" ", _BETWEEN)
    return plain if form.startswith("=") else _PROCLITIC + plain
