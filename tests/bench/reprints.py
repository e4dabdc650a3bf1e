"""Reprints made from real texts: what desks do to wire copy, with chance as an argument."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from workers.model import Cleaned, Paragraph

SPELLINGS = (("أ", "ا"), ("إ", "ا"), ("ة", "ه"), ("ى", "ي"), ("آ", "ا"))  # letters that desks write one for the other
QUOTES = (('"', "«"), ("«", '"'), ("»", '"'), ("“", '"'))
TAILS = ("المصدر: وكالات", "تابعونا على صفحاتنا", "شارك هذا الخبر")  # source line, follow us, share


@dataclass(frozen=True, slots=True)
class Source:
    """A real text: its id, title and paragraphs."""

    id: str
    title: str
    paragraphs: tuple[str, ...]

    def cleaned(self) -> Cleaned:
        return Cleaned(title=self.title, paragraphs=tuple(Paragraph(p) for p in self.paragraphs if p.strip()))


def reprint(source: Source, share: float, others: Sequence[Source], rng: random.Random) -> Cleaned:
    """`source` as another outlet prints it: `share` of its words edited, another title, a paragraph cut or added,
    spelling, quotes and tail changed."""
    words = [p.split() for p in source.paragraphs if p.strip()]
    total = sum(map(len, words))
    if len(words) > 3 and rng.random() < 0.5 and len(words[-1]) < 0.2 * total:
        words.pop()  # the cut tail
    vocabulary = rng.choice(others).paragraphs
    spare = " ".join(vocabulary).split() or ["خبر"]
    edited = [_edit(paragraph, share, spare, rng) for paragraph in words]
    if rng.random() < 0.3:
        edited.insert(rng.randint(0, len(edited)), rng.sample(spare, min(len(spare), total // 8)))
    if rng.random() < 0.5:
        edited.append(rng.choice(TAILS).split())
    text = [_typography(" ".join(paragraph), rng) for paragraph in edited if paragraph]
    return Cleaned(title=rng.choice(others).title, paragraphs=tuple(Paragraph(p) for p in text))


def _edit(words: Sequence[str], share: float, spare: Sequence[str], rng: random.Random) -> list[str]:
    out: list[str] = []
    for word in words:
        if rng.random() >= share:
            out.append(word)
        elif (kind := rng.random()) < 0.6:
            out.append(rng.choice(spare))
        elif kind < 0.8:
            out += [word, rng.choice(spare)]
    return out


def _typography(text: str, rng: random.Random) -> str:
    for old, new in (*SPELLINGS, *QUOTES):
        if rng.random() < 0.3:
            text = text.replace(old, new)
    return text
