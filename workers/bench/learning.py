"""`rasid bench learning TEXTS`: what the stream teaches when half of the phrase list is hidden."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from workers.bench.alarms import read_texts
from workers.clean import Cleaner
from workers.clean.learn import LineCount, believed, candidates
from workers.cli.output import console, json_option, print_json
from workers.errors import Fault, UserError
from workers.extract import from_text
from workers.model import Extract, Outlet, Paragraph
from workers.settings import CleanSettings, settings

_OUTLET = Outlet(id="any", name="")
_SHARE = 0.6
"""How many of an outlet's pages carry each of its recurring lines."""
_LINES = 8
"""Recurring lines of an outlet."""
_TAIL_GROUPS = frozenset(("share", "theme", "related"))
TAILS = ("شاركها.", "Exit mobile version", "ربما يعجبك أيضا")
"""What the seed articles end in: "share it", and "you may also like"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """One outlet with one half of the groups hidden: recurring lines caught, and lines of articles lost."""

    outlet: str
    half: int
    pages: int
    met: int
    caught: int
    body_lines: int
    lost: tuple[str, ...]


@click.command("learning")
@click.argument("texts", metavar="TEXTS", type=click.Path(path_type=Path))
@click.option("--seeds", type=click.Path(path_type=Path), help="A folder of text articles that end in the known tails.")
@click.option(
    "--pages", default=50, show_default=True, help="Pages of an outlet that teach; as many others are cleaned."
)
@click.option("--seed", default=1, show_default=True)
@json_option
def command(*, texts: Path, seeds: Path | None, pages: int, seed: int, as_json: bool) -> None:
    """Hide each half of the groups, let real articles with recurring lines teach them, clean as many further articles.

    \b
    Example:
      rasid bench learning ../shared/data/articles_text.jsonl.gz --seeds ../shared/data/seeds
    """
    config = settings()
    full = Cleaner.load(config.config_dir, config.clean)
    outlets: dict[str, list[list[str]]] = defaultdict(list)
    for article in read_texts(texts):
        outlets[article.get("source", "")].append(
            [" ".join(p.split()) for p in article["text"].splitlines() if p.strip()]
        )
    found = [
        measure(full, name, articles, half, pages, config.clean, random.Random(seed + half))  # noqa: S311 - a sample
        for name, articles in sorted(outlets.items())
        for half in (0, 1)
        if len(articles) >= 2 * pages
    ]
    tails = seed_tails(full, seeds, next(iter(outlets.values()))[:pages], config.clean) if seeds else {}
    if as_json:
        print_json({"outlets": found, "seed_tails_found": tails})
    else:
        _print(found, tails)


def hiding(full: Cleaner, groups: Iterable[str], options: CleanSettings) -> Cleaner:
    """The cleaner as it would be had nobody listed these groups."""
    hidden = frozenset(groups)
    return Cleaner([rule for rule in full.rules if rule.group not in hidden], full.agencies, options)


def teach(cleaner: Cleaner, pages: Sequence[Sequence[str]], options: CleanSettings) -> Mapping[str, str]:
    """What is believed after these pages of one outlet: the store's counting, without the store."""
    counts: Counter[str] = Counter()
    for lines in pages:
        cleaned = cleaner.clean(Extract(title="", paragraphs=tuple(map(Paragraph, lines))), outlet=_OUTLET)
        counts.update(candidates(cleaned.paragraphs, cleaned.removed, options))
    return believed((LineCount(outlet="any", key=k, pages=n, of=len(pages)) for k, n in counts.items()), options)


def measure(
    full: Cleaner, outlet: str, articles: Sequence[list[str]], half: int, pages: int, options: CleanSettings,
    chance: random.Random,
) -> Learned:  # fmt: skip
    """Learn from `pages` articles with recurring lines at their ends, then clean as many others."""
    groups = sorted({rule.group for rule in full.rules})
    hidden = set(groups[half::2])
    blind = hiding(full, hidden, options)
    recurring = _unlisted(full, blind, hidden, chance)
    drawn = chance.sample(list(articles), 2 * pages)
    learned = teach(blind, [_with(body, recurring, chance) for body in drawn[:pages]], options)
    met = caught = lines = 0
    lost: list[str] = []
    for body in drawn[pages:]:
        alone = _kept(blind, body, {})
        kept = _kept(blind, [*body, *recurring], learned)
        met += len(recurring)
        caught += sum(line not in kept for line in recurring)
        lines += len(alone)
        lost += [line for line in alone if line not in kept]
    return Learned(
        outlet=outlet, half=half, pages=pages, met=met, caught=caught, body_lines=lines, lost=tuple(lost)
    )  # fmt: skip


def _unlisted(full: Cleaner, blind: Cleaner, hidden: set[str], chance: random.Random) -> list[str]:
    """Phrases of the hidden groups that the whole list knows and the rest of it does not."""
    tails = [rule.goes[0] for rule in full.rules if rule.group in hidden and rule.scope in ("line", "tail", "list")]
    alone = ["نص."]
    known = [t for t in tails if t not in _kept(full, [*alone, t], {}) and t in _kept(blind, [*alone, t], {})]
    return chance.sample(known, min(_LINES, len(known)))


def _with(body: list[str], recurring: list[str], chance: random.Random) -> list[str]:
    return [*body, *(line for line in recurring if chance.random() < _SHARE)]


def _kept(cleaner: Cleaner, lines: Sequence[str], learned: Mapping[str, str]) -> set[str]:
    found = Extract(title="", paragraphs=tuple(map(Paragraph, lines)))
    return {p.text for p in cleaner.clean(found, outlet=_OUTLET, learned=learned).paragraphs}


def seed_tails(
    full: Cleaner, folder: Path, teachers: Sequence[list[str]], options: CleanSettings
) -> dict[str, list[str]]:
    """Each text of `folder` with the tails that were found in it, their groups hidden, after `teachers` taught them."""
    blind = hiding(full, _TAIL_GROUPS, options)
    learned = teach(blind, [[*body, *TAILS] for body in teachers], options)
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise UserError(Fault(str(folder), "holds no .txt", "give the folder of the seed articles"))
    found = {}
    for file in files:
        removed = blind.clean(from_text(file.read_text("utf-8")), outlet=_OUTLET, learned=learned).removed
        found[file.name] = [f"{piece.text} ({piece.rule})" for piece in removed if piece.rule.startswith("learned/")]
    return found


def _print(found: list[Learned], tails: dict[str, list[str]]) -> None:
    out = console()
    for one in found:
        out.print(
            f"{one.outlet:<12} half {one.half}  {one.caught:>4} of {one.met:>4} recurring lines caught after "
            f"{one.pages} pages, {len(one.lost)} of {one.body_lines} body lines lost"
        )
        for line in one.lost:
            out.print(f"    lost: {line[:120]}")
    for name, lines in tails.items():
        out.print(f"{name}: {'; '.join(lines) or 'none found'}")
