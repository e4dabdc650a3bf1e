"""Reprints in a stream of real texts through a real Redis: real ones beside an exact list, made ones by edits."""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from workers.bench.clusters import f1
from workers.dedupe import fingerprint
from workers.dedupe.cover import SHINGLE, cover
from workers.dedupe.sketch import comparing_words
from workers.model import Cleaned, Kinship
from workers.settings import DedupeSettings
from workers.store.duplicates import RedisDuplicates

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CROWD = 400
"""A shingle in more texts than this is a stock phrase; the exact list does without it."""


def article_id(name: str) -> str:
    """Ids of the bench: 32 hex digits from any name."""
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Stream:
    """Texts in the order in which they came, and what was answered of each."""

    duplicates: RedisDuplicates
    settings: DedupeSettings
    words: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, Kinship] = field(default_factory=dict)

    def add(self, name: str, cleaned: Cleaned) -> Kinship:
        """Ask what the text is a reprint of."""
        key = article_id(name)
        self.words[key] = comparing_words(cleaned, self.settings)[: self.settings.most_words]
        found = self.duplicates.relate(key, fingerprint(cleaned, self.settings), at=NOW)
        self.answers[key] = found
        return found

    def is_right(self, key: str) -> bool:
        """Whether the texts themselves, word by word, bear out the answer of `key`."""
        answer = self.answers[key]
        real = cover(self.words[key], self.words[answer.nearest or ""], self.settings.gap)
        return real.verbatim >= self.settings.verbatim or real.aligned >= self.settings.aligned


def exact_list(stream: Stream) -> dict[str, set[str]]:
    """For each text the earlier ones with which it shares half of the shorter one's 5-word shingles. No sampling."""
    holders: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    sizes: dict[str, int] = {}
    found: dict[str, set[str]] = {}
    for key, words in stream.words.items():
        if len(words) < stream.settings.min_words:
            continue
        shingles = {tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}
        sizes[key] = len(shingles)
        shared = Counter(other for s in shingles if len(holders[s]) <= CROWD for other in holders[s])
        found[key] = {o for o, n in shared.items() if n >= 0.5 * min(sizes[o], len(shingles))}
        for s in shingles:
            holders[s].append(key)
    return found


def score_real(stream: Stream) -> dict[str, Any]:
    """The stream's answers beside the exact list."""
    listed = exact_list(stream)
    wanted = {key for key, others in listed.items() if others}
    verbatim = {key for key, a in stream.answers.items() if a.relation and a.relation != "rewrite"}
    right = {key for key in verbatim if stream.answers[key].nearest in listed.get(key, ())}
    rewrites = {key for key, a in stream.answers.items() if a.relation == "rewrite"}
    precision = len(right) / len(verbatim) if verbatim else 0.0
    recall = len((verbatim | rewrites) & wanted) / len(wanted) if wanted else 0.0
    return {
        "texts": len(stream.answers),
        "listed": len(wanted),
        "found": len(verbatim),
        "precision": precision,
        "recall": recall,
        "f1": f1(precision, recall),
        "rewrites_beyond_the_list": len(rewrites - wanted),
        "relations": dict(Counter(a.relation or "none" for a in stream.answers.values())),
    }


def score_made(
    stream: Stream,
    make: Callable[[Any, float, random.Random], Cleaned],
    sources: Sequence[Any],
    shares: Sequence[float],
    each: int,
) -> list[dict[str, Any]]:
    """`each` made reprints a share of edited words, asked for in the full stream; recall by share, precision of all."""
    rng = random.Random(20260101)  # noqa: S311 - a fixed sample
    fit = [s for s in sources if len(stream.words[article_id(s.id)]) >= 40]
    chosen = rng.sample(fit, each * len(shares))
    rows = []
    for n, share in enumerate(shares):
        found = right = given = 0
        for source in chosen[n * each : (n + 1) * each]:
            key, original = article_id(f"{source.id}/{share}"), article_id(source.id)
            answer = stream.add(f"{source.id}/{share}", make(source, share, rng))
            family = {original, stream.answers[original].duplicate_of}
            found += bool({answer.duplicate_of, answer.nearest} & (family - {None}))
            if answer.relation:
                given += 1
                right += bool({answer.duplicate_of, answer.nearest} & (family - {None})) or stream.is_right(key)
        rows.append(
            {"edited": share, "pairs": each, "recall": found / each, "precision": right / given if given else 1.0}
        )
    return rows


def wrong_among_unrelated(stream: Stream) -> dict[str, Any]:
    """Texts of the stream that were called reprints though the words themselves do not bear it out."""
    called = [key for key, a in stream.answers.items() if a.relation]
    wrong = sum(not stream.is_right(key) for key in called)
    return {
        "texts": len(stream.answers),
        "called_reprints": len(called),
        "wrong": wrong,
        "precision": 1 - wrong / max(1, len(called)),
    }
