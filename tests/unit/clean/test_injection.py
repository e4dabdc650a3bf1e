"""Every listed phrase, put into our own pages in every way, goes, and no sentence goes with it."""

from __future__ import annotations

import re
from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from workers.bench.pages import read_folder
from workers.clean import Cleaner
from workers.extract import extract
from workers.model import Outlet
from workers.settings import CleanSettings, ExtractSettings

ROOT = Path(__file__).parents[3]
CLEANER = Cleaner.load(ROOT / "config", CleanSettings())
PHRASES = [rule.goes[0] for rule in CLEANER.rules if rule.scope in ("line", "list")]
TAGS = ("p", "div", "li", "h3", "span")
OUTLET = Outlet(id="any", name="")


def body(html: str, url: str) -> list[str]:
    found = extract(
        html, url=url, outlet=OUTLET, entry=None, now=datetime(2025, 4, 1, tzinfo=UTC), settings=ExtractSettings()
    )
    return [p.text for p in CLEANER.clean(found, outlet=OUTLET).paragraphs]


def put(tree: HtmlElement, at: str, tag: str, phrase: str, *, before: bool) -> str:
    changed = deepcopy(tree)
    place = changed.getroottree().xpath(at)[0]
    new = etree.Element(tag)
    new.text = phrase
    (place.addprevious if before else place.addnext)(new)
    return etree.tostring(changed, encoding="unicode", method="html")


def test_phrases_go_and_sentences_stay() -> None:
    page = next(page for page in read_folder(ROOT / "tests" / "outlets") if page.id == "drupal_fields")
    tree = document_fromstring(page.html.encode(), parser=HTMLParser(encoding="utf-8"))
    plain = body(page.html, page.url)
    places = [
        tree.getroottree().getpath(element)
        for line in plain
        for element in tree.iter("p")
        if re.sub(r"\s", "", "".join(element.itertext())) == re.sub(r"\s", "", line)
    ]
    tried = gone = 0
    for number, phrase in enumerate(PHRASES):  # each in three of the fifteen ways, all ways met over the list
        for at, before in ((places[0], True), (places[2], False), (places[-1], False)):
            lines = body(put(tree, at, TAGS[number % len(TAGS)], phrase, before=before), page.url)
            tried += 1
            gone += not Counter(lines) - Counter(plain)
            assert not Counter(plain) - Counter(lines), phrase
    assert gone >= 0.98 * tried
