"""Other extractors, each as `html, url → Told`. From the bench extra; one that is not installed is left out."""

from __future__ import annotations

import contextlib
import importlib
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

from workers.bench.pages import Told

Extractor = Callable[[str, str], Told]


def available() -> dict[str, Extractor]:
    """Name → extractor, of those whose package can be imported."""
    found = {}
    for name, (package, function) in _ALL.items():
        with contextlib.suppress(ImportError):
            importlib.import_module(package)
            found[name] = function
    for noisy in ("newspaper", "readability", "goose3", "trafilatura", "justext"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    return found


@contextlib.contextmanager
def no_network() -> Iterator[None]:
    """Some fetch pictures while they parse: here every look-up fails at once."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError("no network in a measurement")

    kept = socket.getaddrinfo
    socket.getaddrinfo = refuse
    try:
        yield
    finally:
        socket.getaddrinfo = kept


def _trafilatura(html: str, url: str) -> Told:
    import trafilatura  # noqa: PLC0415 - each rival is imported when it runs

    found: Any = trafilatura.bare_extraction(html, url=url or None, with_metadata=True)
    if found is None:
        return Told(title="", byline="")
    return Told(text=found.text or "", title=found.title or "", byline=found.author or "", published=found.date or "")


def _newspaper(html: str, url: str) -> Told:
    import newspaper  # noqa: PLC0415

    article = newspaper.Article(url or "https://example.com/", language="ar", fetch_images=False)
    article.download(input_html=html)
    article.parse()
    return Told(text=article.text, title=article.title or "", byline="، ".join(article.authors),
                published=article.publish_date.date().isoformat() if article.publish_date else "")  # fmt: skip


def _goose(html: str, _: str) -> Told:
    from goose3 import Goose  # noqa: PLC0415
    from goose3.text import StopWordsArabic  # noqa: PLC0415

    found = Goose({"stopwords_class": StopWordsArabic, "enable_image_fetching": False}).extract(raw_html=html)
    return Told(text=found.cleaned_text or "", title=found.title or "", byline="، ".join(found.authors or ()),
                published=str(found.publish_date or ""))  # fmt: skip


def _readability(html: str, _: str) -> Told:
    from lxml.html import document_fromstring  # noqa: PLC0415
    from readability import Document  # noqa: PLC0415

    page = Document(html)
    return Told(text=str(document_fromstring(page.summary()).xpath("string()")), title=page.short_title())


def _resiliparse(html: str, _: str) -> Told:
    from resiliparse.extract.html2text import extract_plain_text  # noqa: PLC0415

    return Told(text=extract_plain_text(html, main_content=True))


def _justext(html: str, _: str) -> Told:
    import justext  # noqa: PLC0415

    paragraphs = justext.justext(html, justext.get_stoplist("Arabic"))
    return Told(text="\n".join(p.text for p in paragraphs if not p.is_boilerplate))


_ALL: dict[str, tuple[str, Extractor]] = {
    "trafilatura": ("trafilatura", _trafilatura),
    "newspaper4k": ("newspaper", _newspaper),
    "goose3": ("goose3", _goose),
    "readability-lxml": ("readability", _readability),
    "resiliparse": ("resiliparse", _resiliparse),
    "jusText": ("justext", _justext),
}
