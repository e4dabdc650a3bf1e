"""Words with their places as one column of the embedded index holds them, and the checks that FTS5 cannot make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from workers.arabic.analysis import Term
from workers.search.positions import holds, starts
from workers.search.sqlite import GAP, Condition, encode
from workers.search.tree import VALUE_GAP, Query, Sequence, Window


def encoded(values: list[list[Term]]) -> str:
    """The terms of a field's values in their order, a placeholder wherever positions hold none."""
    words: list[str] = []
    base = end = 0
    for terms in values:
        for term in terms:
            place = base + term.position
            if place > end:
                words.append(f"{GAP}{place - end}")
            words.append(encode(term.term))
            end = place + 1
        base = end + VALUE_GAP
    return " ".join(words)


def _positions(column: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    place = 0
    for word in column.split(" "):
        if word.startswith(GAP):
            place += int(word[1:])
        else:
            found[word].append(place)
            place += 1
    return found


def checker(found: Condition) -> Callable[..., bool]:
    """The SQL function `holds(key, …columns)`: whether a sequence or window stands in one of the columns."""
    checks = {key: _encoded_query(query) for key, query in found.checks.items()}

    def check(key: str, *columns: str) -> bool:
        query = checks[key]
        for column in columns:
            words = _positions(column) if column else {}
            if words and (holds(words, query) if isinstance(query, Window) else bool(starts(words, query))):
                return True
        return False

    return check


def _encoded_query(query: Query) -> Sequence | Window:
    match query:
        case Sequence(fields, form, terms):
            return Sequence(fields, form, tuple((encode(term), offset) for term, offset in terms))
        case Window(fields, form, parts, distance, ordered):
            inner = tuple(Sequence(p.fields, p.form, tuple((encode(t), o) for t, o in p.terms)) for p in parts)
            return Window(fields, form, inner, distance, ordered)
        case _:
            raise TypeError(type(query).__name__)
