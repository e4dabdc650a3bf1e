"""`rasid bench injection PAGES_FOLDER`: every listed phrase put into real pages as an editor or a widget would."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import click
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from workers.bench.pages import SavedPage, read_folder
from workers.clean import Cleaner
from workers.cli.output import console, json_option, print_json
from workers.errors import Drop, Fault, UserError
from workers.extract import extract
from workers.model import Outlet
from workers.settings import Settings, settings

TAGS = ("p", "div", "li", "h3", "span")
PLACES = ("head", "middle", "tail")
_OUTLET = Outlet(id="any", name="")
_SHOWN = 20
Reader = Callable[[str, str], list[str]]
"""HTML, URL → the article's lines, cleaned."""


@dataclass(slots=True)
class Injected:
    """How often an injected phrase went, by place and tag, and the sentences that went with it."""

    tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    gone: Counter[tuple[str, str]] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    lost: list[tuple[str, str]] = field(default_factory=list)
    """(phrase, sentence)"""

    @property
    def share(self) -> float:
        return self.gone.total() / self.tried.total() if self.tried else 0.0


@click.command("injection")
@click.argument("folder", metavar="PAGES_FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--phrases",
    "file",
    type=click.Path(path_type=Path),
    help="A JSON object: group → list of {phrase}. Else the rules'.",
)
@click.option("--sample", default=3000, show_default=True, help="Insertions, drawn evenly; 0: all of them.")
@click.option("--pages", "most", default=4, show_default=True, help="Pages of the folder, the first of each outlet.")
@click.option("--seed", default=1, show_default=True)
@json_option
def command(*, folder: Path, file: Path | None, sample: int, most: int, seed: int, as_json: bool) -> None:
    """Insert each phrase as <p>, <div>, <li>, <h3>, <span> at head, middle and tail of real articles; count what stays.

    \b
    Example:
      rasid bench injection ../shared/data/pages --phrases ../shared/data/boilerplate_phrases.json --sample 0
    """
    config = settings()
    cleaner = Cleaner.load(config.config_dir, config.clean)
    phrases = read_phrases(file) if file else [rule.goes[0] for rule in cleaner.rules if rule.scope in ("line", "list")]
    pages = [page for page in read_folder(folder) if page.is_article][:most]
    found = run(reader(cleaner, config), pages, phrases, sample=sample, rng=random.Random(seed))  # noqa: S311 - a sample
    if as_json:
        print_json(_as_data(found))
    else:
        _print(found, len(pages), len(phrases))


def read_phrases(path: Path) -> list[str]:
    """The distinct phrases of a JSON file as research wrote it; raises `UserError`."""
    try:
        groups = json.loads(path.read_text("utf-8"))
        return list(dict.fromkeys(item["phrase"] for group in groups.values() for item in group))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(Fault(str(path), f"is not a list of phrases: {error}", "group → [{phrase: …}]")) from None


def reader(cleaner: Cleaner, config: Settings) -> Reader:
    """Extraction and cleaning without feed and profile."""
    now = datetime.now(UTC)

    def read(html: str, url: str) -> list[str]:
        try:
            found = extract(html, url=url, outlet=_OUTLET, entry=None, now=now, settings=config.extract)
        except Drop:
            return []
        return [paragraph.text for paragraph in cleaner.clean(found, outlet=_OUTLET).paragraphs]

    return read


def run(read: Reader, pages: Iterable[SavedPage], phrases: list[str], *, sample: int, rng: random.Random) -> Injected:
    """Every insertion, or `sample` of them drawn without replacement."""
    found = Injected()
    prepared = [(page, tree, plain, places(tree, plain)) for page, tree, plain in _prepare(read, pages)]
    ways = list(product(range(len(prepared)), phrases, TAGS, PLACES))
    if 0 < sample < len(ways):
        ways = rng.sample(ways, sample)
    for number, phrase, tag, place in ways:
        page, tree, plain, at = prepared[number]
        lines = Counter(read(put(tree, at[place], tag, phrase, before=place == "head"), page.url))
        before = Counter(plain)
        found.tried[place, tag] += 1
        if lines - before:
            found.left[phrase] += 1
        else:
            found.gone[place, tag] += 1
        found.lost += [(phrase, sentence) for sentence in before - lines]
    return found


def _prepare(read: Reader, pages: Iterable[SavedPage]) -> Iterable[tuple[SavedPage, HtmlElement, list[str]]]:
    for page in pages:
        tree = document_fromstring(page.html.encode(), parser=HTMLParser(encoding="utf-8"))
        plain = read(page.html, page.url)
        if len(places(tree, plain)) == len(PLACES):
            yield page, tree, plain


def places(tree: HtmlElement, plain: list[str]) -> dict[str, str]:
    """XPaths of the elements that hold the article's first, middle and last whole paragraphs."""
    wanted = {_bare(line) for line in plain}
    root = tree.getroottree()
    found = [root.getpath(e) for e in tree.iter("p", "div") if _bare("".join(e.itertext())) in wanted]
    return dict(zip(PLACES, (found[0], found[len(found) // 2], found[-1]), strict=True)) if len(found) > 2 else {}


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def put(tree: HtmlElement, at: str, tag: str, phrase: str, *, before: bool) -> str:
    """The page with `phrase` in a new element beside the one at XPath `at`."""
    changed = deepcopy(tree)
    place = changed.getroottree().xpath(at)[0]
    new = etree.Element(tag)
    new.text = phrase
    (place.addprevious if before else place.addnext)(new)
    return str(etree.tostring(changed, encoding="unicode", method="html"))


def _as_data(found: Injected) -> dict[str, object]:
    ways = {f"{place} <{tag}>": [found.gone[place, tag], tried] for (place, tag), tried in sorted(found.tried.items())}
    lost = [{"phrase": phrase, "sentence": sentence} for phrase, sentence in found.lost]
    return {"tried": found.tried.total(), "share_gone": found.share, "ways": ways, "left": found.left, "lost": lost}


def _print(found: Injected, pages: int, phrases: int) -> None:
    out = console()
    for (place, tag), tried in sorted(found.tried.items()):
        out.print(f"{place:<7} <{tag}>{' ' * (5 - len(tag))} {found.gone[place, tag]:>6} of {tried:>6} gone")
    out.print(f"\n{found.share:.4f} of {found.tried.total()} insertions gone ({phrases} phrases, {pages} pages)")
    for phrase, times in found.left.most_common(_SHOWN):
        out.print(f"  stayed {times} times: {phrase}")
    out.print(f"{len(found.lost)} sentences of the articles lost")
    for phrase, sentence in found.lost[:_SHOWN]:
        out.print(f"  with “{phrase}”: {sentence[:100]}")
