"""What an outlet changed in an article after publishing it, as pairs of text with the edited words marked (pure)."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from typing import Literal, TypedDict

from workers.arabic.tokens import tokenize
from workers.dedupe.revisions import compare
from workers.model import Article, Paragraph
from workers.search.highlight import CLOSE, OPEN

MOST = 6
"""Edits that are shown; the number of all is told."""
LONGEST = 240
"""Characters of a text that are shown, around its first edited word."""


class Edit(TypedDict):
    """One edit; `old` or `new` is empty where something was only put in or taken out."""

    place: Literal["title", "text"]
    old: str
    new: str


def text_of(article: Article) -> str:
    """What is compared of a state: the title, then a line a paragraph."""
    return "\n".join(" ".join(text.split("\n")) for text in (article.title, *(p.text for p in article.paragraphs)))


def edits(before: str, article: Article) -> list[Edit]:
    """How `article` differs from the state whose `text_of` was `before`."""
    revision = compare(_state(article, before), _state(article, text_of(article)))
    if revision is None:
        return []
    found = [_edit("title", *revision.title)] if revision.title else []
    return found + [_edit("text", change.old, change.new) for change in revision.changes]


def _state(article: Article, text: str) -> Article:
    title, *paragraphs = text.split("\n")
    return replace(article, title=title, paragraphs=tuple(map(Paragraph, paragraphs)), deleted_at=None)


def _edit(place: Literal["title", "text"], old: str, new: str) -> Edit:
    marks = _edited(old, new) if old and new else ([], [])
    return Edit(place=place, old=_marked(old, marks[0]), new=_marked(new, marks[1]))


_Spans = list[tuple[int, int]]


def _edited(old: str, new: str) -> tuple[_Spans, _Spans]:
    """Where the words stand that are in one text and not in the other."""
    one, other = tokenize(old), tokenize(new)
    went: _Spans = []
    came: _Spans = []
    matcher = SequenceMatcher(None, [t.key for t in one], [t.key for t in other], autojunk=False)
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        if i < i_end:
            went.append((one[i].start, one[i_end - 1].end))
        if j < j_end:
            came.append((other[j].start, other[j_end - 1].end))
    return went, came


def _marked(text: str, spans: _Spans) -> str:
    first = max(0, (spans[0][0] if spans else 0) - LONGEST // 3)
    first = text.rfind(" ", 0, first) + 1 if first else 0
    last = len(text) if len(text) <= first + LONGEST else text.rfind(" ", first, first + LONGEST)
    parts, at = ["\u2026" if first else ""], first
    for start, end in spans:
        if start < at:  # one sign of several words, ﷺ, which is marked already
            continue
        if end > last:
            break
        parts += [text[at:start], OPEN, text[start:end], CLOSE]
        at = end
    return "".join([*parts, text[at:last], "\u2026" if last < len(text) else ""])


def summary(found: list[Edit]) -> str:
    """The edits on one line: `− old + new`, for channels of plain text and for the history."""
    signs = (f"{sign} {text}" for edit in found for sign, text in (("\u2212", edit["old"]), ("+", edit["new"])) if text)
    return " ".join(signs).replace(OPEN, "").replace(CLOSE, "")[: 3 * LONGEST]
