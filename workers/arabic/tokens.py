"""Words of a text, cut where Elasticsearch's standard tokenizer cuts the folded text (UAX #29, Unicode 12.1).

Two ways to the same tokens. The quick one matches words in the text as printed; it knows the characters that nearly
all Arabic news is made of. Pieces between spaces that hold anything else (emoji, Hebrew, Thai, a mark beside a full
stop, a word over 255 letters) go the full way, a hundred times as slow: fold with a map of origins, then the
tokenizer's whole grammar. Tests hold the two equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from workers.arabic import wordbreak as wb
from workers.arabic.fold import (
    CONTEXT,
    DELETED,
    INVISIBLE,
    JOINED,
    SEARCH_TABLE,
    WRITTEN,
    finish,
    fold_neighbours,
    search_form,
)
from workers.arabic.memo import Memo

MAX_LENGTH = 255
"""UTF-16 units: the standard tokenizer cuts a longer word."""
CACHE_SIZE = 400_000
"""Surface forms a process remembers, about 60 MB; 72,000 cover 3,000 articles (research: search)."""


class Token(NamedTuple):
    """A word. `text[start:end] == surface`; `key` is its exact form (`search_form`)."""

    surface: str
    start: int
    end: int
    key: str


# No group here is possessive, `(?:…)*+`: Python 3.11.2 (Debian 12) never comes back from one.

# --- the quick way -----------------------------------------------------------------------------------------------

_ARABIC = "\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u06ff"
DIGITS = "0-9\u0660-\u0669\u06f0-\u06f9"
LETTERS = "A-Za-z" + _ARABIC
_UNPARTED = "".join(filter(re.compile(f"[A-Za-z{_ARABIC}](?<![{JOINED}])").match, map(chr, range(0x700))))
"""Letters before which a full stop or colon joins: Latin ones, and rare ones that folding does not know."""
JOINERS = ".:'\u2018\u2019,;\u060c\u066c\u066b"
PLAIN = (
    "\\s!-/:-@\\[-`{-~\u00a0-\u00a8\u00b0\u00b1\u00b4\u00d7\u00f7\u20ac\u00ab\u00bb\u060c\u061b\u061f\u066a-\u066c\u06d4\u200b"
    "\u2010-\u2016\u2018-\u201e\u2020-\u2022\u2026"
)

_WRITTEN = f"[{LETTERS}{DIGITS}{WRITTEN}]"
_REST = f"{_WRITTEN}*+(?:[{INVISIBLE}]++{_WRITTEN}++)*"
_JOINED_ON = (
    f"[{JOINERS}](?:(?<=[{LETTERS}][.:])(?=[{_UNPARTED}])|(?<=[{LETTERS}]['\u2018\u2019\u066b])(?=[{LETTERS}])"
    f"|(?<=[{DIGITS}][.,;'\u2018\u2019\u060c\u066c\u066b])(?=[{DIGITS}])){_REST}"
)

# Nearly every word is letters only. Each way to go on begins with a class of one character, so that the engine sees at
# a glance that none is taken: a quarter less time than with two groups that may be repeated (`(?:…)*`).
QUICK = re.compile(
    f"[{LETTERS}{DIGITS}]{_WRITTEN}*+"
    f"(?:[{INVISIBLE}][{INVISIBLE}]*+{_WRITTEN}++(?:[{INVISIBLE}]++{_WRITTEN}++)*(?:{_JOINED_ON})*"
    f"|{_JOINED_ON}(?:{_JOINED_ON})*|)"
)
"""A word of common text."""
_UNCOMMON = re.compile(f"[^{LETTERS}{DIGITS}{DELETED}{PLAIN}]")
_MARKED_JOINERS = re.compile(
    f"[{JOINERS}](?:(?<=[{DELETED}].)[{DELETED}]*+[{LETTERS}{DIGITS}]|[{DELETED}]++[{LETTERS}{DIGITS}])", re.DOTALL
)
"""A joiner beside a mark, and a word that goes on behind it."""
_TOO_LONG = re.compile(f"[{LETTERS}{DIGITS}{DELETED}{JOINERS}]{{{MAX_LENGTH + 1}}}")
_TAIL = re.compile(f"[{WRITTEN}]*+(?:[{INVISIBLE}]++[{WRITTEN}]++)*")


_STRANGE = re.compile(f"{_UNCOMMON.pattern}|{_MARKED_JOINERS.pattern}|{_TOO_LONG.pattern}", re.DOTALL)


def is_common(text: str) -> bool:
    """Whether the quick way knows all of `text`."""
    return has_common_signs(text) and _TOO_LONG.search(text) is None


def has_common_signs(text: str) -> bool:
    """Whether the quick way knows all of `text`, if no word of it is too long."""
    return _UNCOMMON.search(text) is None and _MARKED_JOINERS.search(text) is None


def cut(text: str) -> tuple[list[str], bool]:
    """The words of `text` without offsets, as printed; in exact form (and True) where only the full way knows it."""
    if has_common_signs(text):
        words = QUICK.findall(text)
        if max(map(len, words), default=0) <= MAX_LENGTH:
            return words, False
    return [token.key for token in tokenize(text)], True


def tokenize(text: str) -> list[Token]:
    """The words of `text` in order, with offsets into the text as printed."""
    if is_common(text):
        return [_token(found) for found in QUICK.finditer(text)]
    tokens: list[Token] = []
    at = 0
    for start, end in _strange(text):
        tokens += map(_token, QUICK.finditer(text, at, start))
        tokens += [Token(t.surface, t.start + start, t.end + start, t.key) for t in tokenize_any(text[start:end])]
        at = end
    return tokens + [_token(found) for found in QUICK.finditer(text, at)]


def _strange(text: str) -> Iterator[tuple[int, int]]:
    """The pieces between spaces that the quick way does not know; no word and no rule reaches across a space."""
    at = 0
    for found in _STRANGE.finditer(text):
        if found.end() > at:
            start = text.rfind(" ", at, found.start()) + 1 or at
            end = text.find(" ", found.end())
            at = end if end >= 0 else len(text)
            yield start, at


def _token(found: re.Match[str]) -> Token:
    surface = found[0]
    return Token(surface, found.start(), found.end(), EXACT[surface])


EXACT = Memo(search_form, CACHE_SIZE)
"""A word as printed → its exact form."""

# --- the full way ------------------------------------------------------------------------------------------------


@cache
def _grammar() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The tokenizer's two rules that can compete for a place: words (and single ideographs), and emoji.

    Zero-width joiners do not occur: they are folded away before. Compiled for the first text that needs it: that takes
    a tenth of a second.
    """
    ext = f"[{wb.charset(wb.FORMAT, wb.EXTEND)}]*+"
    no_selector = f"(?:(?![\\ufe0e\\ufe0f]){ext[:-2]})*"
    any_letter = f"[{wb.charset(wb.ALETTER, wb.HEBREW_LETTER)}]{ext}"
    hebrew = f"[{wb.charset(wb.HEBREW_LETTER)}]{ext}"
    digit = f"[{wb.charset(wb.NUMERIC)}\\uff10-\\uff19]{ext}"
    katakana = f"[{wb.charset(wb.KATAKANA)}]{ext}"
    low_line = f"[{wb.charset(wb.EXTEND_NUM_LET)}]{ext}"
    mid_letter = f"[{wb.charset(wb.MID_LETTER, wb.MID_NUM_LET)}']{ext}"
    mid_digit = f"[{wb.charset(wb.MID_NUM, wb.MID_NUM_LET)}']{ext}"
    quoted = f"{hebrew}(?:\"{ext}{hebrew}|'{ext})"  # acronyms; never to be eaten letter by letter
    letter = f"(?!{quoted}){any_letter}"
    run = (
        f"(?:{katakana}(?:(?:{low_line})*{katakana})*"
        f"|(?:{quoted}"
        f"|{digit}(?:(?:(?:{low_line})*|{mid_digit}){digit})*"
        f"|{letter}(?:(?:{low_line})*{letter}|{mid_letter}{any_letter})*)+)"
    )
    word = f"(?:{low_line})*{run}(?:(?:{low_line})+{run})*(?:{low_line})*"
    single = f"[{wb.charset(wb.HAN, wb.HIRAGANA)}]{ext}"
    complex_run = f"(?:[{wb.charset(wb.COMPLEX_CONTEXT)}]{ext})+"

    not_by_itself = "[0-9#*©®™\\u3030\\u303d\\U0001f1e6-\\U0001f1ff\\U0001f3fb-\\U0001f3ff]"
    pictures = f"(?:(?!{not_by_itself})[{wb.charset(wb.EMOJI)}]|[{wb.charset(wb.EXTENDED_PICTOGRAPHIC)}])"
    modifier = f"[\\U0001f3fb-\\U0001f3ff]{no_selector}"
    element = f"(?:{pictures}{no_selector}\\ufe0f?|{modifier})"
    emoji = (
        f"{element}(?:[\\U000e0020-\\U000e007e]+\\U000e007f)?"
        f"|[0-9#*]{no_selector}\\ufe0f?\\u20e3{no_selector}"
        f"|(?:[\\U0001f1e6-\\U0001f1ff]{ext}){{2}}"
    )
    return re.compile(f"{word}|{complex_run}|{single}"), re.compile(emoji)


def spans(folded: str) -> Iterator[tuple[int, int]]:
    """The standard tokenizer's tokens in text whose characters are folded already: the longest match at each place."""
    at = 0
    while at < len(folded):
        end = _longest(folded, at, at + MAX_LENGTH)
        if end - at > MAX_LENGTH // 2:  # astral characters count twice
            while end > at and len(folded[at:end].encode("utf-16-le")) > 2 * MAX_LENGTH:
                end = _longest(folded, at, end - 1)
        if end > at:
            yield at, end
        at = max(end, at + 1)


def _longest(folded: str, at: int, limit: int) -> int:
    matches = [pattern.match(folded, at, limit) for pattern in _grammar()]
    return max((found.end() for found in matches if found), default=at)


def tokenize_any(text: str) -> Iterator[Token]:
    """`tokenize` for any text, by the full grammar."""
    folded, starts, ends = _fold_with_origins(text)
    for first, last in spans(folded):
        start, end = starts[first], ends[last - 1]
        if (tail := _TAIL.match(text, end)) is not None:
            end = tail.end()
        yield Token(text[start:end], start, end, finish(folded[first:last]))


def _fold_with_origins(text: str) -> tuple[str, list[int], list[int]]:
    """The folded text, and for each of its characters where in `text` begins and ends what it came from."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def add(folded: str, start: int, end: int) -> None:
        parts.append(folded)
        starts.extend([start] * len(folded))
        ends.extend([end] * len(folded))

    at = 0
    for found in [*CONTEXT.finditer(text), None]:
        stop = found.start() if found else len(text)
        for place in range(at, stop):
            add(SEARCH_TABLE.get(ord(text[place]), text[place]), place, place + 1)
        if found:
            at = found.end()
            folded = fold_neighbours(found)
            if folded[0] == " ":
                add(" ", stop, stop + 1)
                stop, folded = stop + 1, folded[1:]
            for letter in folded[:-1]:
                add(letter, stop, stop + 1)
            add(folded[-1], stop if len(folded) == 1 else at - 1, at)
    return "".join(parts), starts, ends
