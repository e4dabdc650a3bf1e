"""Rasid's own page: search in a browser, right to left, over whichever index is configured.

A small WSGI application. Nothing of an article is rendered unescaped, no script runs, nothing is loaded from elsewhere:
the Content-Security-Policy allows this page's own style and nothing more. Meant for loopback or behind a proxy that
knows who may read.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from workers.arabic.bidi import strip_controls
from workers.errors import Fault, Retry, UserError
from workers.ports import Hit, Hits
from workers.search import article_page
from workers.search.faults import in_arabic
from workers.search.highlight import CLOSE, OPEN
from workers.search.service import MAX_WINDOW, SearchService

PER_PAGE = 20
MAX_QUERY_STRING = 16 * 1024
SORTS = ("relevance", "newest", "oldest")
POLICY = "default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
FACETS = ("outlet", "agency", "entity", "day")

_templates = Environment(loader=PackageLoader("workers.search", "templates"), autoescape=True, trim_blocks=True)
"""Autoescape is on for every template, whatever its name ends in."""


class Page:
    """The WSGI application over one search service."""

    def __init__(self, service: SearchService, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.service = service
        self.clock = clock
        self.style = _templates.get_template("page.css").render()
        digest = base64.b64encode(hashlib.sha256(self.style.encode()).digest()).decode()
        self.headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", POLICY.format(digest=digest)),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        ]  # fmt: skip

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, body = self.answer(environ)
        start_response(status, [*self.headers, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def answer(self, environ: WSGIEnvironment) -> tuple[str, bytes]:
        """The status line and the page."""
        text = environ.get("QUERY_STRING", "")
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return self.render("405 Method Not Allowed", faults=["only reading is possible here"])
        path = environ.get("PATH_INFO", "/")
        if path.startswith(article_page.PREFIX):
            return self.article(path.removeprefix(article_page.PREFIX))
        if path != "/":
            return self.render("404 Not Found", faults=["there is no such page"])
        if len(text) > MAX_QUERY_STRING:
            return self.render("414 URI Too Long", faults=["the question is too long"])
        asked = {name: values[0] for name, values in parse_qs(text, max_num_fields=20).items()}
        return self.search(asked)

    def search(self, asked: dict[str, str]) -> tuple[str, bytes]:
        """The page for what was asked."""
        query = asked.get("q", "").strip() or ("*" if asked.get("like") else "")
        if not query:
            return self.render("200 OK", asked=asked)
        try:
            hits = self.found(query, asked)
        except UserError as error:
            return self.render("400 Bad Request", asked=asked, faults=error.faults)
        except Retry as error:
            return self.render("503 Service Unavailable", asked=asked, faults=[error.reason])
        return self.render("200 OK", asked=asked, hits=hits)

    def article(self, id_: str) -> tuple[str, bytes]:
        """The page of one article."""
        try:
            found = self.service.index.get(id_) if id_ else None
            if found is None:
                return self.render("404 Not Found", faults=["the index has no such article"])
            return self.filled("200 OK", "article.html", article=article_page.shown(self.service, found, self.label))
        except Retry as error:
            return self.render("503 Service Unavailable", faults=[error.reason])

    def found(self, query: str, asked: dict[str, str]) -> Hits:
        """Ask the index."""
        request = self.service.request(
            query,
            now=self.clock(),
            since=asked.get("since") or None,
            until=asked.get("until") or None,
            outlets=[asked["outlet"]] if asked.get("outlet") else [],
            sort=asked.get("sort", "relevance") if asked.get("sort") in SORTS else "relevance",  # type: ignore[arg-type]
            limit=PER_PAGE,
            offset=(_page(asked) - 1) * PER_PAGE,
            stories=bool(asked.get("stories")),
            facets=FACETS,
        )
        return self.service.like(asked["like"], request) if asked.get("like") else self.service.search(request)

    def label(self, facet: str, value: str) -> str:
        """What people call a value: the Arabic name of an entity, an outlet or an agency."""
        if facet == "entity" and (entity := self.service.names.entity(value)) is not None:
            return entity.name
        if facet == "agency":
            return self.service.agencies.get(value, value)
        return self.service.outlets.name(value) if facet == "outlet" else value

    def render(
        self,
        status: str,
        *,
        asked: dict[str, str] | None = None,
        hits: Hits | None = None,
        faults: Iterable[Fault | str] = (),
    ) -> tuple[str, bytes]:
        """The search's page with everything that it shows."""
        asked = asked or {}
        return self.filled(
            status,
            "page.html",
            title=asked.get("q", ""),
            asked=asked,
            hits=hits,
            notes=[*map(in_arabic, hits.notes)] if hits else [],
            rows=[_row(hit, self.label) for hit in hits.hits] if hits else [],
            facets=[*_facets(hits, asked, self.label)] if hits else [],
            pages=_pages(hits, asked) if hits else {},
            instead=[*_instead(hits, asked)] if hits else [],
            faults=[_explained(fault, asked.get("q", "")) for fault in faults],
        )

    def filled(self, status: str, template: str, **values: Any) -> tuple[str, bytes]:
        """A template, with what all of them show."""
        style = Markup(self.style)  # noqa: S704 - our own file
        common = {"style": style, "sorts": SORTS, "index": self.service.index.name, "asked": {}, "faults": ()}
        if "article" in values:
            common["title"] = values["article"]["title"]
        return status, _templates.get_template(template).render({**common, **values}).encode()


_COLUMN = re.compile(r"query, column (\d+)")
_PLACES = {"query": "الاستعلام", "--since": "من", "--until": "إلى", "--like": "مثل"}
"""What the page calls the places of faults."""


def _explained(fault: Fault | str, query: str) -> dict[str, str]:
    """The fault's words and, where it stands in the query, what is before that place and what from there on."""
    if not isinstance(fault, Fault):
        return {"text": in_arabic(fault)}
    text = in_arabic(fault.problem) + (f" ({in_arabic(fault.mend)})" if fault.mend else "")
    found = _COLUMN.fullmatch(fault.place)
    if found is None:
        return {"text": f"{_PLACES.get(fault.place, fault.place)}: {text}"}
    at = int(found[1]) - 1
    return {"text": text, "column": found[1], "before": query[:at], "rest": query[at:]}


def _instead(hits: Hits, asked: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    """Link, query and number of articles of what to ask instead."""
    return ((_link({**asked, "q": other, "page": "1"}), other, count) for other, count in hits.instead)


def _row(hit: Hit, label: article_page.Label) -> dict[str, Any]:
    article = hit.article
    return {
        **article_page.heading(article, label),
        "title": _marked(hit.highlights.get("title", (article.title or article.url,))[0]),
        "reprint": article.kinship.duplicate_of,
        "here": article_page.address(article.id),
        "like": _link({"like": article.id}),
        "fragments": [_marked(part) for part in hit.highlights.get("body", ())] or [_marked(article.body[:200])],
    }


def _marked(text: str) -> Markup:
    """Escaped first, then the marks become elements: text cannot smuggle one in."""
    safe = str(escape(strip_controls(text)))
    return Markup(safe.replace(OPEN, "<mark>").replace(CLOSE, "</mark>"))  # noqa: S704 - escaped on the line above


def _facets(hits: Hits, asked: dict[str, str], label: Callable[[str, str], str]) -> Iterator[dict[str, Any]]:
    for name in FACETS:
        values = hits.facets.get(name, ())
        shown = values[-14:] if name == "day" else values[:10]
        most = max((count for _, count in shown), default=1)
        if shown:
            choices = [_choice(name, value, count, most, asked) for value, count in shown]
            yield {"name": name, "values": [{**choice, "label": label(name, choice["value"])} for choice in choices]}


def _choice(name: str, value: str, count: int, most: int, asked: dict[str, str]) -> dict[str, Any]:
    return {"value": value, "count": count, "share": count / most, "link": _narrowed(name, value, asked)}


def _narrowed(name: str, value: str, asked: dict[str, str]) -> str:
    field = "date" if name == "day" else name
    return _link({**asked, "q": f'({asked.get("q", "")}) {field}:"{value}"'.strip(), "page": "1"})


def _link(asked: dict[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in asked.items() if value})


def _page(asked: dict[str, str]) -> int:
    text = asked.get("page", "1")
    return min(max(int(text), 1), MAX_WINDOW // PER_PAGE) if text.isascii() and text.isdecimal() else 1


def _pages(hits: Hits, asked: dict[str, str]) -> dict[str, str]:
    page = _page(asked)
    found = {"before": _link({**asked, "page": str(page - 1)})} if page > 1 else {}
    if page * PER_PAGE < min(hits.total, MAX_WINDOW):
        found["after"] = _link({**asked, "page": str(page + 1)})
    return found
