"""The words under which a text is searched: exact forms and stems, the same in Python and in Elasticsearch.

A stem is found by looking the exact form up in the lexicon and, where it is unknown, what light10 leaves of it (Larkey,
Ballesteros and Connell 2007, as Lucene's ArabicStemmer does it). Spelling variants of names are entries too: a
variant's stem leads to the stem of the name's usual spelling. The lexicon is built from counts by
`workers.arabic.lexicon`; its name stands in the index's mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from workers.arabic.fold import search_form
from workers.arabic.memo import Memo
from workers.arabic.tokens import CACHE_SIZE, EXACT, QUICK, cut, is_common, tokenize
from workers.errors import Fault, UserError

LEXICON = "ar_lex_v2"
"""A changed lexicon gets a new name, because it changes what an index holds."""


class Term(NamedTuple):
    """An indexed word. `position` counts all words, stop words too; `text[start:end]` is the word as printed."""

    term: str
    position: int
    start: int
    end: int


class Analyzer:
    """One loaded analysis: stop words, lexicon, merges. Share it; it only remembers."""

    def __init__(
        self,
        *,
        name: str,
        lexicon: Mapping[str, str],
        stop_words: Iterable[str],
        variants: Mapping[str, str] | None = None,
    ) -> None:
        """`lexicon`: exact form → stem. `variants`: a spelling → the spelling whose stem it takes, both as printed."""
        self.name = name
        self.lexicon = lexicon
        self.stop_words = frozenset(stop_words)
        self.variants: dict[str, str] = {}
        """Entries that stand before the lexicon's: everything whose stem a name's variant changes."""
        if variants:
            self.variants = self._merged(variants)
        self._stems = Memo[str | None](lambda key: None if key in self.stop_words else self.stem_of(key), CACHE_SIZE)
        self._printed = Memo[str | None](lambda surface: self._stems[EXACT[surface]], CACHE_SIZE)

    @classmethod
    def load(cls, config_dir: Path, *, variants: Mapping[str, str] | None = None) -> Analyzer:
        """Read `arabic/stop_words.txt` and the lexicon under `config_dir`; raises `UserError` naming file and line."""
        folder = config_dir / "arabic"
        return cls(
            name=LEXICON,
            lexicon=read_lexicon(folder / f"{LEXICON}.txt"),
            stop_words=read_words(folder / "stop_words.txt"),
            variants=variants,
        )

    def exact(self, text: str) -> list[Term]:
        """Every word in its exact form."""
        return [Term(t.key, position, t.start, t.end) for position, t in enumerate(tokenize(text))]

    def stem(self, text: str) -> list[Term]:
        """Every word but stop words, as stems; positions are those of `exact`."""
        if not is_common(text):
            words = enumerate(tokenize(text))
            return [Term(s, at, t.start, t.end) for at, t in words if (s := self._stems[t.key]) is not None]
        stems = self._printed
        found = enumerate(QUICK.finditer(text))
        return [Term(s, at, *word.span()) for at, word in found if (s := stems[word[0]]) is not None]

    def stems(self, text: str) -> list[str | None]:
        """A stem a word, None for stop words: the list's index is the position. The quickest form, without offsets."""
        words, folded = cut(text)
        return list(map((self._stems if folded else self._printed).__getitem__, words))

    def exacts(self, text: str) -> list[str]:
        """The exact form of every word: the list's index is the position. No stem is looked up."""
        words, folded = cut(text)
        return words if folded else list(map(EXACT.__getitem__, words))

    def forms(self, text: str) -> tuple[list[str], list[str | None]]:
        """`exacts` and `stems` of a text that is cut once."""
        words, folded = cut(text)
        exact = words if folded else list(map(EXACT.__getitem__, words))
        return exact, list(map(self._stems.__getitem__, exact))

    def exact_word(self, word: str) -> str:
        """The exact form of one word as printed."""
        return EXACT[word]

    def stem_word(self, word: str) -> str:
        """The stem of one word as printed; stop words have one too."""
        return self.stem_of(EXACT[word])

    def is_stop(self, word: str) -> bool:
        """Whether `stem` leaves this word (as printed) out."""
        return EXACT[word] in self.stop_words

    def stem_of(self, exact: str) -> str:
        """The stem of an exact form."""
        found = self._entry(exact)
        if found is None:
            remnant = light10(exact)
            found = self._entry(remnant) or remnant
        return found

    def rule(self, exact: str) -> str:
        """What made the stem of an exact form: `stop`, `variant`, `lexicon` (it knows the word), `light10` (which cut
        it), `light10, lexicon` (which knows what was left), `none`."""
        if exact in self.stop_words:
            return "stop"
        if exact in self.variants:
            return "variant"
        if exact in self.lexicon:
            return "lexicon"
        if (remnant := light10(exact)) == exact:
            return "none"
        return "light10" if self._entry(remnant) is None else "light10, lexicon"

    def _entry(self, word: str) -> str | None:
        found = self.variants.get(word)
        return self.lexicon.get(word) if found is None else found

    def _merged(self, variants: Mapping[str, str]) -> dict[str, str]:
        stems = {self.stem_of(search_form(a)): self.stem_of(search_form(b)) for a, b in variants.items()}
        stems = {one: other for one, other in stems.items() if one != other}
        changed = {word: stems[stem] for word, stem in self.lexicon.items() if stem in stems}
        return {**stems, **changed}


# --- light10 -----------------------------------------------------------------------------------------------------

_PREFIXES = ("ال", "وال", "بال", "كال", "فال", "لل", "و")
_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ية", "ه", "ة", "ي")


def light10(word: str) -> str:
    """Lucene's ArabicStemmer: the first prefix that fits is cut, then each suffix in turn. Two letters stay."""
    astral = sum(letter > "\uffff" for letter in word)  # Java counts these twice
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) + astral >= (len(prefix) + 2 if len(prefix) > 1 else 4):
            word = word[len(prefix) :]
            break
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) + astral >= len(suffix) + 2:
            word = word[: -len(suffix)]
    return word


# --- files -------------------------------------------------------------------------------------------------------


def read_words(path: Path) -> list[str]:
    """The words of a file, one a line, in exact form; `#` begins a comment."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise UserError(Fault(str(path), f"cannot be read: {error.strerror}", "reinstall config/")) from None
    return [search_form(word) for line in lines if (word := line.partition("#")[0].strip())]


def read_lexicon(path: Path) -> dict[str, str]:
    """A file in the form that Elasticsearch's `stemmer_override` reads: `word, word => stem`."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise UserError(
            Fault(str(path), f"cannot be read: {error.strerror}", "rasid bench lexicon builds it")
        ) from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        words, arrow, stem = line.partition("=>")
        if not arrow or not stem.strip():
            raise UserError(Fault(f"{path}:{number}", "is not of the form `word, word => stem`"))
        for word in words.split(","):
            found[word.strip()] = stem.strip()
    return found
