"""What matched, in the text as printed: fragments with the words between U+0002 and U+0003.

Made from the analyser's offsets, not by an index: so both indexes, alerts and the terminal show the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from workers.search.positions import edits, spans, starts
from workers.search.tree import NAME_FIELDS, Close, Form, Query, Resolved, Sequence, StartsWith, Window, wanted

if TYPE_CHECKING:
    from workers.arabic.analysis import Analyzer, Term

FORMS: tuple[Form, ...] = ("stem", "exact")
OPEN, CLOSE = "\u0002", "\u0003"
MARKED = re.compile(f"{OPEN}(.*?){CLOSE}", re.DOTALL)
"""What stands between the two."""
FRAGMENT = 180
"""Characters of a fragment, about two lines of a terminal."""
_BREAK = re.compile(r"(?<=[.!?؟؛\n])\s+")


def highlight(
    texts: Mapping[str, str],
    query: Query,
    analyzer: Analyzer,
    *,
    marks: Iterable[tuple[str, int, int]] = (),
    fragments: int = 2,
) -> dict[str, tuple[str, ...]]:
    """Field → fragments of `texts` in which leaves of the resolved `query` matched; fields without one are left out.

    A title comes whole; a longer text gives its `fragments` best ones, in the order of the text. `marks`: further
    spans (field, start, end), such as the mentions of an entity that was asked for.
    """
    leaves = list(wanted(query))
    given: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
    for field, start, end in marks:
        given[field].add((start, end))
    found = {}
    for field, text in texts.items():
        if spots := _merged(sorted([*given[field], *marked(text, field, leaves, analyzer)])):
            found[field] = _fragments(text, spots, fragments)
    return found


def marked(text: str, field: str, leaves: list[Query], analyzer: Analyzer) -> list[tuple[int, int]]:
    """Offsets (start, end) of the words of `text` that match, ascending, disjoint.

    A name that was asked of `person` and the like is marked in title and text.
    """
    mine = [leaf for leaf in leaves if _asks(leaf, field)]
    places: set[tuple[int, int]] = set()
    for form in FORMS:
        asked = [leaf for leaf in mine if isinstance(leaf, Resolved) and leaf.form == form]
        if asked:
            places |= _places(text, form, asked, analyzer)
    return _merged(sorted(places))


def _asks(leaf: Query, field: str) -> bool:
    fields = leaf.fields if isinstance(leaf, Resolved) else ()
    return field in fields or (field in {"title", "subtitle", "body"} and not set(NAME_FIELDS).isdisjoint(fields))


def _places(text: str, form: Form, leaves: Iterable[Query], analyzer: Analyzer) -> set[tuple[int, int]]:
    terms = analyzer.stem(text) if form == "stem" else analyzer.exact(text)
    words: dict[str, list[int]] = defaultdict(list)
    at: dict[int, Term] = {}
    for term in terms:
        words[term.term].append(term.position)
        at[term.position] = term
    return {(at[place].start, at[place].end) for leaf in leaves for place in _matching(leaf, words)}


def _matching(leaf: Query, words: Mapping[str, list[int]]) -> Iterator[int]:
    match leaf:
        case Sequence():
            for start in starts(words, leaf):
                yield from (start + offset for _, offset in leaf.terms)
        case Window(parts=parts):
            for chosen in spans(words, leaf):
                for start, part in zip(chosen, parts, strict=True):
                    yield from (start + offset for _, offset in part.terms)
        case StartsWith(prefix=prefix):
            for term, places in words.items():
                if term.startswith(prefix):
                    yield from places
        case Close(term=wanted_term, distance=distance):
            for term, places in words.items():
                if edits(term, wanted_term, distance):
                    yield from places


def _merged(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in places:
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _fragments(text: str, marks: list[tuple[int, int]], most: int) -> tuple[str, ...]:
    if len(text) <= FRAGMENT:
        return (_mark(text, 0, len(text), marks),)
    pieces = [(start, end, [m for m in marks if start <= m[0] and m[1] <= end]) for start, end in _pieces(text, marks)]
    best = sorted(pieces, key=lambda piece: (-len({text[a:b] for a, b in piece[2]}), piece[0]))[:most]
    return tuple(_mark(text, start, end, inside) for start, end, inside in sorted(best))


def _pieces(text: str, marks: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Stretches of about `FRAGMENT` characters around the marks, cut between words, sentences where they fit."""
    done = 0
    for start, end in marks:
        if start < done:
            continue
        sentence = max((m.end() for m in _BREAK.finditer(text, max(0, start - FRAGMENT), start)), default=0)
        left = sentence if start - sentence <= FRAGMENT // 2 else _space(text, start - FRAGMENT // 3, forward=True)
        left = max(done, left)
        right = max(end, _space(text, left + FRAGMENT, forward=False))
        if (stop := _BREAK.search(text, end, min(len(text), right))) is not None:
            right = stop.start()
        done = right
        yield left, right


def _space(text: str, at: int, *, forward: bool) -> int:
    if at <= 0 or at >= len(text):
        return max(0, min(at, len(text)))
    found = text.find(" ", at) + 1 if forward else text.rfind(" ", 0, at)
    return found if found > 0 else at


def _mark(text: str, start: int, end: int, marks: list[tuple[int, int]]) -> str:
    parts, at = [], start
    for left, right in marks:
        parts += [text[at:left], OPEN, text[left:right], CLOSE]
        at = right
    return " ".join("".join([*parts, text[at:end]]).split())
