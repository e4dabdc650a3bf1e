"""The tree of a query: what `parse` makes, `resolve` turns into index words, and every evaluator reads.

Two stages share the Boolean nodes:

1. As written (`parse`): `Word`, `Exact`, `Phrase`, `Prefix`, `Fuzzy`, `Near` hold text as a person wrote it.
2. Resolved (`workers.search.resolve.resolve`): those six become `Sequence`, `Window`, `StartsWith` and `Close`, which
   hold index terms. No evaluator analyses text: Elasticsearch, SQLite and the in-process matcher get the same
   terms, and this is why they agree.

`MatchAll`, `Nothing`, `Keyword`, `Range`, `And`, `Or`, `Not`, `Boost` occur in both. All nodes are frozen, hashable
and comparable. `str(query)` is the canonical spelling of an unresolved tree: `parse(str(q))` gives `q` again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Form = Literal["stem", "exact"]
"""Which words of a field are asked: stems without clitics, or the folded words as printed."""

DEFAULT_FIELDS = ("title", "subtitle", "body", "caption", "byline", "credit")
"""Where a word without a field is looked for; each word may stand in another one."""

NAME_FIELDS = ("person", "organisation", "place", "event", "other")
"""The surfaces of an article's mentions by kind, each mention a value of its own."""

TEXT_FIELDS = (*DEFAULT_FIELDS, *NAME_FIELDS)
KEYWORD_FIELDS = (
    "outlet",
    "country",
    "language",
    "agency",
    "entity",
    "story",
    "duplicate_of",
    "feed",
    "id",
    "method",
)
DATE_FIELDS = ("date", "published", "first_seen", "updated")
"""`date` is `published`, or `first_seen` where the page has no date."""

VALUE_GAP = 100
"""Positions between two values of a field with several (names): Elasticsearch's `position_increment_gap`."""


@dataclass(frozen=True, slots=True)
class Query:
    """Base of all nodes."""

    def __str__(self) -> str:
        from workers.search.printing import canonical  # noqa: PLC0415 - printing needs the nodes below

        return canonical(self)


# --- both stages -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MatchAll(Query):
    """Every article (`*`)."""


@dataclass(frozen=True, slots=True)
class Nothing(Query):
    """No article: what remains of a query without a single searchable word."""


@dataclass(frozen=True, slots=True)
class Keyword(Query):
    """One of `values` is exactly a value of `field` (of `KEYWORD_FIELDS`). `values` empty: the field has any value."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range(Query):
    """`low` <= field < `high`; aware datetimes, None is open. `field` is one of `DATE_FIELDS`."""

    field: str
    low: datetime | None = None
    high: datetime | None = None


@dataclass(frozen=True, slots=True)
class And(Query):
    """All parts hold; two parts or more."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or(Query):
    """At least one part holds; two parts or more."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Not(Query):
    """The part does not hold. Alone it means every other article."""

    part: Query


@dataclass(frozen=True, slots=True)
class Boost(Query):
    """Matches as `part` does; its score counts `factor` times."""

    part: Query
    factor: float


# --- as written --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word(Query):
    """A word in any inflection and spelling. `field` None: the `DEFAULT_FIELDS`.

    A word that analysis splits (`F-16`) is a phrase of its parts.
    """

    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Exact(Query):
    """One word or a phrase, folded but not stemmed (`=word`, `="two words"`)."""

    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Phrase(Query):
    """Words in their order, in any inflection. `slop` > 0: in any order with at most `slop` other words among them."""

    text: str
    slop: int = 0
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Prefix(Query):
    """Words, as printed or without clitics, that begin with `text` (folded; two letters or more)."""

    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Fuzzy(Query):
    """Printed words at most `distance` edits away (insert, delete, replace, swap of neighbours); 1 or 2."""

    text: str
    distance: int
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Near(Query):
    """All parts in one field with at most `distance` other words among them; `ordered`: in the order written.

    Parts are `Word`, `Phrase` (slop 0) or `Or` of those.
    """

    parts: tuple[Query, ...]
    distance: int
    ordered: bool = False
    field: str | None = None


# --- resolved ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sequence(Query):
    """Terms at fixed distances in one of `fields`: `terms` are (term, offset), the first offset is 0, ascending.

    Holds where some position p has every term at p + offset. Offsets jump over stop words, whose place may be held by
    any word. One term alone is a plain word query.
    """

    fields: tuple[str, ...]
    form: Form
    terms: tuple[tuple[str, int], ...]
    printed: tuple[tuple[str, int], ...] = field(default=(), compare=False, repr=False)
    """Of stems: the exact words that were asked for. They find nothing, but what has them goes first (`ranking`)."""

    @property
    def length(self) -> int:
        """Positions from the first term to the last, both counted."""
        return self.terms[-1][1] + 1


@dataclass(frozen=True, slots=True)
class Window(Query):
    """Sequences close together in one of `fields`.

    Holds where each of `parts` has a place such that (last end - first start) - sum of lengths <= `distance`; in the
    order of `parts` and without overlap when `ordered`. Unordered parts may overlap. Parts have the window's fields
    and form.
    """

    fields: tuple[str, ...]
    form: Form
    parts: tuple[Sequence, ...]
    distance: int
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class StartsWith(Query):
    """A term of one of `fields` begins with `prefix`."""

    fields: tuple[str, ...]
    form: Form
    prefix: str


@dataclass(frozen=True, slots=True)
class Close(Query):
    """A term of one of `fields` is at most `distance` edits (optimal string alignment) from `term`."""

    fields: tuple[str, ...]
    form: Form
    term: str
    distance: int


@dataclass(frozen=True, slots=True)
class Pattern(Query):
    """A regular expression (`workers.search.patterns`) that one value of a text field matches. Only in rules: no index
    is asked for it. `field` None: the `DEFAULT_FIELDS`."""

    text: str
    field: str | None = None


Written = (Word, Exact, Phrase, Prefix, Fuzzy, Near)
Resolved = (Sequence, Window, StartsWith, Close)


def walk(query: Query) -> Iterator[Query]:
    """`query` and all nodes below it, parents first."""
    yield query
    for child in children(query):
        yield from walk(child)


def children(query: Query) -> tuple[Query, ...]:
    """The direct parts of a Boolean, boost, near or window node."""
    match query:
        case And(parts) | Or(parts) | Near(parts=parts):
            return parts
        case Window(parts=sequences):
            return sequences
        case Not(part) | Boost(part, _):
            return (part,)
        case _:
            return ()


def wanted(query: Query) -> Iterator[Query]:
    """The leaves that speak for a match: those under an even number of `Not`. Windows are leaves."""
    yield from _wanted(query, positive=True)


def _wanted(query: Query, *, positive: bool) -> Iterator[Query]:
    match query:
        case Not(part):
            yield from _wanted(part, positive=not positive)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _wanted(part, positive=positive)
        case Boost(part, _):
            yield from _wanted(part, positive=positive)
        case _ if positive:
            yield query


def all_of(parts: list[Query]) -> Query:
    """`And` of `parts`, flattened; the part itself where there is one, everything where there is none."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    flat = list(dict.fromkeys(flat))
    return MatchAll() if not flat else flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(parts: list[Query]) -> Query:
    """`Or` of `parts`, flattened; the part itself where there is one, nothing where there is none."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    flat = list(dict.fromkeys(flat))
    return Nothing() if not flat else flat[0] if len(flat) == 1 else Or(tuple(flat))
