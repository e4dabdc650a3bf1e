"""Judged queries: by rules on the text as printed (config/bench/judged_queries.yaml), or with the ids given.

A file is a mapping of classes to queries, or a list of queries that say their `class`. A query's `ids` are a list, or a
mapping of ids to grades 1 to 3; ids are those of the corpus, with or without `ant`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
_ONE_WORD = re.compile(r"=?(?:\w|\.\*)+")


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
    corpus = _Corpus(articles)
    known = {article.id for article in articles}
    found = []
    for place, kind, entry in _entries(document.value):
        try:
            grades = _by_ids(entry["ids"], known) if "ids" in entry else _by_rule(entry, corpus)
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


class _Corpus:
    """Titles and texts without harakat and tatweel, by number, and the numbers of those that have a word."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self.articles = articles
        titles = [article.title.translate(_MARKS) for article in articles]
        bodies = [article.body.translate(_MARKS) for article in articles]
        self.texts = {"title": titles, "all": [f"{a}\n{b}" for a, b in zip(titles, bodies, strict=True)]}
        self._words = {place: _postings(texts) for place, texts in self.texts.items()}

    def having(self, place: str, forms: Sequence[str]) -> set[int]:
        """The texts that hold one of `forms`."""
        words = [form for form in forms if _ONE_WORD.fullmatch(form)]
        found = self._having_word(place, words)
        for form in forms:
            if form not in words:
                pattern = _pattern([form])
                found |= {n for n in self._candidates(place, form) if pattern.search(self.texts[place][n])}
        return found

    def near(self, distance: int, ones: list[str], others: list[str]) -> set[int]:
        """The texts that hold both within `distance` other words, whichever comes first."""
        one, other = re.compile(_alternatives(ones)), re.compile(_alternatives(others))
        return {
            n
            for n in self._having_word("all", ones) & self._having_word("all", others)
            if _stand_near(_WORD.findall(self.texts["all"][n]), distance, one, other)
        }

    def _having_word(self, place: str, forms: Sequence[str]) -> set[int]:
        pattern = re.compile(_alternatives(forms)) if forms else None
        known = self._words[place]
        return set().union(*(known[word] for word in known if pattern is not None and pattern.fullmatch(word)))

    def _candidates(self, place: str, form: str) -> set[int]:
        """Where the words of a form of several words stand, wherever they do; for other signs every text."""
        first, *rest = form.split(" ")
        if not all(map(_ONE_WORD.fullmatch, (first, *rest))):
            return set(range(len(self.articles)))
        return self._having_word(place, [first]).intersection(
            *(self._having_word(place, [f"={word}"]) for word in rest)
        )


def _postings(texts: Sequence[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for number, text in enumerate(texts):
        for word in set(_WORD.findall(text)):
            found[word].add(number)
    return found


def _stand_near(words: list[str], distance: int, one: re.Pattern[str], other: re.Pattern[str]) -> bool:
    left = [i for i, word in enumerate(words) if one.fullmatch(word)]
    right = [i for i, word in enumerate(words) if other.fullmatch(word)]
    return any(0 < abs(i - j) <= distance + 1 for i in left for j in right)


def _by_rule(entry: dict[str, Any], corpus: _Corpus) -> dict[str, int]:
    must, right = _near(entry, corpus) if "near" in entry else _held(entry, corpus)
    if entry.get("none"):
        never = corpus.having(_place(entry), _forms(entry["none"]))
        must, right = must - never, right - never
    found = {}
    for number in sorted(must | right):
        article = corpus.articles[number]
        elsewhere = "outlet" in entry and article.outlet != entry["outlet"]
        if not elsewhere and ("month" not in entry or f"{article.published:%Y-%m}" == str(entry["month"])):
            found[article.id] = MUST if number in must else ALSO
    return found


def _near(entry: dict[str, Any], corpus: _Corpus) -> tuple[set[int], set[int]]:
    also = corpus.near(*entry["also_near"]) if "also_near" in entry else set()
    return corpus.near(*entry["near"]), also


def _held(entry: dict[str, Any], corpus: _Corpus) -> tuple[set[int], set[int]]:
    """The texts that must be found, and those with derived forms."""
    place, groups = _place(entry), [_forms(group) for group in entry["all"]]
    also = _forms(entry.get("also", []))
    must = set.intersection(*(corpus.having(place, group) for group in groups))
    right = set.intersection(*(corpus.having(place, [*group, *also]) for group in groups))
    if "also_all" in entry:
        wider = zip(groups, entry["also_all"], strict=True)
        right |= set.intersection(*(corpus.having(place, [*group, *_forms(more)]) for group, more in wider))
    return must, right


def _place(entry: dict[str, Any]) -> str:
    return "title" if entry.get("in") == "title" else "all"


def _forms(forms: Sequence[Any]) -> list[str]:
    return [str(form) for form in forms]


def _pattern(forms: Sequence[str]) -> re.Pattern[str]:
    return re.compile(f"(?<!\\w)(?:{_alternatives(forms)})(?!\\w)")


def _alternatives(forms: Sequence[str]) -> str:
    return "|".join(_form(str(form)) for form in forms)


def _form(form: str) -> str:
    plain = form.removeprefix("=").replace(".*", f"{_LETTER}*").replace(" ", _BETWEEN)
    return plain if form.startswith("=") else _PROCLITIC + plain
