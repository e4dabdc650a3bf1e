"""The sentences in which a rule matched, the matched words marked: why an alert fired."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workers.model import Article, Mention
from workers.search import patterns
from workers.search.highlight import CLOSE, OPEN, marked
from workers.search.tree import DEFAULT_FIELDS, NAME_FIELDS, Keyword, Pattern, Query, wanted
from workers.search.words import Words

LONGEST = 320
"""Characters of a sentence that are shown; a longer one is cut around its first marked word."""

_SENTENCE = re.compile(r"[^\n]*?(?:[.!?\u061f\u06d4\u2026]+[\"'\u00bb\u201d)]*(?=\s|$)|(?=\n)|$)")
"""Ends: full stop, !, ?, Arabic question mark, Arabic full stop, ellipsis, each with closing quotes; a line's end."""

Span = tuple[int, int]


def highlights(query: Query, words: Words, *, most: int = 3) -> tuple[str, ...]:
    """Up to `most` sentences with words that speak for the match of the resolved `query`, the title first.

    A query that no printed word speaks for (an outlet, a date) gives none.
    """
    found: list[str] = []
    for field, marks in spans(query, words).items():
        found += _sentences(words.texts[field][0], marks)
    return tuple(found[:most])


def spans(query: Query, words: Words) -> dict[str, list[Span]]:
    """Field → where the words stand that speak for the match, ascending and apart, in the order of `DEFAULT_FIELDS`."""
    leaves = list(wanted(query))
    named = [_place(mention) for mention in _mentions(leaves, words)]
    found: dict[str, list[Span]] = {}
    for field in DEFAULT_FIELDS:
        if field not in words.texts:
            continue
        marks = {*marked(words.texts[field][0], field, leaves, words.analyzer)}
        marks |= {span for name, span in named if name == field}
        asked = [leaf for leaf in leaves if isinstance(leaf, Pattern) and field in patterns.fields_of(leaf)]
        marks |= {span for leaf in asked for span in patterns.spans(leaf.text, words.texts[field][0])}
        if marks:
            found[field] = _apart(sorted(marks))
    return found


def _mentions(leaves: list[Query], words: Words) -> Iterator[Mention]:
    """The names that the leaves about names and entities mean."""
    for mention in words.article.mentions:
        kind = mention.kind if mention.kind in NAME_FIELDS else "other"
        if any(_is_meant(mention, kind, leaf, leaves, words) for leaf in leaves):
            yield mention


def _is_meant(mention: Mention, kind: str, leaf: Query, leaves: list[Query], words: Words) -> bool:
    if isinstance(leaf, Keyword):
        return leaf.field == "entity" and mention.entity is not None and mention.entity in leaf.values
    if kind not in getattr(leaf, "fields", ()):
        return False
    return bool(marked(mention.surface, kind, leaves, words.analyzer))


def _place(mention: Mention) -> tuple[str, Span]:
    return mention.field, (mention.start, mention.end)


def _apart(marks: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for start, end in marks:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _sentences(text: str, marks: list[Span]) -> Iterator[str]:
    for found in _SENTENCE.finditer(text):
        inside = [mark for mark in marks if found.start() <= mark[0] < found.end()]
        if inside:
            yield _marked(text, found.start(), found.end(), inside)


def _marked(text: str, start: int, end: int, marks: list[Span]) -> str:
    first, last = _cut(text, start, end, marks[0])
    parts, at = ["\u2026" if first > start else ""], first
    for begin, stop in marks:
        if stop > last:
            break
        parts += [text[at:begin], OPEN, text[begin:stop], CLOSE]
        at = stop
    parts += [text[at:last], "\u2026" if last < end else ""]
    return "".join(parts).strip()


def _cut(text: str, start: int, end: int, mark: Span) -> Span:
    """The part of a sentence that is shown: whole words around the first mark."""
    if end - start <= LONGEST:
        return start, end
    first = max(start, mark[0] - LONGEST // 2)
    last = min(end, max(first + LONGEST, mark[1]))
    if first > start:
        first = min(mark[0], text.find(" ", first, mark[0]) + 1 or mark[0])
    if last < end:
        last = max(mark[1], text.rfind(" ", mark[1], last))
    return first, last


def opening(article: Article) -> tuple[str, ...]:
    """What is shown where nothing can be marked: the first sentence of the body."""
    found = (match[0].strip() for match in _SENTENCE.finditer(article.body))
    return tuple(sentence for sentence in found if sentence)[:1]
