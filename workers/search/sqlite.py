"""A resolved tree as SQL over the embedded index. Pure: takes a tree, gives a condition and its values.

FTS5 answers what it can say itself: words, plain phrases, prefixes, and their Boolean combinations, in one MATCH.
Phrases over stop words and windows are found by their words and then checked on positions (`holds`, a function that
the connection offers), because FTS5 knows no gap in a phrase.

Columns: a text field's stems stand in the column of its name, its exact words in `x_<name>`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from workers.search.elastic import millis
from workers.search.ranking import LEDE, Ranking, as_typed, ranked_fields, together
from workers.search.tree import (
    TEXT_FIELDS,
    And,
    Boost,
    Close,
    Form,
    Keyword,
    MatchAll,
    Not,
    Or,
    Query,
    Range,
    Sequence,
    StartsWith,
    Window,
)

GAP = "\u241f"
"""Begins the placeholder of positions that hold no term; followed by their number."""
COLUMNS = (*TEXT_FIELDS, LEDE, *(f"x_{name}" for name in TEXT_FIELDS))
SINGLE = {"outlet", "country", "language", "agency", "story", "duplicate_of", "id", "method"}
"""Keyword fields that are columns of `articles`; the others stand in `keywords`."""

MOST_RANKED = 50
"""Near words of a fuzzy one that its articles are put in order by; all of them find. bm25 is dear with hundreds."""

Nearby = Callable[[str, int], Iterable[str]]
"""The index's words within so many edits of a word."""

_ENCODED = {code: 0xE000 + code for code in range(1, 128) if not chr(code).isalnum()}


def encode(term: str) -> str:
    """`term` as FTS5's `ascii` tokenizer keeps it in one piece: signs moved to the private use area."""
    return term if term.isalnum() else term.translate(_ENCODED)


@dataclass(slots=True)
class Condition:
    """SQL over `articles a`, its values in order, and the checks that `holds(key, …columns)` is asked for."""

    sql: str
    values: list[str | int] = field(default_factory=list)
    checks: dict[str, Query] = field(default_factory=dict)


def condition(query: Query, nearby: Nearby) -> Condition:
    """What finds `query`."""
    maker = _Maker(nearby)
    sql = maker.node(query)
    return Condition(sql, maker.values, maker.checks)


def rank_match(query: Query, ranking: Ranking, nearby: Nearby) -> str | None:
    """The MATCH whose bm25 puts the found articles in order; None where no word is asked."""

    def nearest(term: str, distance: int) -> Iterable[str]:
        return islice(nearby(term, distance), MOST_RANKED)

    leaves = [_with_lede(leaf) for leaf in _telling(query)]
    parts = [text for leaf in leaves if (text := _fts(leaf, nearest)) is not None]
    for leaf in leaves:
        if isinstance(leaf, Window):
            parts += [text for part in leaf.parts if (text := _fts(_with_lede(part), nearest)) is not None]
        elif isinstance(leaf, Sequence) and len(leaf.terms) > 1 and _fts(leaf, nearest) is None:
            parts += [_words(leaf.fields, leaf.form, [term]) for term, _ in leaf.terms]
    parts += [text for typed in as_typed(query) if (text := _fts(typed, nearest)) is not None]
    if (close := together(query, ranking)) is not None:
        words = [_quoted(part.terms) for part in close.parts if _plain(part.terms)]
        if len(words) > 1:  # phrases over stop words are none that FTS5 can say
            parts.append(f"{_columns(close.fields, 'stem')} : NEAR({' '.join(words)}, {close.distance})")
    return " OR ".join(dict.fromkeys(parts)) or None


def _telling(query: Query) -> Iterator[Query]:
    """The leaves that ranking counts. Of alternatives the phrases are left out where a single word is one of them.

    bm25 adds up what every alternative says, and a rare phrase that spells a name would outweigh the name itself.
    """
    match query:
        case Or(parts):
            plain = [part for part in parts if not (isinstance(part, Sequence) and len(part.terms) > 1)]
            plain = plain if any(isinstance(part, Sequence | And) for part in plain) else list(parts)
            for part in plain:
                yield from _telling(part)
        case And(parts):
            for part in parts:
                yield from _telling(part)
        case Boost(part, _):
            yield from _telling(part)
        case Not():
            return
        case _:
            yield query


def bm25_weights(ranking: Ranking) -> str:
    """The weights of `COLUMNS` for `bm25(words, …)`."""
    return ", ".join(f"{ranking.weight(name.removeprefix('x_')):g}" for name in COLUMNS)


class _Maker:
    def __init__(self, nearby: Nearby) -> None:
        self.nearby = nearby
        self.values: list[str | int] = []
        self.checks: dict[str, Query] = {}

    def node(self, query: Query) -> str:
        if (match := _fts(query, self.nearby)) is not None:
            self.values.append(match)
            return "a.rowid IN (SELECT rowid FROM words WHERE words MATCH ?)"
        match query:
            case And(parts):
                return "(" + " AND ".join(self.node(part) for part in _gathered(parts, And, self.nearby)) + ")"
            case Or(parts):
                return "(" + " OR ".join(self.node(part) for part in _gathered(parts, Or, self.nearby)) + ")"
            case Not(part):
                return f"NOT {self.node(part)}"
            case Boost(part, _):
                return self.node(part)
            case _:
                return self.leaf(query)

    def leaf(self, query: Query) -> str:
        match query:
            case MatchAll():
                return "1"
            case Keyword(field, values):
                return self.keyword(field, values)
            case Range(field, low, high):
                return self.range(field, low, high)
            case Sequence(fields, form) | Window(fields, form):
                return self.checked(query, fields, form)
            case _:
                return "0"

    def keyword(self, field: str, values: tuple[str, ...]) -> str:
        marks = ", ".join("?" * len(values))
        self.values += values if field in SINGLE else (field, *values)
        if field in SINGLE:
            return f"a.{field} IN ({marks})" if values else f"a.{field} <> ''"
        inside = f" AND value IN ({marks})" if values else ""
        return f"a.rowid IN (SELECT article FROM keywords WHERE field = ?{inside})"

    def range(self, field: str, low: datetime | None, high: datetime | None) -> str:
        parts = [f"a.{field} IS NOT NULL"]
        for bound, sign in ((low, ">="), (high, "<")):
            if bound is not None:
                parts.append(f"a.{field} {sign} ?")
                self.values.append(millis(bound))
        return "(" + " AND ".join(parts) + ")"

    def checked(self, query: Sequence | Window, fields: tuple[str, ...], form: Form) -> str:
        key = f"check{len(self.checks)}"
        self.checks[key] = query
        columns = _names(fields, form)
        self.values += [" OR ".join(f"({{{column}}} : {_candidates(query)})" for column in columns), key]
        return f"a.rowid IN (SELECT rowid FROM words WHERE words MATCH ? AND holds(?, {', '.join(columns)}))"


def _gathered(parts: tuple[Query, ...], kind: type[And] | type[Or], nearby: Nearby) -> list[Query]:
    """The parts that one MATCH can answer as one part, then the others."""
    plain = [part for part in parts if _fts(part, nearby) is not None]
    return (
        [kind(tuple(plain)) if len(plain) > 1 else plain[0], *(p for p in parts if p not in plain)]
        if plain
        else [*parts]
    )


# --- what FTS5 can say -------------------------------------------------------------------------------------------


def _fts(query: Query, nearby: Nearby) -> str | None:  # noqa: PLR0911 - one return a kind of node
    """`query` as an FTS5 expression, or None."""
    match query:
        case Sequence(fields, form, terms) if _plain(terms):
            return f"{_columns(fields, form)} : {_quoted(terms)}"
        case StartsWith(fields, form, prefix):
            return f'{_columns(fields, form)} : "{encode(prefix)}" *'
        case Close(fields, form, term, distance):
            return _fts_close(fields, form, term, [*nearby(term, distance)])
        case Boost(part, _):
            return _fts(part, nearby)
        case And(parts):
            return _fts_and(parts, nearby)
        case Or(parts):
            found = [_fts(part, nearby) for part in parts]
            return None if None in found else "(" + " OR ".join(str(text) for text in found) + ")"
        case _:
            return None


def _fts_close(fields: tuple[str, ...], form: Form, term: str, words: list[str]) -> str:
    return _words(fields, form, words or [term])


def _fts_and(parts: tuple[Query, ...], nearby: Nearby) -> str | None:
    """FTS5's NOT has two sides: it can only take away from something found."""
    must = [_fts(part, nearby) for part in parts if not isinstance(part, Not)]
    never = [_fts(part.part, nearby) for part in parts if isinstance(part, Not)]
    if not must or None in must or None in never:
        return None
    found = " AND ".join(str(text) for text in must)
    for text in never:
        found = f"({found}) NOT {text}"
    return f"({found})"


def _plain(terms: tuple[tuple[str, int], ...]) -> bool:
    return all(offset == place for place, (_, offset) in enumerate(terms))


def _quoted(terms: tuple[tuple[str, int], ...]) -> str:
    return '"' + " ".join(encode(term) for term, _ in terms) + '"'


def _names(fields: tuple[str, ...], form: Form) -> tuple[str, ...]:
    return fields if form == "stem" else tuple(f"x_{name}" for name in fields)


def _columns(fields: tuple[str, ...], form: Form) -> str:
    return "{" + " ".join(_names(fields, form)) + "}"


def _words(fields: tuple[str, ...], form: Form, terms: list[str]) -> str:
    """Any of `terms`."""
    return f"{_columns(fields, form)} : (" + " OR ".join(f'"{encode(term)}"' for term in terms) + ")"


def _candidates(query: Sequence | Window) -> str:
    """What a column must hold to be worth a check: the words in one NEAR that is no narrower than the query.

    A placeholder counts as one word whatever number of stop words it stands for, so no distance comes out longer than
    it is. Parts that share a word may lie on each other, which NEAR does not know: they need only be there.
    """
    if isinstance(query, Sequence):
        return f"NEAR({' '.join(_runs(query))}, {query.length})"
    runs = [run for part in query.parts for run in _runs(part)]
    terms = [term for part in query.parts for term, _ in part.terms]
    if len(set(terms)) < len(terms):
        return "(" + " AND ".join(dict.fromkeys(f'"{encode(term)}"' for term in terms)) + ")"
    return f"NEAR({' '.join(runs)}, {query.distance + sum(part.length for part in query.parts)})"


def _runs(sequence: Sequence) -> Iterator[str]:
    """The phrases between the gaps of a sequence."""
    run: list[str] = []
    before = -1
    for term, offset in sequence.terms:
        if run and offset != before + 1:
            yield f'"{" ".join(run)}"'
            run = []
        run.append(encode(term))
        before = offset
    yield f'"{" ".join(run)}"'


def _with_lede(leaf: Query) -> Query:
    match leaf:
        case Sequence(fields, "stem", terms):
            return Sequence(ranked_fields(fields), "stem", terms)
        case _:
            return leaf
