"""The making of an extract, stages in order.

Metadata is read before pruning, because pruning removes what it is read from; the gate comes last, because only the
text that was found tells whether there is an article.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

import trafilatura
from lxml import etree
from lxml.html import HtmlElement

from workers.extract import blocks, dates, fallback, gate, metadata, names, prune, titles, tree
from workers.extract.metadata import Metadata
from workers.model import Extract, FeedEntry, Outlet, Paragraph, Profile
from workers.settings import ExtractSettings

logging.getLogger("trafilatura").setLevel(
    logging.CRITICAL
)  # it warns of every page without text; the gate says so better


def extract(
    html: str, *, url: str, outlet: Outlet, entry: FeedEntry | None, now: datetime, settings: ExtractSettings
) -> Extract:
    """The article that a decoded page holds. Raises `Drop` ("not_article" or "not_arabic", with the reason).

    `now`: aware; bounds and completes dates. `url`: the final address, for relative ones.
    """
    page = tree.parse(html, settings)
    found = metadata.read(page, url)
    gate.before(found, url)
    profile = outlet.profile
    chosen = _by_profile(page, found, profile)
    tree.slim(page)
    embeds = prune.mark_embeds(page)
    _drop(page, profile.drop)
    prune.prune(page)
    text, method = _text(page, profile, embeds)
    text, method = fallback.better(text, method, found, entry, settings)
    title = chosen.get("title") or titles.choose(found, entry.title if entry else "")
    text = _without_title(text, title)
    language = gate.after(text, title, gate.link_share(page, text), outlet, settings)
    published, source = dates.choose(
        found, entry, outlet, now=now, visible=_visible(page, title, chosen.get("date", ""))
    )
    return Extract(
        title=title,
        subtitle=_subtitle(chosen.get("subtitle") or found.subtitle, title),
        byline=chosen.get("byline") or names.choose(found, entry, outlet),
        published=published,
        published_source=source,
        canonical_url=found.canonical,
        image=found.image,
        caption=found.caption,
        paragraphs=text,
        language=language,
        method=method,
    )


def _by_profile(page: HtmlElement, found: Metadata, profile: Profile) -> dict[str, str]:
    """The fields for which the outlet's profile names a place."""
    paths = {"title": profile.title, "subtitle": profile.subtitle, "byline": profile.byline, "date": profile.date}
    return {name: text for name, path in paths.items() if path and (text := _first(page, path))}


def _first(page: HtmlElement, path: str) -> str:
    for item in page.xpath(path):
        if text := " ".join(item.split()) if isinstance(item, str) else tree.text_of(item):
            return text
    return ""


def _drop(page: HtmlElement, paths: Sequence[str]) -> None:
    for path in paths:
        for element in page.xpath(path):
            if isinstance(element, HtmlElement) and element.getparent() is not None:
                element.drop_tree()


def _text(page: HtmlElement, profile: Profile, embeds: dict[str, str]) -> tuple[tuple[Paragraph, ...], str]:
    for path in profile.body:
        containers = [element for element in page.xpath(path) if isinstance(element, HtmlElement)]
        if containers:
            return tuple(p for box in containers for p in blocks.container(box, embeds)), "profile"
    found = trafilatura.bare_extraction(
        page, fast=True, favor_precision=True, include_comments=False, with_metadata=False, include_tables=True
    )
    return (blocks.paragraphs(found.body, embeds) if found else ()), "trafilatura"


def _without_title(text: tuple[Paragraph, ...], title: str) -> tuple[Paragraph, ...]:
    """The title stands in its field: its repetition before the text goes."""
    return tuple(p for n, p in enumerate(text) if n > 3 or not titles.same(p.text, title))


def _subtitle(subtitle: str, title: str) -> str:
    return "" if titles.same(subtitle, title) else subtitle


def _visible(page: HtmlElement, title: str, chosen: str) -> Iterator[str]:
    """Short texts around the headline that may be dates, nearest first: where no markup says which is the date."""
    if chosen:
        yield chosen
    headline = next(
        (e for e in page.iter("h1", "h2", "h3", "span", "div", "td") if titles.same(tree.text_of(e), title)), None
    )
    if headline is None:
        return
    after = list(_near(headline))
    yield from after


def _near(headline: HtmlElement) -> Iterator[str]:
    seen = 0
    for event, element in etree.iterwalk(headline.getroottree(), events=("start",)):
        if element is headline:
            seen = 1
            continue
        if seen:
            seen += 1
            for text in (element.text, element.tail):
                if text and 6 <= len(text.strip()) <= 60:
                    yield text.strip()
            if seen > 60:
                return
