"""Plain text to an extract: paragraphs stand on lines, and the first lines may be title, byline and caption."""

from __future__ import annotations

import re

from workers.errors import Drop
from workers.extract import language as languages
from workers.model import Extract, FeedEntry, Outlet, Paragraph

_DATELINE = re.compile(r"^[^.!?؟:]{2,60}?\s*(?:\([^)]{2,40}\)|/[^/]{2,30}/)?\s*[-–—ـ]{1,2}\s")
_SENTENCE_END = re.compile(r"[.!؛,،:]\s*[\"”»’)\]]*$")
_NAME = re.compile(r"[\u0621-\u064aA-Za-z]{2,}(?: [\u0621-\u064aA-Za-z.]{2,}){1,3}$")
"""Two to four words of letters only."""
_MAX_TITLE = 200


def from_text(
    text: str,
    *,
    url: str = "",
    outlet: Outlet | None = None,
    entry: FeedEntry | None = None,
) -> Extract:
    """An extract of `text`; raises `Drop` when it is empty or, with an outlet, not in its languages."""
    lines = [" ".join(line.split()) for line in text.replace("\ufeff", "").splitlines()]
    filled = [number for number, line in enumerate(lines) if line]
    if not filled:
        raise Drop("not_article", "empty text")
    found = languages.detect(text)
    if outlet is not None and found not in outlet.languages:
        raise Drop("not_arabic", f"language: {found or 'undecided'}")
    title = entry.title if entry else ""
    byline = caption = ""
    start = 0
    if _is_title(lines, filled):
        title, start = lines[filled[0]], filled[0] + 1
        byline, caption, start = _head(lines, start)
    body = tuple(Paragraph(line) for line in lines[start:] if line)
    return Extract(
        title=title,
        byline=byline,
        caption=caption,
        paragraphs=tuple(_with_headings(body)),
        published=entry.published if entry else None,
        published_source=entry.published_source if entry else "",
        canonical_url=url or None,
        language=found,
        method="text",
    )


def _is_title(lines: list[str], filled: list[int]) -> bool:
    """Short, without a sentence's end, no dateline, and text follows that is longer."""
    first = lines[filled[0]]
    if len(filled) < 2 or len(first) > _MAX_TITLE or _DATELINE.match(first) or _SENTENCE_END.search(first):
        return False
    return max(len(lines[number]) for number in filled[1:]) > len(first)


def _head(lines: list[str], start: int) -> tuple[str, str, int]:
    """Byline, caption and where the text begins, when a block of short lines stands between title and text.

    The block is one or two lines that a blank line parts from a longer one: a name, then what the picture shows.
    """
    block = []
    for number in range(start, len(lines)):
        if lines[number]:
            block.append(number)
        elif block:
            break
    if not 1 <= len(block) <= 2 or not _NAME.match(lines[block[0]]) or any(len(lines[n]) > 120 for n in block):
        return "", "", start
    caption = lines[block[1]] if len(block) == 2 else ""
    return lines[block[0]], caption, block[-1] + 1


def _with_headings(body: tuple[Paragraph, ...]) -> list[Paragraph]:
    """A short line without a sentence's end between two long ones is a sub-heading."""
    kept = list(body)
    for number in range(1, len(body) - 1):
        before, line, after = (body[n].text for n in (number - 1, number, number + 1))
        if len(line) <= 60 and not re.search(r"[.!،؛,:]$", line) and len(before) > 80 and len(after) > 80:
            kept[number] = Paragraph(line, "heading")
    return kept
