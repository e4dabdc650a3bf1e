"""As many articles as a bench asks for, made of pieces of real texts: no two alike, words as common as in the news."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workers.errors import Fault, UserError
from workers.model import Article, Kinship, Paragraph

START = datetime(2026, 1, 1, tzinfo=UTC)
OUTLETS = 40


def pieces(path: Path, words: int) -> list[str]:
    """The texts of `path` (parted by blank lines, gzipped) cut into pieces of `words` words."""
    if not path.is_file():
        raise UserError(Fault(str(path), "is not there", "give the path of corpus_2018.txt.gz"))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        texts = [text.split() for text in file.read().split("\n\n")]
    cut = [text[start : start + words] for text in texts for start in range(0, len(text), words)]
    return [" ".join(piece) for piece in cut if len(piece) >= words // 2]


def articles(path: Path, number: int, *, words: int = 30) -> Iterator[Article]:
    """`number` articles of three pieces each, a minute apart; the title is how the first piece begins."""
    known = pieces(path, words)
    total = len(known)
    for n in range(number):
        lap, first = divmod(n, total)
        texts = [known[first], known[(first * 7 + lap * 11 + 3) % total], known[(first * 13 + lap * 17 + 5) % total]]
        yield made(n, texts)


def made(n: int, texts: list[str], *, hours: float = 0.0) -> Article:
    """Article number `n`; `hours` after it was first seen it has this text."""
    seen = START + timedelta(minutes=n)
    url = f"https://outlet{n % OUTLETS}.example/{n}"
    return Article(
        id=f"{n:064d}",
        url=url,
        canonical_url=url,
        outlet=f"outlet{n % OUTLETS}",
        country=("eg", "sa", "ae", "qa", "lb")[n % 5],
        title=" ".join(texts[0].split()[:9]),
        paragraphs=tuple(Paragraph(text) for text in texts),
        published=seen - timedelta(minutes=7),
        first_seen_at=seen,
        updated_at=seen + timedelta(hours=hours),
        kinship=Kinship(story=f"{n - n % 3:064d}"),
    )
