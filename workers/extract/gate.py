"""What is not an article. Each reason names what a reader would see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from workers.errors import Drop
from workers.extract.body import is_prose
from workers.extract.language import ARABIC_SCRIPT, detect
from workers.extract.metadata import Metadata
from workers.extract.tree import text_of
from workers.model import Outlet, Paragraph
from workers.settings import ExtractSettings

_LETTERS = re.compile(r"[^\W\d_]")
_SENTENCE = re.compile(r"[.!?؟…。:]\s|[.!?؟…][\"'”»)\]]?\s*$|[\u060c\u061b]")
_WAITING = re.compile(
    r"(?:جاري|جار|يتم)\s+(?:ال)?تحميل|الرجاء\s+الانتظار|(?:يرجى|الرجاء)\s+تفعيل|enable javascript|loading",
    re.IGNORECASE,
)
"""جاري التحميل, الرجاء الانتظار, يرجى تفعيل (جافا سكريبت): "loading", "please wait", "please enable (JavaScript)"."""
_SEARCH_PATH = re.compile(r"(?:^|/)search(?:/|\.|$)", re.IGNORECASE)
_SEARCH_QUERY = re.compile(r"(?:^|&)(?:s|q|query|search|keyword)=", re.IGNORECASE)


def before(found: Metadata, url: str) -> None:
    """What address and metadata alone tell: the home page, a search, a page that calls itself a list."""
    parts = urlsplit(url)
    if url and parts.path.rstrip("/") in ("", "/ar", "/index.php", "/index.html") and not parts.query:
        raise Drop("not_article", "home page")
    if _SEARCH_PATH.search(parts.path) or (parts.path in ("", "/") and _SEARCH_QUERY.search(parts.query)):
        raise Drop("not_article", "search page")
    if found.is_list and found.meta.get("og:type", "").lower() != "article":
        raise Drop("not_article", "listing page")


def after(
    paragraphs: Sequence[Paragraph],
    title: str,
    links: float,
    found: Metadata,
    outlet: Outlet,
    settings: ExtractSettings,
) -> str:
    """Judge the extracted text; returns its language. `links`: share of its letters that stand in links, 0..1."""
    prose = [p.text for p in paragraphs if p.kind != "embed"]
    letters = sum(len(_LETTERS.findall(text)) for text in prose)
    if letters < settings.min_letters and not _is_flash(prose, letters, found, settings):
        raise Drop("not_article", _why_short(prose, paragraphs, letters))
    if links > settings.max_link_share:
        raise Drop("not_article", f"listing: {links:.0%} of the text stands in links")
    if not any(_is_prose(text) for text in prose):
        raise Drop("not_article", "listing: no running text")
    language = _among(detect("\n".join(prose)) or detect(title), outlet)
    if language not in outlet.languages:
        raise Drop("not_arabic", f"language: {language or 'undecided'}")
    return language


def _is_flash(prose: Sequence[str], letters: int, found: Metadata, settings: ExtractSettings) -> bool:
    """One sentence, on a page that says of itself that it is an article."""
    declared = bool(found.ld) or found.meta.get("og:type", "").lower() == "article"
    return declared and letters >= settings.min_flash_letters and any(is_prose(text) for text in prose)


def _among(language: str, outlet: Outlet) -> str:
    """Latin letters are taken for the outlet's language that is written so, where it has one."""
    if language != "und-Latn":
        return language
    return next((own for own in outlet.languages if own not in ARABIC_SCRIPT), language)


def _why_short(prose: Sequence[str], paragraphs: Sequence[Paragraph], letters: int) -> str:
    if not letters:
        return "no running text: a list, a gallery, a link or a shell"
    if any(_WAITING.search(text) for text in prose):
        return "text is loaded by a script"
    if paragraphs and all(p.kind == "embed" or p.text.startswith("http") for p in paragraphs):
        return "link only"
    return f"too short: {letters} letters"


def _is_prose(text: str) -> bool:
    return len(text) >= 60 and (bool(_SENTENCE.search(text)) or len(text) >= 160)


def link_share(tree: HtmlElement, paragraphs: Sequence[Paragraph]) -> float:
    """Share of the kept text that is the text of links on the page, by length."""
    total = sum(len(p.text) for p in paragraphs)
    if not total:
        return 0.0
    linked = {text_of(a) for a in tree.iter("a")}
    return sum(len(p.text) for p in paragraphs if p.text in linked) / total
