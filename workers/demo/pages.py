"""A sample as its outlet prints it: pages, feeds and robots.txt, in the outlet's charset."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workers.demo.samples import FOLDER, Sample, SampleFeed, SampleOutlet

EXCERPT = 45
"""Words of an excerpt, as blog software cuts them."""


def render(name: str, **values: object) -> str:
    """The template samples/templates/`name`.html.j2, filled."""
    return _templates().get_template(f"{name}.html.j2").render(**values)


def render_page(outlet: SampleOutlet, sample: Sample, root: str) -> bytes:
    """The HTML of `sample` as its outlet serves it from `root`."""
    others = [other for other in outlet.samples if other.id != sample.id and other.is_article]
    text = render(
        sample.page or outlet.template,
        outlet=outlet,
        article=sample,
        root=root,
        url=root + sample.path,
        printed=printed_date(outlet, sample.published),
        related=others[:4],
        popular=others[4:9],
        newest=others[:12],
        schema=_schema(outlet, sample, root),
    )
    return _encode(text, outlet.charset)


def render_feed(outlet: SampleOutlet, feed: SampleFeed, items: Iterable[Sample], root: str) -> bytes:
    """The XML of `feed`, with `items` newest first, their addresses below `root`."""
    rows = [
        {
            "sample": sample,
            "link": root + (tracked(sample.address) if feed.tracking else sample.address),
            "date": _feed_date(outlet, feed, sample.published),
            "excerpt": _excerpt(sample) if feed.content != "none" else "",
            "full": _full(sample) if feed.content == "full" else "",
        }
        for sample in items
    ]
    template = _templates().get_template(f"feed-{feed.format}.xml.j2")
    text = template.render(outlet=outlet, feed=feed, items=rows, root=root, self_url=root + feed.path)
    if feed.behaviour == "broken":
        text = _broken(text)
    return _encode(text, feed.charset)


def picture(path: str) -> bytes:
    """A drawn stand-in for the photo at `path`: sky and ground in colours of its own."""
    hue = sum(path.encode()) % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 400">'
        f'<rect width="780" height="400" fill="hsl({hue},45%,78%)"/>'
        f'<circle cx="610" cy="110" r="46" fill="hsl({(hue + 40) % 360},80%,92%)"/>'
        f'<path d="M0 330 L190 190 L340 300 L480 220 L780 350 V400 H0Z" fill="hsl({hue},30%,42%)"/></svg>'
    ).encode()


def printed_date(outlet: SampleOutlet, when: datetime) -> str:
    """`when` in the outlet's own words and order."""
    return outlet.date_style.format(
        weekday=outlet.weekdays[when.weekday()],
        day=when.day,
        month=outlet.months[when.month - 1],
        month_number=when.month,
        year=when.year,
        hour=when.hour,
        minute=f"{when.minute:02d}",
    )


def tracked(path: str) -> str:
    """`path` with the parameters that feeds for aggregators append."""
    return path + ("&" if "?" in path else "?") + "utm_source=aggregator&utm_medium=rss&utm_campaign=feed"


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _encode(text: str, charset: str) -> bytes:
    """Characters that the charset lacks become references, as a browser's form would have sent them."""
    return text.encode(charset, "xmlcharrefreplace")


def _feed_date(outlet: SampleOutlet, feed: SampleFeed, when: datetime) -> str:
    match feed.dates:
        case "iso":
            return when.isoformat()
        case "naive":
            return f"{when:%Y-%m-%d %H:%M:%S}"
        case "arabic":
            return printed_date(outlet, when)
        case _:
            return format_datetime(when.astimezone(UTC))


def _excerpt(sample: Sample) -> str:
    words = f"{sample.dateline} {' '.join(sample.paragraphs)}".split()
    return " ".join(words[:EXCERPT]) + (" […]" if len(words) > EXCERPT else "")


def _full(sample: Sample) -> str:
    return "".join(f"<p>{Markup.escape(text)}</p>" for text in printed_lines(sample))


def printed_lines(sample: Sample) -> list[str]:
    """The article's lines as printed: dateline in front, boilerplate among them, the agency's credit last."""
    lines = [block.text for block in sample.blocks]
    if sample.dateline and lines:
        lines[0] = f"{sample.dateline} {lines[0]}"
    return [*lines, sample.signature] if sample.signature else lines


def _broken(text: str) -> str:
    """Defects seen in real feeds: a bare ampersand, a control character, a name without namespace, no end."""
    text = text.replace("<channel>", "<channel>\n<media:rating>nonadult</media:rating>", 1)
    text = text.replace("<item>", "<item>\x0b", 1)
    return text.replace("</channel>", "").replace("</rss>", "").replace(" &amp; ", " & ")


def _schema(outlet: SampleOutlet, sample: Sample, root: str) -> Markup:
    """schema.org data of the article, as publishing systems write it."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": root + sample.path},
        "headline": sample.title,
        "datePublished": sample.published.isoformat(),
        "dateModified": sample.published.isoformat(),
        "inLanguage": sample.language,
        "author": {"@type": "Person" if sample.byline else "Organization", "name": sample.byline or outlet.name},
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet.name, "url": root + "/"},
        "image": f"{root}/media/{sample.id}.jpg",
        "articleSection": sample.section,
        "articleBody": "\n\n".join(printed_lines(sample)),
    }
    text = json.dumps(data, ensure_ascii=False, indent=1).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 - "<" is escaped above, so that nothing can end the script element
