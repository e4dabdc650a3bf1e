"""The paragraphs of the article's container: by the outlet's profile where it names one, else by trafilatura.

trafilatura sees the container alone: it cannot be misled by the rest of the page, and has less to do.
"""

from __future__ import annotations

import logging
from copy import copy

import trafilatura
from lxml.html import HtmlElement, document_fromstring
from trafilatura.settings import Document

from workers.extract import blocks, body, prune
from workers.model import Paragraph, Profile

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
"""It warns of every page without text; the gate says so better."""


def main_text(
    page: HtmlElement, profile: Profile, embeds: dict[str, str], boxes: list[HtmlElement], running: body.Running
) -> tuple[tuple[Paragraph, ...], str]:
    """The paragraphs and the way that gave them. `boxes`: what `body.find` found; empty: the whole page."""
    for path in profile.body:
        containers = [element for element in page.xpath(path) if isinstance(element, HtmlElement)]
        if containers:
            return tuple(p for box in containers for p in blocks.container(box, embeds)), "profile"
    if not boxes and not body.has_running_text(page, running):
        return (), ""
    *ledes, box = boxes or [page]
    lede = tuple(p for one in ledes for p in blocks.container(one, embeds))
    _open_links(box, running)
    if box is page:
        return _by_trafilatura(page, embeds), "trafilatura"
    return (*lede, *_by_trafilatura(_alone(box), embeds)), "trafilatura"


def _open_links(box: HtmlElement, running: body.Running) -> None:
    """Links inside running text become text: trafilatura's precision mode drops a paragraph in a block of its own for
    one linked name."""
    for paragraph in box.iter("p", "blockquote", "li"):
        if running(paragraph):
            for link in list(paragraph.iter("a")):
                link.drop_tag()


def _by_trafilatura(page: HtmlElement, embeds: dict[str, str]) -> tuple[Paragraph, ...]:
    prune.drop_link_blocks(page)
    found = trafilatura.bare_extraction(
        page, fast=True, favor_precision=True, include_comments=False, with_metadata=False, include_tables=True
    )
    return blocks.paragraphs(found.body, embeds) if isinstance(found, Document) else ()


def _alone(box: HtmlElement) -> HtmlElement:
    """A page with nothing but the container, named as trafilatura knows it."""
    page: HtmlElement = document_fromstring("<html><body><article></article></body></html>")
    article = page.find(".//article")
    article.append(copy(box))
    return page
