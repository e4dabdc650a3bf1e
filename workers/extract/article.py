"""The making of an extract, stages in order.

Metadata is read before pruning, because pruning removes what it is read from; the headline is found before it too,
because the article is what follows it; the gate comes last, because only the text that was found tells whether there
is an article.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial

from lxml.html import HtmlElement

from workers.extract import body, dates, fallback, gate, headline, metadata, names, near, prune, teasers, titles, tree
from workers.extract.main_text import main_text
from workers.model import Extract, FeedEntry, Outlet, Paragraph, Profile
from workers.settings import ExtractSettings


def extract(
    html: str, *, url: str, outlet: Outlet, entry: FeedEntry | None, now: datetime, settings: ExtractSettings
) -> Extract:
    """The article that a decoded page holds. Raises `Drop` ("not_article" or "not_arabic", with the reason).

    `now`: aware; bounds and completes dates. `url`: the final address, for relative ones.
    """
    page = tree.parse(html, settings)
    held = list(page.iter())  # lxml makes an element's Python object anew at each visit unless somebody holds it
    found = metadata.read(page, url)
    gate.before(found, url)
    profile = outlet.profile
    chosen = _by_profile(page, profile)
    tree.slim(page)
    held[:] = page.iter()
    embeds = prune.mark_embeds(page)
    _drop(page, profile.drop)
    running = cache(body.running)
    teasers.is_listing(page, found, running)
    title = chosen.get("title") or titles.choose(found, entry.title if entry else "", partial(headline.standing, page))
    heading = headline.find(page, title)
    before, after = headline.window(page, heading)
    kicker, writers = near.kicker(before, after, title), tuple(near.writers(before, after))
    visible = (*filter(None, [chosen.get("date", "")]), *headline.dates(before, after))
    _prune(page, heading, running)
    boxes = body.find(page, heading, running)
    subtitle = near.subtitle(after, boxes[-1] if boxes else None, title)
    text, method = main_text(page, profile, embeds, boxes, running)
    text, method = fallback.better(text, method, found, title, entry, settings)
    text = _without_title(text, title)
    links = gate.link_share(boxes[-1] if boxes else page, text)
    language = gate.after(text, title, links, found, outlet, settings)
    published, source = dates.choose(found, entry, outlet, now=now, visible=visible)
    return Extract(
        title=title,
        kicker=kicker,
        subtitle=_subtitle(chosen.get("subtitle") or subtitle or _no_lede(found.subtitle), title),
        byline=chosen.get("byline") or names.choose(found, entry, outlet, writers),
        published=published,
        published_source=source,
        canonical_url=found.canonical,
        image=found.image,
        caption=found.caption,
        paragraphs=text,
        language=language,
        method=method,
    )


def _by_profile(page: HtmlElement, profile: Profile) -> dict[str, str]:
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


def _prune(page: HtmlElement, heading: HtmlElement | None, running: body.Running) -> None:
    """All that is not this article and can be told by its markup or by its place."""
    headline.empty_run(heading)
    prune.drop_forms(page)
    prune.prune(page, heading)
    prune.drop_captions(page)
    teasers.drop(page, heading, running)
    headline.drop_further(page, heading, running)


def _without_title(text: tuple[Paragraph, ...], title: str) -> tuple[Paragraph, ...]:
    """The title stands in its field: its repetition before the text goes."""
    return tuple(p for n, p in enumerate(text) if n > 3 or not titles.same(p.text, title))


def _no_lede(subtitle: str) -> str:
    """A sub-title that the markup names, unless it is running text: that is the body's first paragraph."""
    return "" if body.is_prose(subtitle) else subtitle


def _subtitle(subtitle: str, title: str) -> str:
    return "" if titles.same(subtitle, title) else subtitle
