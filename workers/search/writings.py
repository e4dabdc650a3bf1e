"""One thing written in one word or in two, in Arabic or in Latin letters: عبد الله and عبدالله, إس-400 and إس400, BBC.

Works on an expanded tree (`expand`), after names have been read in it: each way of writing becomes an alternative.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workers.arabic.fold import fold
from workers.arabic.letters import abbreviations, read_out
from workers.arabic.names import ARTICLE, FATHER, GLUED, OF_FAITH, SERVANT, THE_FAITH
from workers.search.tree import And, Boost, Exact, Not, Or, Phrase, Query, Word, all_of, any_of

_NUMBERED = re.compile(r"([^\W\d_]+)-?(\d+)")
MOST = 8
"""Words of a name or an abbreviation."""
_HEADS = ("", "ال", "و", "ل", "ب")
"""Before an abbreviation: the, and, to, in."""
_LATIN = range(2, 4)
"""Letters of an abbreviation in capitals that is read out; longer ones are read as words (NATO, OPEC)."""


def written_otherwise(query: Query) -> Query:  # noqa: PLR0911 - one return a kind of node
    """`query` with the other ways of writing its words."""
    match query:
        case And(parts):
            return all_of([*_side_by_side(list(parts))])
        case Or(parts):
            return any_of([written_otherwise(part) for part in parts])
        case Not(part):
            return Not(written_otherwise(part))
        case Boost(part, factor):
            return Boost(written_otherwise(part), factor)
        case Word(text, field):
            return any_of([query, *_of_word(text, field)])
        case Phrase(text, 0, field):
            return any_of([query, *_of_phrase(text.split(), field)])
        case _:
            return query


def _side_by_side(parts: list[Query]) -> Iterator[Query]:
    at = 0
    while at < len(parts):
        words = _run(parts, at)
        for length in range(len(words), 1, -1):
            if (found := _together(words[:length])) is not None:
                yield found
                at += length
                break
        else:
            yield written_otherwise(parts[at])
            at += 1


def _run(parts: list[Query], at: int) -> list[Word]:
    """The words from `at` on that stand in one field; of a word and its other spellings (`expand`) the word."""
    found: list[Word] = []
    for part in parts[at : at + MOST]:
        word = part.parts[0] if isinstance(part, Or) else part
        if not isinstance(word, Word) or (found and word.field != found[0].field):
            break
        found.append(word)
    return found


def _together(words: list[Word]) -> Query | None:
    """What words side by side mean together; None: nothing of their own."""
    texts, field = [word.text for word in words], words[0].field
    if texts[-1].isdecimal() and (found := [*_numbered(texts[:-1], texts[-1], field)]):
        return any_of([Phrase(" ".join(texts), 0, field), *found])
    if latin := abbreviations(texts):
        return any_of([*_spelt_out(" ".join(texts), field), *(Word(letters, field) for letters in latin)])
    if len(texts) != 2:
        return None
    first, second = map(fold, texts)
    glued = Word("".join(texts), field)
    servant = first == SERVANT and second.startswith(ARTICLE)
    if servant or first == FATHER or (second == THE_FAITH and first in OF_FAITH):
        return any_of([Phrase(" ".join(texts), 0, field), glued])
    return None


def _of_word(text: str, field: str | None) -> Iterator[Query]:
    if (numbered := _NUMBERED.fullmatch(text)) is not None:
        letters, number = numbered.groups()
        yield Phrase(f"{letters} {number}", 0, field)
        yield Word(letters + number, field)
        yield from _numbered([letters], number, field)
    elif (parts := GLUED.fullmatch(text)) is not None:
        yield Phrase(" ".join(filter(None, parts.groups())), 0, field)
    elif text.isascii() and text.isupper() and len(text) in _LATIN:
        for names in read_out(text):
            yield from _spelt_out(names, field)


def _of_phrase(words: list[str], field: str | None) -> Iterator[Query]:
    """A phrase that is an abbreviation, or one of whose names is written the other way."""
    if len(words) > 1 and (latin := abbreviations(words)):
        yield from _spelt_out(" ".join(words), field)
        yield from (Word(letters, field) for letters in latin)
        return
    for place, word in enumerate(words):
        rest = words[place + 1 :]
        if (parts := GLUED.fullmatch(word)) is not None:
            yield Phrase(" ".join([*words[:place], *filter(None, parts.groups()), *rest]), 0, field)
        if fold(word) in {SERVANT, FATHER} and rest:
            other = " ".join([*words[:place], word + rest[0], *rest[1:]])
            yield Phrase(other, 0, field) if " " in other else Word(other, field)


def _numbered(letters: list[str], number: str, field: str | None) -> Iterator[Query]:
    """A type's letters and number in the other letters and in one word: F-35, إف 35."""
    found = abbreviations(letters) or (read_out(letters[0]) if len(letters) == 1 and len(letters[0]) <= 3 else [])
    if found:
        yield Word("".join(letters) + number, field)
    for other in found:
        yield Phrase(f"{other} {number}", 0, field)
        yield Word(other.replace(" ", "") + number, field)


def _spelt_out(names: str, field: str | None) -> Iterator[Query]:
    """As printed: letters' names are stop words too."""
    return (Exact(head + names, field) for head in _HEADS)
