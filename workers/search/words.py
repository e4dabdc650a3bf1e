"""An article as the in-process evaluator reads it: the values of the index's fields, analysed once, when first asked.

Most rules ask only whether a word is there: sets of words answer that. Where words stand is looked up for the few rules
whose words are all there. Names stand apart from the article's own text, because few queries ask for them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cached_property

from workers.arabic.analysis import Analyzer
from workers.arabic.fold import fold
from workers.index.document import keywords_of, texts_of
from workers.model import Article
from workers.search.cover import Anchor
from workers.search.tree import DEFAULT_FIELDS, NAME_FIELDS, VALUE_GAP

_Value = tuple[int, list[str], list[str | None]]
"""One value of a field: its first position, its exact words, its stems; None stands for a stop word."""
_NOTHING: frozenset[str] = frozenset()


class Words:
    """One article."""

    def __init__(self, article: Article, analyzer: Analyzer) -> None:
        self.article = article
        self.analyzer = analyzer
        self.passing: Mapping[Anchor, AbstractSet[str]] = {}
        """Fuzzy words that were asked for all rules at once: the words near them, among them other articles'."""
        self._folded: dict[str, list[str]] = {}
        self._sorted: dict[str, list[str]] = {}
        self._sets: dict[tuple[bool, str], AbstractSet[str]] = {}
        self._places: dict[tuple[bool, str], dict[str | None, list[int]]] = {}

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        """The values of each text field that has some."""
        return texts_of(self.article)

    def folded(self, field: str) -> list[str]:
        """The values of a field as patterns read them."""
        if field not in self._folded:
            self._folded[field] = [fold(text) for text in self.texts.get(field, ())]
        return self._folded[field]

    @cached_property
    def stem(self) -> AbstractSet[str]:
        """Stems of the article's own text."""
        return self._all(DEFAULT_FIELDS, stem=True)

    @cached_property
    def exact(self) -> AbstractSet[str]:
        """Words of the article's own text as printed, folded."""
        return self._all(DEFAULT_FIELDS, stem=False)

    @cached_property
    def names_stem(self) -> AbstractSet[str]:
        """Stems of the mentions' surfaces."""
        return self._all(NAME_FIELDS, stem=True)

    @cached_property
    def names_exact(self) -> AbstractSet[str]:
        """Words of the mentions' surfaces, folded."""
        return self._all(NAME_FIELDS, stem=False)

    @cached_property
    def keywords(self) -> dict[str, frozenset[str]]:
        """The values of each keyword field; a field without a value has an empty set."""
        found = {"id": self.article.id, **keywords_of(self.article)}
        return {name: _values(value) for name, value in found.items()}

    def date(self, field: str) -> datetime | None:
        """The value of one of `DATE_FIELDS`."""
        match field:
            case "published":
                return self.article.published
            case "first_seen":
                return self.article.first_seen_at
            case "updated":
                return self.article.updated_at
        return self.article.published or self.article.first_seen_at

    def of(self, kind: str) -> AbstractSet[str]:
        """The words of an anchor's kind: of all fields (`stem`), or of one (`stem@title`)."""
        form, _, field = kind.partition("@")
        if field:
            return self.in_field(field, stem=form == "stem")
        found: AbstractSet[str] = getattr(self, kind)
        return found

    def begins(self, kind: str, prefix: str) -> bool:
        """Whether a word of a kind begins so."""
        if kind not in self._sorted:
            self._sorted[kind] = sorted(self.of(kind))
        words = self._sorted[kind]
        at = bisect_left(words, prefix)
        return at < len(words) and words[at].startswith(prefix)

    def in_field(self, field: str, *, stem: bool) -> AbstractSet[str]:
        """The words of one field."""
        if field not in self.texts:
            return _NOTHING
        if (stem, field) not in self._sets:
            found: set[str] = set()
            for _, exact, stems in self._analysed[field]:
                found.update(filter(None, stems) if stem else exact)
            self._sets[stem, field] = found
        return self._sets[stem, field]

    def places(self, field: str, *, stem: bool) -> Mapping[str, list[int]]:
        """Word → its ascending positions in a field."""
        known = self._places.get((stem, field))
        if known is None:
            known = self._places[stem, field] = defaultdict(list)
            for base, exact, stems in self._analysed[field]:
                for position, term in enumerate(stems if stem else exact, base):
                    known[term].append(position)
        return known  # type: ignore[return-value]

    @cached_property
    def _analysed(self) -> dict[str, list[_Value]]:
        found: dict[str, list[_Value]] = {}
        for field, values in self.texts.items():
            base, analysed = 0, []
            for text in values:
                exact, stems = self.analyzer.forms(text)
                analysed.append((base, exact, stems))
                base += VALUE_GAP + len(exact)
            found[field] = analysed
        return found

    def _all(self, fields: tuple[str, ...], *, stem: bool) -> AbstractSet[str]:
        sets = [self.in_field(field, stem=stem) for field in fields if field in self.texts]
        return sets[0] if len(sets) == 1 else _NOTHING.union(*sets)


def _values(value: str | list[str]) -> frozenset[str]:
    return frozenset(value if isinstance(value, list) else (value,)) - {""}
