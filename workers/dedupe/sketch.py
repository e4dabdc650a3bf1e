"""The fingerprint of a text: an exact hash, a FracMinHash sketch, and a byte a word.

Everything is computed over folded words, so that spelling variants, quotes and punctuation do not matter; credits and
tails are gone before (`Cleaned`). The sketch finds candidates: it keeps the hashes of word shingles that fall under a
fixed bound, so that two sketches hold the same sample wherever the words stand, and a short text is found inside a long
one. The words' bytes then decide (`cover`): three equal bytes in a row are three equal words, but for 6 in a hundred
million cases.
"""

from __future__ import annotations

from collections.abc import Sequence

import xxhash

from workers.arabic.tokens import tokenize
from workers.dedupe.terms import terms
from workers.model import Cleaned, Fingerprint
from workers.settings import DedupeSettings

SHORT = 128
"""Words. Texts below this, and below twice as many, are sampled more densely: their few shingles need it."""


def fingerprint(cleaned: Cleaned, settings: DedupeSettings, entities: Sequence[str] = ()) -> Fingerprint:
    """The fingerprint of an article's own words. One with too few of them is recognised by none, but has a story.

    `entities`: ids of those that the article is about: terms of its story beside the words.
    """
    return of_words(*words_of(cleaned), settings, entities)


def of_words(title: list[str], body: list[str], settings: DedupeSettings, entities: Sequence[str] = ()) -> Fingerprint:
    """The fingerprint of a text by its folded words."""
    about = terms(title, body, settings, entities)
    found = compared(title, body, settings)
    if len(found) < settings.min_words:
        return Fingerprint(exact="", terms=about)
    exact = xxhash.xxh3_128_hexdigest(" ".join(found).encode())
    found = found[: settings.most_words]
    return Fingerprint(exact=exact, sketch=sketch(found, settings), words=word_bytes(found).hex(), terms=about)


def words_of(cleaned: Cleaned) -> tuple[list[str], list[str]]:
    """The folded words of title and body."""
    return _keys(cleaned.title), _keys(cleaned.body)


def compared(title: list[str], body: list[str], settings: DedupeSettings) -> list[str]:
    """The body's words; with the title's where the body is a flash."""
    return body if len(body) >= settings.flash_words else title + body


def _keys(text: str) -> list[str]:
    return [token.key for token in tokenize(text)]


def sketch(words: Sequence[str], settings: DedupeSettings) -> tuple[int, ...]:
    """The sampled shingle hashes in the order of the text, each once."""
    size = settings.shingle
    bound = (1 << 64) // rate(len(words), settings)
    hashes = (
        xxhash.xxh3_64_intdigest(" ".join(words[i : i + size]).encode()) for i in range(max(1, len(words) - size + 1))
    )
    return tuple(dict.fromkeys(h for h in hashes if h < bound))


def rate(words: int, settings: DedupeSettings) -> int:
    """One shingle in so many is kept of a text of so many words: some 20 to 60 of most texts."""
    return max(1, settings.sample // (4 if words < SHORT else 2 if words < 2 * SHORT else 1))


def word_bytes(words: Sequence[str]) -> bytes:
    """One byte a word."""
    return bytes(xxhash.xxh3_64_intdigest(word.encode()) & 0xFF for word in words)
