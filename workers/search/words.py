"""An article as the in-process evaluator reads it: the values of the index's fields, analysed once, when first asked.

Most rules ask only whether a word is there: sets of words answer that. Where words stand is looked up for the few rules
whose words are all there. Names stand apart from the article's own text, because few queries ask for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property

from workers.arabic.analysis import Analyzer
from workers.arabic.fold import fold
from workers.index.document import keywords_of, texts_of
from workers.model import Article
from workers.search.elastic import millis
from workers.search.tree import DATE_FIELDS, DEFAULT_FIELDS, NAME_FIELDS, VALUE_GAP

_Value = tuple[int, list[str], list[str | None]]
"""One value of a field: its first position, its exact words, its stems; None stands for a stop word."""
Places = Mapping[str, list[int]]
"""Word → its ascending positions in a field."""
_NOTHING: frozenset[str] = frozenset()


class Words:
    """One article.

    `sets` and `places` are asked by kind and work out what is missing: `stem` and `exact` are the words of the
    article's own text, `names_stem` and `names_exact` those of its mentions' surfaces, `stem@title` those of one field.
    """

    def __init__(self, article: Article, analyzer: Analyzer) -> None:
        self.article = article
        self.analyzer = analyzer
        self._texts = _Texts(article, analyzer)
        self.sets: Mapping[str, AbstractSet[str]] = _Sets(self._texts)
        self.lines: Mapping[str, str] = _Lines(self.sets)
        """The same words, each behind a line break: those that begin with something are found by looking once."""
        self.places: Mapping[str, Places] = _Places(self._texts)
        """Of one field each: `stem@body`."""
        self.dates: Mapping[str, int | None] = _Dates(article)
        """The values of `DATE_FIELDS` in milliseconds since 1970."""
        self._folded: dict[str, list[str]] = {}

    @property
    def texts(self) -> dict[str, list[str]]:
        """The values of each text field that has some."""
        return self._texts.values

    def folded(self, field: str) -> list[str]:
        """The values of a field as patterns read them."""
        if field not in self._folded:
            self._folded[field] = [fold(text) for text in self.texts.get(field, ())]
        return self._folded[field]

    @cached_property
    def keywords(self) -> dict[str, frozenset[str]]:
        """The values of each keyword field; a field without a value has an empty set."""
        found = {"id": self.article.id, **keywords_of(self.article)}
        return {name: _values(value) for name, value in found.items()}


class _Texts:
    """The values of an article's text fields, analysed when first asked."""

    def __init__(self, article: Article, analyzer: Analyzer) -> None:
        self.values = texts_of(article)
        self._forms = analyzer.forms
        self._analysed: dict[str, list[_Value]] = {}

    def analysed(self, field: str) -> list[_Value]:
        """The values of one field; none where it is not there."""
        known = self._analysed.get(field)
        if known is None:
            base, known = 0, []
            for text in self.values.get(field, ()):
                exact, stems = self._forms(text)
                known.append((base, exact, stems))
                base += VALUE_GAP + len(exact)
            self._analysed[field] = known
        return known


class _Sets(dict[str, AbstractSet[str]]):
    """Kind → its words."""

    def __init__(self, texts: _Texts) -> None:
        super().__init__()
        self._texts = texts

    def __missing__(self, kind: str) -> AbstractSet[str]:
        found = self[kind] = self._of_field(kind) if "@" in kind else self._of_all(kind)
        return found

    def _of_field(self, kind: str) -> AbstractSet[str]:
        form, _, field = kind.partition("@")
        if field not in self._texts.values:
            return _NOTHING
        values = self._texts.analysed(field)
        if form == "exact":
            return _NOTHING.union(*(exact for _, exact, _ in values))
        return _NOTHING.union(*(filter(None, stems) for _, _, stems in values))

    def _of_all(self, kind: str) -> AbstractSet[str]:
        fields = NAME_FIELDS if kind.startswith("names_") else DEFAULT_FIELDS
        form = kind.removeprefix("names_")
        sets = [self[f"{form}@{field}"] for field in fields if field in self._texts.values]
        return sets[0] if len(sets) == 1 else _NOTHING.union(*sets)


class _Lines(dict[str, str]):
    """Kind → its words in one text."""

    def __init__(self, sets: Mapping[str, AbstractSet[str]]) -> None:
        super().__init__()
        self._sets = sets

    def __missing__(self, kind: str) -> str:
        found = self[kind] = "\n".join(["", *self._sets[kind]])
        return found


class _Places(dict[str, Places]):
    """Form and field → where its words stand."""

    def __init__(self, texts: _Texts) -> None:
        super().__init__()
        self._texts = texts

    def __missing__(self, place: str) -> Places:
        form, _, field = place.partition("@")
        found: dict[str, list[int]] = defaultdict(list)
        for base, exact, stems in self._texts.analysed(field):
            for position, term in enumerate(exact if form == "exact" else stems, base):
                if term is not None:
                    found[term].append(position)
        self[place] = found
        return found


class _Dates(dict[str, int | None]):
    """Date field → its moment."""

    def __init__(self, article: Article) -> None:
        super().__init__()
        self._article = article

    def __missing__(self, field: str) -> int | None:
        article = self._article
        seen, published = article.first_seen_at, article.published
        moments = (published or seen, published, seen, article.updated_at)
        at = moments[DATE_FIELDS.index(field)]
        found = self[field] = None if at is None else millis(at)
        return found


def _values(value: str | list[str]) -> frozenset[str]:
    return frozenset(value if isinstance(value, list) else (value,)) - {""}
