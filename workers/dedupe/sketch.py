"""The fingerprint of a text: an exact hash, and a FracMinHash sketch in the order of the text.

Everything is computed over folded words, so that spelling variants, quotes and punctuation do not matter; credits and
tails are gone before (`Cleaned`). A sketch keeps the hashes of word shingles that fall under a fixed bound, so that two
sketches hold the same sample of the same words wherever they stand, and a text is found inside a longer one. Unlike a
plain FracMinHash the hashes stay in the order of the text: where the shared ones lie tells a reprint with many small
edits (spread evenly) from a new text that repeats one paragraph of background (one block). See `cover`.
"""

from __future__ import annotations

from collections.abc import Sequence

import xxhash

from workers.arabic.fold import fold
from workers.model import Cleaned, Fingerprint
from workers.settings import DedupeSettings


def fingerprint(cleaned: Cleaned, settings: DedupeSettings) -> Fingerprint:
    """The fingerprint of an article's own words. One without enough words is empty and related to nothing."""
    found = comparing_words(cleaned, settings)
    if len(found) < settings.min_words:
        return Fingerprint(exact="")
    text = " ".join(found)
    return Fingerprint(exact=xxhash.xxh3_128_hexdigest(text.encode()), sketch=sketch(found, settings))


def comparing_words(cleaned: Cleaned, settings: DedupeSettings) -> list[str]:
    """The folded words that are compared: the body's; with the title where the body is a flash."""
    found = words(cleaned.body)
    if len(found) < settings.flash_words:
        found = words(cleaned.title) + found
    return found


def words(text: str) -> list[str]:
    """The folded words of `text`, without punctuation."""
    return _split(fold(text))


def _split(folded: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in folded).split()


def sketch(found: Sequence[str], settings: DedupeSettings) -> tuple[int, ...]:
    """The sampled shingle hashes in the order of the text, each once."""
    size = settings.shingle
    bound = (1 << 64) // settings.sample
    hashes = (
        xxhash.xxh3_64_intdigest(" ".join(found[i : i + size]).encode()) for i in range(max(1, len(found) - size + 1))
    )
    return tuple(dict.fromkeys(h for h in hashes if h < bound))
