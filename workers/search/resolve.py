"""From words as written to index terms: the step that every evaluator shares.

A leaf without a searchable word (only stop words or signs) says nothing: it is left out of its parent. A query of
nothing but stop words is asked of the words as printed, so that `من` alone still finds.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from itertools import product
from typing import TYPE_CHECKING

from workers.errors import Fault, UserError
from workers.search.tree import (
    DEFAULT_FIELDS,
    NAME_FIELDS,
    And,
    Boost,
    Close,
    Exact,
    Form,
    Fuzzy,
    Keyword,
    Near,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefix,
    Query,
    Sequence,
    StartsWith,
    Window,
    Word,
    all_of,
    any_of,
)

if TYPE_CHECKING:
    from workers.arabic.analysis import Analyzer, Term

MAX_COMBINATIONS = 256
"""Of the alternatives in one NEAR."""


def resolve(query: Query, analyzer: Analyzer) -> Query:
    """`query` with index terms in place of text. A resolved tree comes back as it is."""
    return _Resolver(analyzer, "stem").node(query) or _Resolver(analyzer, "exact").node(query) or Nothing()


class _Resolver:
    def __init__(self, analyzer: Analyzer, form: Form) -> None:
        self.analyzer = analyzer
        self.form = form

    def node(self, query: Query) -> Query | None:
        match query:
            case And(parts):
                kept = self.each(parts)
                return all_of(kept) if kept else None
            case Or(parts):
                kept = self.each(parts)
                return any_of(kept) if kept else None
            case Not(part):
                inner = self.node(part)
                return Not(inner) if inner else None
            case Boost(part, factor):
                inner = self.node(part)
                return Boost(inner, factor) if inner else None
            case _:
                return self.leaf(query)

    def each(self, parts: Many[Query]) -> list[Query]:
        return [found for part in parts if (found := self.node(part)) is not None]

    def leaf(self, query: Query) -> Query | None:  # noqa: PLR0911 - one return a kind of node
        match query:
            case Word(text, field) | Phrase(text, 0, field):
                return self.sequence(text, field, self.form)
            case Exact(text, field):
                return self.sequence(text, field, "exact")
            case Phrase(text, slop, field):
                return self.loose(text, slop, field)
            case Near():
                return self.near(query)
            case Prefix(text, field):
                return self.prefix(text, field)
            case Fuzzy(text, distance, field):
                return self.fuzzy(text, distance, field)
            case Keyword("entity", values):
                return self.entity(values)
            case _:
                return query

    def terms(self, text: str, form: Form) -> tuple[tuple[str, int], ...]:
        found: Many[Term] = self.analyzer.stem(text) if form == "stem" else self.analyzer.exact(text)
        return tuple((term.term, term.position - found[0].position) for term in found)

    def sequence(self, text: str, field: str | None, form: Form) -> Sequence | None:
        terms = self.terms(text, form)
        printed = self.terms(text, "exact") if form == "stem" else ()
        return Sequence(_fields(field), form, terms, printed) if terms else None

    def loose(self, text: str, slop: int, field: str | None) -> Query | None:
        """Stop words inside the phrase make room for themselves."""
        terms = self.terms(text, self.form)
        if not terms:
            return None
        fields = _fields(field)
        parts = tuple(dict.fromkeys(Sequence(fields, self.form, ((term, 0),)) for term, _ in terms))
        room = terms[-1][1] + 1 - len(terms)
        return parts[0] if len(parts) == 1 else Window(fields, self.form, parts, slop + room)

    def near(self, near: Near) -> Query | None:
        choices = [found for part in near.parts if (found := self.alternatives(part, near.field))]
        if len(choices) < 2:
            return any_of(list(choices[0])) if choices else None
        combinations = 1
        for choice in choices:
            combinations *= len(choice)
        if combinations > MAX_COMBINATIONS:
            raise UserError(Fault("query", "NEAR has too many alternatives", "leave some of the OR words out"))
        return any_of([self.window(parts, near) for parts in product(*choices)])

    def window(self, parts: Many[Sequence], near: Near) -> Query:
        fields = _fields(near.field)
        kept = tuple(parts) if near.ordered else tuple(dict.fromkeys(parts))
        return kept[0] if len(kept) == 1 else Window(fields, self.form, kept, near.distance, near.ordered)

    def alternatives(self, part: Query, field: str | None) -> list[Sequence]:
        match part:
            case Or(parts):
                return list(dict.fromkeys(found for inner in parts for found in self.alternatives(inner, field)))
            case Word(text) | Phrase(text):
                found = self.sequence(text, field, self.form)
                return [found] if found else []
            case _:
                raise UserError(Fault("query", "NEAR joins words, phrases and (a OR b) of those"))

    def prefix(self, text: str, field: str | None) -> Query:
        beginning = self.one_term(text, "*")
        fields = _fields(field)
        return Or((StartsWith(fields, "exact", beginning), StartsWith(fields, "stem", beginning)))

    def fuzzy(self, text: str, distance: int, field: str | None) -> Query:
        return Close(_fields(field), "exact", self.one_term(text, "~"), distance)

    def one_term(self, text: str, sign: str) -> str:
        terms = self.analyzer.exact(text)
        if len(terms) != 1:
            raise UserError(Fault("query", f"“{text}{sign}” is not one word", f"write {sign} after a single word"))
        return str(terms[0].term)

    def entity(self, values: tuple[str, ...]) -> Query:
        """An id, or a name as some text prints it."""
        names = [self.sequence(value, "entity", "stem") for value in values if not value.isascii()]
        return any_of([Keyword("entity", values), *(name for name in names if name is not None)])


def widened(parts: Many[Query], wider: Many[Query]) -> list[Query]:
    """The parts of a NEAR with the alternatives that `wider` adds to each, as many as `MAX_COMBINATIONS` has room for.

    What a person wrote stays whole: a name's spellings shall not make a fault of a query that is none.
    """
    room = max(number for number in range(1, MAX_COMBINATIONS + 1) if number ** len(parts) <= MAX_COMBINATIONS)
    found = []
    for part, more in zip(parts, wider, strict=True):
        own = len(part.parts) if isinstance(part, Or) else 1
        both = any_of([part, more])
        found.append(any_of(list(both.parts[: max(own, room)])) if isinstance(both, Or) else both)
    return found


def _fields(field: str | None) -> tuple[str, ...]:
    if field == "entity":
        return NAME_FIELDS
    return DEFAULT_FIELDS if field is None else (field,)
