"""trafilatura's result tree to paragraphs with their kinds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from workers.model import Paragraph, ParagraphKind

_KINDS: dict[str, ParagraphKind] = {
    "p": "paragraph", "head": "heading", "quote": "quote", "item": "item", "row": "item", "list": "item",
    "table": "item", "code": "paragraph", "div": "paragraph", "body": "paragraph", "cell": "item",
}  # fmt: skip
_WRAPPED = 50
"""Characters; a shorter line was not broken for its length."""
_BREAK = "\u2028"
_SENTENCE_END = re.compile(r"[.!?؟…:؛»”\"')\]]$")


def paragraphs(body: Any, embeds: Iterable[str] = ()) -> tuple[Paragraph, ...]:
    """The blocks of `body` in order; never an empty one. A text that is one of `embeds` is an embedded post."""
    known = frozenset(embeds)
    return tuple(
        Paragraph(line, "embed" if line in known else kind)
        for kind, text in _walk(body, "paragraph")
        for line in lines(text)
    )


def lines(text: str) -> Iterator[str]:
    """Split at line breaks that end something: a doubled one, one after a sentence's end or after a short line.

    Others wrap a line.
    """
    pending = ""
    for number, raw in enumerate(text.split(_BREAK)):
        piece = " ".join(raw.split())
        if number and pending and (not piece or len(pending) < _WRAPPED or _SENTENCE_END.search(pending)):
            yield pending
            pending = ""
        pending = f"{pending} {piece}".strip()
    if pending:
        yield pending


def _walk(element: Any, kind: ParagraphKind) -> Iterator[tuple[ParagraphKind, str]]:
    run = element.text or ""
    for child in element:
        tag = child.tag
        if tag == "lb":
            run += _BREAK
        elif tag in _KINDS:
            if run.strip():
                yield kind, run
            run = ""
            if tag == "row":
                yield "item", _row(child)
            else:
                yield from _walk(child, "quote" if kind == "quote" else _KINDS[tag])
        elif tag not in ("graphic", "done"):
            run += _inline(child)
        run += child.tail or ""
    if run.strip():
        yield kind, run


def _inline(element: Any) -> str:
    text = element.text or ""
    for child in element:
        text += (_BREAK if child.tag == "lb" else _inline(child)) + (child.tail or "")
    return text


def _row(row: Any) -> str:
    cells = [" ".join("".join(cell.itertext()).split()) for cell in row]
    return " | ".join(cell for cell in cells if cell)


_HTML_KINDS: dict[str, ParagraphKind] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    "blockquote": "quote", "li": "item", "dt": "item", "dd": "item", "tr": "item",
    **dict.fromkeys(("p", "div", "section", "article", "ul", "ol", "dl", "figure", "figcaption", "pre", "table",
                     "tbody", "header", "footer", "aside", "main", "center", "td", "th", "hr", "address"), "paragraph"),
}  # fmt: skip
_SKIPPED = frozenset(
    ("script", "style", "noscript", "iframe", "form", "button", "select", "textarea", "figcaption", "nav", "svg")
)


def container(box: Any, embeds: Iterable[str] = ()) -> tuple[Paragraph, ...]:
    """The blocks of an HTML element that is known to hold nothing but the article."""
    known = frozenset(embeds)
    return tuple(
        Paragraph(line, "embed" if line in known else kind)
        for kind, text in _walk_html(box, "paragraph")
        for line in lines(text)
    )


def _walk_html(element: Any, kind: ParagraphKind) -> Iterator[tuple[ParagraphKind, str]]:
    run = element.text or ""
    for child in element:
        tag = child.tag
        if tag == "br":
            run += _BREAK
        elif tag in _HTML_KINDS or _has_block(child):
            if run.strip():
                yield kind, run
            run = ""
            if tag not in _SKIPPED:
                own = _HTML_KINDS.get(tag, "paragraph")
                yield from _walk_html(child, kind if own == "paragraph" and kind in ("quote", "item") else own)
        elif isinstance(tag, str) and tag not in _SKIPPED:
            run += _inline_html(child)
        run += child.tail or ""
    if run.strip():
        yield kind, run


def _has_block(element: Any) -> bool:
    return any(child.tag in _HTML_KINDS for child in element.iterdescendants())


def _inline_html(element: Any) -> str:
    text = element.text or ""
    for child in element:
        if child.tag == "br":
            text += _BREAK
        elif child.tag not in _SKIPPED:
            text += _inline_html(child)
        text += child.tail or ""
    return text
