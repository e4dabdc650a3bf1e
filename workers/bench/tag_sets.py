"""What the tagger is tried on beside marked texts: traps, spellings of foreign names, speed, mentions to be read."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz.distance import Indel

from workers.arabic.fold import fold
from workers.lots import batches
from workers.memory import settle
from workers.model import Cleaned, Mention, Paragraph
from workers.settings import Settings
from workers.tag import Catalogue, Tagger
from workers.tag.context import Ambiguity
from workers.tag.sources import Source
from workers.tag.tagger import TOGETHER
from workers.tag.text import Text
from workers.tag.variants import skeleton

WORD = "word"
"""The reading of a name that is an ordinary word here."""
SAME = {("كان", "cannes", "cannes-festival"), ("عمان", "oman", "gulf-of-oman")}
"""A longer name of which the ambiguous one is a part counts as its reading."""
SOUNDS = (("غ", "ج"), ("ج", "غ"), ("ت", "ط"), ("ط", "ت"), ("س", "ص"), ("ك", "ق"), ("ف", "ڤ"), ("غ", "ق"))
"""How newsrooms write one foreign sound with different letters."""
SENTENCE = "وتحدث التقرير عن {} أمس"
"""The report spoke about … yesterday."""
NAMES = 500
WORDS = 400
"""Words of an article whose speed is measured."""
WARM = 1500
"""Articles after which speed is measured: a worker lives for months, and each word is read once. After so many one
word in twenty is new, after a day of 20,000 articles one in fifty (counted on the ANT Corpus)."""


# --- traps -------------------------------------------------------------------------------------------------------


def traps(path: Path) -> Iterator[tuple[str, str, str]]:
    """(name, entity or `word`, sentence) of a YAML file: name → reading → sentences."""
    for name, readings in yaml.safe_load(path.read_text("utf-8")).items():
        for expected, rows in readings.items():
            for sentence in rows:
                yield name, expected, sentence


def reading(tagger: Tagger, name: str, sentence: str) -> str:
    """What the tagger takes the last `name` of the sentence for."""
    found = [m.entity for m in mentions(tagger, sentence) if fold(name).removeprefix("ال") in fold(m.surface)]
    return found[-1] or WORD if found else WORD


def misread(tagger: Tagger, rows: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str, str]]:
    """The rows whose reading is wrong: (name, expected, found, sentence)."""
    read = [(name, expected, reading(tagger, name, sentence), sentence) for name, expected, sentence in rows]
    return [row for row in read if row[1] != row[2] and row[:3] not in SAME]


# --- spellings ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meetings:
    """How spellings met their entity."""

    tried: int
    met: int
    false: int
    """Spellings that met another entity."""
    failed: tuple[str, ...]

    def row(self) -> dict[str, float]:
        """Shares."""
        return {
            "spellings": self.tried,
            "meet": round(self.met / max(1, self.tried), 4),
            "false": round(self.false / max(1, self.tried), 4),
        }


def respelt(name: str) -> Iterator[str]:
    """`name` with its longest word in the spellings of SOUNDS, and with an inner long vowel left out."""
    words = name.split()
    place = max(range(len(words)), key=lambda n: len(words[n]))
    word = words[place]
    others = {word[0] + word[1:].replace(a, b) for a, b in SOUNDS}
    others |= {word[:at] + word[at + 1 :] for v in "اوي" if 0 < (at := word.find(v, 2)) < len(word) - 1}
    for other in sorted(others - {word}):
        yield " ".join([*words[:place], other, *words[place + 1 :]])


def foreign_names(catalogue: Catalogue, seed: int, count: int = NAMES) -> list[Source]:
    """Entities with a foreign name: persons by full name, others by one word of seven letters or more."""
    fit = [
        source
        for source in catalogue.sources()
        if source.foreign and not source.cued and source.names and _is_fit(source.entity.kind, source.names[0])
    ]
    return random.Random(seed).sample(fit, count)  # noqa: S311 - draws a sample, keeps no secret


def generated(sources: Sequence[Source], seed: int) -> list[tuple[str, str]]:
    """(entity, a spelling that the transliteration rules make of its name)."""
    rng = random.Random(seed)  # noqa: S311
    return [(s.entity.id, v) for s in sources for v in rng.sample(list(respelt(s.names[0])) or [s.names[0]], 1)]


def real(sources: Sequence[Source], texts: Iterable[str]) -> list[tuple[str, str]]:
    """(entity, another spelling of its main name that the catalogue lists and `texts` hold)."""
    pairs = [(s.entity.id, n) for s in sources for n in s.names[1:] if _is_spelling(s.names[0], n)]
    whole = " ".join(fold(text) for text in texts)
    return [(entity, name) for entity, name in pairs if fold(name) in whole]


def without_spellings(tagger_of: Any, catalogue: Catalogue, pairs: Iterable[tuple[str, str]]) -> Tagger:
    """A tagger whose catalogue does not list the spellings of `pairs`: do they meet by the rules alone?"""
    hidden: dict[str, set[str]] = {}
    for entity, name in pairs:
        hidden.setdefault(entity, set()).add(name)
    sources = [_less(source, hidden.get(source.entity.id, set())) for source in catalogue.sources()]
    tagger: Tagger = tagger_of(Catalogue(sources, catalogue.words))
    return tagger


def meetings(tagger: Tagger, pairs: Sequence[tuple[str, str]]) -> Meetings:
    """Each spelling in a sentence of its own."""
    met = false = 0
    failed: list[str] = []
    for entity, spelling in pairs:
        found = {m.entity for m in mentions(tagger, SENTENCE.format(spelling))}
        met += entity in found
        false += bool(found - {entity})
        failed += [f"{entity}: {spelling}"] if found != {entity} else []
    return Meetings(len(pairs), met, false, tuple(failed))


def spelling_rows(tagger: Tagger, config: Settings, texts: Iterable[str], seed: int) -> dict[str, Meetings]:
    """What `rasid bench tag --mode variants` prints."""
    chosen = foreign_names(tagger.catalogue, seed)
    every = [s for s in tagger.catalogue.sources() if s.foreign and not s.cued and len(s.names) > 1]
    listed = real(every, texts)
    ambiguity = Ambiguity(tagger.catalogue.words["ambiguous"])
    bare = without_spellings(partial(_tagger, ambiguity, config), tagger.catalogue, listed)
    return {
        "generated": meetings(tagger, generated(chosen, seed)),
        "real": meetings(tagger, listed),
        "real, not listed": meetings(bare, listed),
    }


def _tagger(ambiguity: Ambiguity, config: Settings, catalogue: Catalogue) -> Tagger:
    return Tagger(catalogue, ambiguity, config.tag)


def _less(source: Source, names: set[str]) -> Source:
    kept = tuple(name for name in source.names if name not in names)
    return replace(source, names=kept, entity=replace(source.entity, aliases=kept[1:]))


def _is_fit(kind: str, name: str) -> bool:
    fit = " " in name if kind == "person" else len(name) >= 7 and " " not in name
    return fit and not name.startswith("ال")


def _is_spelling(one: str, other: str) -> bool:
    """Whether two names are one name in two spellings, word by word, and not two names of one entity."""
    ours, theirs = fold(one).split(), fold(other).split()
    if len(ours) != len(theirs) or ours == theirs or one.startswith("ال") != other.startswith("ال"):
        return False
    pairs = zip(map(skeleton, ours), map(skeleton, theirs), strict=True)
    return all(Indel.normalized_similarity(a, b) >= 0.6 for a, b in pairs)


# --- speed, and mentions to be read ------------------------------------------------------------------------------


def speed(load: Any, texts: Iterable[str], others: Iterable[str] = ()) -> dict[str, float]:
    """CPU seconds of loading, articles of `WORDS` words a CPU second together and one by one, and memory.

    What is measured comes after a part of `texts`, and after `others`: a worker lives for months, and looks at each
    word once.
    """
    before, began = time.process_time(), _resident()
    tagger: Tagger = load()
    loading = time.process_time() - before
    settle()  # as workers do (`wiring`)
    loaded = _resident()
    articles, known = (list(map(_article, _cut(some))) for some in (texts, others))
    warm = min(WARM, len(articles) // 2)
    known += articles[:warm]
    for lot in batches(known, TOGETHER):
        tagger.tag_each(lot, [None] * len(lot))
    lots = batches(articles[warm:], TOGETHER)
    spent = [0.0, 0.0]
    for number, lot in enumerate(lots):  # in turn, so that both ways meet as many new words
        before = time.process_time()
        if number % 2:
            for article in lot:
                tagger.tag(article)
        else:
            tagger.tag_each(lot, [None] * len(lot))
        spent[number % 2] += time.process_time() - before
    together, alone = (
        sum(map(len, some)) / seconds for some, seconds in zip((lots[::2], lots[1::2]), spent, strict=True)
    )
    return {
        "loading_cpu_seconds": round(loading, 2),
        "articles_before": len(known),
        "articles": len(articles) - warm,
        f"articles_a_second_{TOGETHER}_together": round(together),
        "articles_a_second_one_by_one": round(alone),
        "megabytes_of_the_tagger": round(loaded - began),
        "megabytes_after": round(_resident()),
    }


def _article(text: str) -> Cleaned:
    return Cleaned(title="", paragraphs=(Paragraph(text),))


def to_read(tagger: Tagger, texts: Sequence[str], count: int, seed: int) -> Iterator[str]:
    """Every mention of so many articles, drawn by chance, with what stands around it: a line each."""
    drawn = random.Random(seed).sample(range(len(texts)), min(count, len(texts)))  # noqa: S311
    for number in sorted(drawn):
        text = texts[number]
        yield f"--- article {number}"
        for mention in mentions(tagger, text):
            before = text[max(0, mention.start - 30) : mention.start]
            after = text[mention.end : mention.end + 25]
            yield " ".join(f"{mention.entity or mention.kind}: {before}[{mention.surface}]{after}".split())


def mentions(tagger: Tagger, text: str) -> tuple[Mention, ...]:
    """The mentions of a text taken as one body."""
    return tagger.tag(_article(text)).mentions


def _cut(texts: Iterable[str]) -> Iterator[str]:
    """Pieces of `WORDS` words of the texts in a row."""
    part: list[str] = []
    count = 0
    for text in texts:
        words = Text(text)
        at = 0
        while len(words) - at >= WORDS - count:
            last = at + WORDS - count
            part.append(text[words.starts[at] : words.ends[last - 1]])
            yield "\n".join(part)
            part, count, at = [], 0, last
        if at < len(words):
            part.append(text[words.starts[at] :])
            count += len(words) - at


def _resident() -> float:
    """Megabytes of this process at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
