"""The canonical spelling of a tree: fully parenthesised, English operators, every date absolute."""

from __future__ import annotations

from datetime import datetime

from workers.search.lexer import is_operator
from workers.search.tree import (
    And,
    Boost,
    Close,
    Exact,
    Fuzzy,
    Keyword,
    MatchAll,
    Near,
    Not,
    Nothing,
    Or,
    Pattern,
    Phrase,
    Prefix,
    Query,
    Range,
    Sequence,
    StartsWith,
    Window,
    Word,
)

_SLASH = "\\/"


def canonical(query: Query) -> str:  # noqa: PLR0911 - one return a kind of node
    """`query` as text. An unresolved tree is read back by `parse` to an equal one; a resolved one is for people."""
    match query:
        case And(parts):
            return "(" + " AND ".join(map(canonical, parts)) + ")"
        case Or(parts):
            return "(" + " OR ".join(map(canonical, parts)) + ")"
        case Not(part):
            return f"(NOT {canonical(part)})"
        case Boost(part, factor):
            return f"{canonical(part)}^{factor:g}"
        case MatchAll():
            return "*"
        case Nothing():
            return "(NOT *)"
        case Near(parts, distance, ordered, field):
            operator = f" {'BEFORE' if ordered else 'NEAR'}/{distance} "
            return _in(field) + "(" + operator.join(canonical(_without_field(part)) for part in parts) + ")"
        case Keyword(field, values):
            return f"{field}:" + ("*" if not values else _alternatives([_quoted(value) for value in values]))
        case Range(field, low, high):
            return f"{field}:[{_date(low)} TO {_date(high)}}}"
        case _:
            return _leaf(query)


def _leaf(query: Query) -> str:  # noqa: PLR0911 - one return a kind of node
    match query:
        case Word(text, field):
            return _in(field) + _word(text)
        case Exact(text, field):
            return f"{_in(field)}={_quoted(text)}"
        case Phrase(text, slop, field):
            return _in(field) + _quoted(text) + (f"~{slop}" if slop else "")
        case Prefix(text, field):
            return f"{_in(field)}{_word(text)}*"
        case Fuzzy(text, distance, field):
            return f"{_in(field)}{_word(text)}~{distance}"
        case Pattern(text, field):
            return f"{_in(field)}/{text.replace('/', _SLASH)}/"
        case Sequence(fields, form, terms):
            return f"{_where(fields, form)}{_terms(terms)}"
        case Window(fields, form, parts, distance, ordered):
            inside = f" {'BEFORE' if ordered else 'NEAR'}/{distance} ".join(_terms(part.terms) for part in parts)
            return f"{_where(fields, form)}({inside})"
        case StartsWith(fields, form, prefix):
            return f"{_where(fields, form)}{prefix}*"
        case Close(fields, form, term, distance):
            return f"{_where(fields, form)}{term}~{distance}"
        case _:
            raise TypeError(type(query).__name__)


def _in(field: str | None) -> str:
    return f"{field}:" if field else ""


def _without_field(part: Query) -> Query:
    match part:
        case Word(text, _):
            return Word(text)
        case Phrase(text, slop, _):
            return Phrase(text, slop)
        case Or(parts):
            return Or(tuple(_without_field(inner) for inner in parts))
        case _:
            return part


def _where(fields: tuple[str, ...], form: str) -> str:
    return f"{'|'.join(fields)}{'=' if form == 'exact' else ':'}"


def _terms(terms: tuple[tuple[str, int], ...]) -> str:
    """Gaps are shown as dots: `"رئيس · وزراء"`."""
    if len(terms) == 1:
        return terms[0][0]
    words = ["·"] * (terms[-1][1] + 1)
    for term, offset in terms:
        words[offset] = term
    return '"' + " ".join(words) + '"'


def _word(text: str) -> str:
    return text if text.isalnum() and not is_operator(text) else _escaped(text)


def _escaped(text: str) -> str:
    """With a backslash before the first character and every sign, so that it can only be read as a word."""
    return "\\" + text[0] + "".join(c if c.isalnum() or c == "_" else "\\" + c for c in text[1:])


def _quoted(text: str) -> str:
    return '"' + "".join("\\" + char if char in '"“”„\\' else char for char in text) + '"'


def _alternatives(values: list[str]) -> str:
    return values[0] if len(values) == 1 else "(" + " OR ".join(values) + ")"


def _date(at: datetime | None) -> str:
    return at.isoformat() if at else "*"
