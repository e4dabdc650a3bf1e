"""Reprints in a stream of real texts through a real Redis: real ones beside an exact list, made ones by edits."""

from __future__ import annotations

import hashlib
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xxhash

from workers.bench.clusters import f1
from workers.dedupe.cover import SHINGLE, cover, is_reprint
from workers.dedupe.sketch import compared, of_words, words_of
from workers.model import Cleaned, Fingerprint, Kinship
from workers.settings import DedupeSettings
from workers.store.duplicates import RedisDuplicates

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AT_ONCE = 100
CROWD = 200
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
    prints: list[Fingerprint] = field(default_factory=list)

    def add(self, texts: Iterable[tuple[str, Cleaned]]) -> None:
        """Ask of each text in turn what it is a reprint of."""
        waiting: list[tuple[str, Fingerprint]] = []
        for name, cleaned in texts:
            key = article_id(name)
            title, body = words_of(cleaned)
            words = compared(title, body, self.settings)[: self.settings.most_words]
            self.words[key] = [sys.intern(word) for word in words]
            waiting.append((key, of_words(title, body, self.settings)))
            if len(waiting) == AT_ONCE:
                self._ask(waiting)
                waiting = []
        self._ask(waiting)

    def _ask(self, waiting: list[tuple[str, Fingerprint]]) -> None:
        self.prints += [made for _, made in waiting]
        answers = self.duplicates.recognise(waiting, at=NOW)
        self.answers.update(zip((key for key, _ in waiting), answers, strict=True))

    def is_right(self, key: str) -> bool:
        """Whether the texts themselves, word by word, bear out the answer of `key`."""
        answer = self.answers[key]
        return is_reprint(cover(self.words[key], self.words[answer.nearest or ""], self.settings.gap), self.settings)


def exact_list(stream: Stream) -> dict[str, set[str]]:
    """For each text the earlier ones with which it shares half of the shorter one's 5-word shingles. No sampling."""
    keys = [key for key, words in stream.words.items() if len(words) >= stream.settings.min_words]
    shingles = [_shingles(stream.words[key]) for key in keys]
    sizes = [len(found) for found in shingles]
    hashes = np.concatenate(shingles)
    owners = np.repeat(np.arange(len(keys), dtype=np.int64), sizes)
    order = np.lexsort((owners, hashes))
    hashes, owners = hashes[order], owners[order]
    starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
    lengths = np.diff(np.r_[starts, len(hashes)])
    shared: Counter[tuple[int, int]] = Counter()
    for start, length in zip(starts[lengths > 1].tolist(), lengths[lengths > 1].tolist(), strict=True):
        if length <= CROWD:
            group = owners[start : start + length].tolist()
            shared.update((group[i], group[j]) for j in range(1, length) for i in range(j))
    found: dict[str, set[str]] = {key: set() for key in keys}
    for (earlier, later), n in shared.items():
        if n >= 0.5 * min(sizes[earlier], sizes[later]):
            found[keys[later]].add(keys[earlier])
    return found


def _shingles(words: Sequence[str]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    size = range(len(words) - SHINGLE + 1)
    return np.unique(
        np.fromiter((xxhash.xxh3_64_intdigest(" ".join(words[i : i + SHINGLE]).encode()) for i in size), np.uint64)
    )


def score_real(stream: Stream, listed: dict[str, set[str]]) -> dict[str, Any]:
    """The stream's answers beside the exact list. Rewrites (edited throughout, so that no exact list has them) are
    counted apart, and as wrong in `strict_f1`."""
    wanted = {key for key, others in listed.items() if others}
    verbatim = {key for key, a in stream.answers.items() if a.relation and a.relation != "rewrite"}
    right = {key for key in verbatim if stream.answers[key].nearest in listed.get(key, ())}
    rewrites = {key for key, a in stream.answers.items() if a.relation == "rewrite"}
    precision = len(right) / len(verbatim) if verbatim else 0.0
    recall = len((verbatim | rewrites) & wanted) / len(wanted) if wanted else 0.0
    called = len(verbatim | rewrites)
    return {
        "texts": len(stream.answers),
        "listed": len(wanted),
        "found": len(verbatim),
        "precision": precision,
        "recall": recall,
        "f1": f1(precision, recall),
        "strict_f1": f1((len(right) + len(rewrites & wanted)) / called if called else 0.0, recall),
        "rewrites_beyond_the_list": len(rewrites - wanted),
        "relations": dict(Counter(a.relation or "none" for a in stream.answers.values())),
    }


def score_made(
    stream: Stream,
    make: Callable[[Any, float, random.Random], Cleaned],
    sources: Sequence[Any],
    shares: Sequence[float],
    each: int,
    progress: Callable[[Sequence[Any], str], Iterable[Any]],
) -> list[dict[str, Any]]:
    """`each` made reprints a share of edited words, asked for in the full stream; recall and precision by share.

    A call is right where it names the original or one of its family, or where the words bear it out (the made text
    may have a paragraph of a third text added).
    """
    rng = random.Random(20260101)  # noqa: S311 - a fixed sample
    fit = [s for s in sources if len(stream.words[article_id(s.id)]) >= 40]
    rows = []
    for share in shares:
        chosen = rng.sample(fit, min(each, len(fit)))
        stream.add((f"{s.id}/{share}", make(s, share, rng)) for s in progress(chosen, f"edited {share:.0%}"))
        found = right = given = 0
        for source in chosen:
            key, original = article_id(f"{source.id}/{share}"), article_id(source.id)
            answer = stream.answers[key]
            family = {original, stream.answers[original].duplicate_of} - {None}
            found += bool({answer.duplicate_of, answer.nearest} & family)
            if answer.relation:
                given += 1
                right += bool({answer.duplicate_of, answer.nearest} & family) or stream.is_right(key)
        pairs = len(chosen)
        rows.append(
            {"edited": share, "pairs": pairs, "found": found, "recall": found / pairs, "called": given, "right": right}
            | {"precision": right / given if given else 1.0}
        )
    return rows


def wrong_among_unrelated(stream: Stream, listed: dict[str, set[str]]) -> dict[str, Any]:
    """Texts without any relative in the exact list (earlier or later) that were called reprints though the words
    themselves do not bear it out."""
    related = {key for key, others in listed.items() if others} | {o for others in listed.values() for o in others}
    unrelated = stream.answers.keys() - related
    called = [key for key in unrelated if stream.answers[key].relation]
    wrong = sum(not stream.is_right(key) for key in called)
    return {"texts": len(unrelated), "called_reprints": len(called), "wrong": wrong}
