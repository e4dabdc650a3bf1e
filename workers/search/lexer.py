"""A query's text as tokens with their columns.

Bidi controls vanish. Quotes “ ” „ count as ", and « » enclose a phrase too. Comma, semicolon, question and exclamation
marks (Arabic ، ؛ ؟ or Latin) only separate words, and so does a colon followed by space. A backslash takes the next
character as a letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workers.arabic.fold import fold
from workers.arabic.querywords import DATE_LIKE, FIELDS, NEAR, OPERATORS, folded
from workers.errors import Fault, UserError

MAX_LENGTH = 10_000
"""Characters; a longer query is a mistake or an attack."""

_INVISIBLE = frozenset(
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\ufeff\u00ad"
)
_QUOTES = {'"': '"“”„', "“": '"“”„', "”": '"“”„', "„": '"“”„', "«": "»"}
_SINGLE = {"(": "(", ")": ")", "[": "[", "]": "]", "{": "{", "}": "}", "^": "^", "~": "~"}
_END = frozenset('()[]{}"“”„«»^~،؛,;')
_EDGE = "؟?!.…"
_OPERATORS = {key: value for key, value in OPERATORS.items() if key.isascii()}
_ARABIC_OPERATORS = folded({key: value for key, value in OPERATORS.items() if not key.isascii()})
_FIELDS = folded(FIELDS)
_NEAR = {fold(key): (key.isascii(), ordered) for key, ordered in NEAR.items()}
_NEAR_TOKEN = re.compile(r"([^\W\d]+)/(\d{1,3})")
_COMPARE = re.compile(r"[<>]=?")


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: word, phrase, field, near, AND, OR, NOT, TO, or one of ( ) [ ] { } ^ ~ + - = > >= < <= and `end`."""

    kind: str
    text: str
    column: int
    """1-based, of its first character in the query as typed."""
    spaced: bool = True
    """White space (or nothing) stands before it."""
    ordered: bool = False
    number: int = 0
    star: bool = False
    """A word that ends in *, which `text` leaves out."""


def fault(column: int, problem: str, mend: str = "") -> UserError:
    """The error of a query that is wrong at `column`."""
    return UserError(Fault(f"query, column {column}", problem, mend))


def tokens(text: str, *, patterns: bool = False) -> list[Token]:
    """All tokens of `text`, the last one of kind `end`; raises `UserError` with the column.

    `patterns`: `/…/` is a regular expression, a token of kind `pattern`.
    """
    if len(text) > MAX_LENGTH:
        raise UserError(Fault("query", f"is longer than {MAX_LENGTH} characters", "ask for less at once"))
    return _Lexer(text, patterns=patterns).run()


def is_operator(word: str) -> bool:
    """Whether `word` alone would be read as an operator."""
    return word in _OPERATORS or fold(word) in _ARABIC_OPERATORS or word == "NEAR"


class _Lexer:
    def __init__(self, text: str, *, patterns: bool) -> None:
        self.text = text
        self.patterns = patterns
        self.at = 0
        self.spaced = True
        self.found: list[Token] = []

    def run(self) -> list[Token]:
        while self.at < len(self.text):
            char = self.text[self.at]
            if char.isspace() or char in _INVISIBLE or char in "،؛,;":
                self.spaced = self.spaced or char not in _INVISIBLE
                self.at += 1
            elif char in _QUOTES:
                self._phrase(_QUOTES[char])
            elif char == "/" and self.patterns:
                self._pattern()
            elif char in _SINGLE:
                self._emit(char, char, self.at, self.at + 1)
            elif char == "»":
                raise fault(self.at + 1, "» closes a quotation that was not opened", "write « before it")
            else:
                self._run()
        self._emit("end", "", self.at, self.at)
        return self.found

    def _emit(
        self,
        kind: str,
        text: str,
        start: int,
        end: int,
        *,
        ordered: bool = False,
        number: int = 0,
        star: bool = False,
    ) -> None:
        self.found.append(Token(kind, text, start + 1, self.spaced, ordered, number, star))
        self.at, self.spaced = end, False

    def _phrase(self, closing: str) -> None:
        start = self.at
        letters: list[str] = []
        at = start + 1
        while at < len(self.text) and self.text[at] not in closing:
            if self.text[at] == "\\" and at + 1 < len(self.text):
                at += 1
            if self.text[at] not in _INVISIBLE:
                letters.append(self.text[at])
            at += 1
        if at >= len(self.text):
            raise fault(start + 1, "a quotation is opened and never closed", "close it, or take the quote away")
        self._emit("phrase", " ".join("".join(letters).split()), start, at + 1)

    def _pattern(self) -> None:
        start, at = self.at, self.at + 1
        while at < len(self.text) and self.text[at] != "/":
            at += 2 if self.text[at] == "\\" else 1
        if at >= len(self.text):
            raise fault(
                start + 1, "a pattern is opened and never closed", "end it with /, or write \\/ for a plain one"
            )
        self._emit("pattern", self.text[start + 1 : at].replace("\\/", "/"), start, at + 1)

    def _run(self) -> None:
        """A run of letters: an operator, a field name, a sign before something, or a word."""
        start = self.at
        if self._sign(start):
            return
        word, at, escaped = self._letters(start, stop_at_colon=not self._value_of_date())
        if escaped:
            star = self.text[at - 1] == "*" and self.text[at - 2] != "\\"
            self._emit("word", word[: len(word) - star], start, at, star=star)
        elif at < len(self.text) and self.text[at] == ":" and not self._value_of_date():
            self._colon(word, start, at)
        else:
            self._word(word, start, at)

    def _sign(self, start: int) -> bool:
        """`+`, `-`, `!`, `=`, `<`, `>` directly before something."""
        after = self.text[start + 1 : start + 2]
        if (compare := _COMPARE.match(self.text, start)) is not None and self._after_field():
            self._emit(compare[0], compare[0], start, compare.end())
            return True
        if self.text[start] in "+-!=" and after and not after.isspace() and after not in "+-!=&|)]}":
            self._emit({"!": "-"}.get(self.text[start], self.text[start]), self.text[start], start, start + 1)
            return True
        return False

    def _after_field(self) -> bool:
        return bool(self.found) and self.found[-1].kind == "field"

    def _value_of_date(self) -> bool:
        """Inside a date's value a colon belongs to the time of day."""
        kinds = [token.kind for token in self.found[-5:]]
        for token in reversed(self.found[-5:]):
            if token.kind == "field":
                break
            if token.kind not in {"[", "{", "word", "TO", ">", ">=", "<", "<="}:
                return False
        else:
            return False
        inside = "[" in kinds or "{" in kinds
        return token.text in DATE_LIKE and (inside or self.found[-1].kind in {"field", ">", ">=", "<", "<="})

    def _letters(self, start: int, *, stop_at_colon: bool) -> tuple[str, int, bool]:
        """The run's letters, where it ends, and whether a backslash makes it a word whatever it spells."""
        letters: list[str] = []
        at = start
        escaped = False
        while at < len(self.text):
            char = self.text[at]
            if char.isspace() or char in _END or (char == ":" and stop_at_colon):
                break
            if char == "\\" and at + 1 < len(self.text):
                at, escaped = at + 1, True
                letters.append(self.text[at])
            elif char not in _INVISIBLE:
                letters.append(char)
            at += 1
        return "".join(letters), at, escaped

    def _colon(self, word: str, start: int, at: int) -> None:
        after = self.text[at + 1 : at + 2]
        name = _FIELDS.get(fold(word))
        if not after or after.isspace():
            if name is not None and (word.isascii() or not self.text[at + 1 :].strip()):
                raise fault(at + 1, f"nothing stands after {word}:", f"write {word}:value without a space")
            self._word(word, start, at + 1)
        elif word == "*" and after == "*":
            self._emit("word", "", start, at + 2, star=True)
        elif name is None:
            known = ", ".join(key for key in FIELDS if key.isascii())
            raise fault(start + 1, f"there is no field “{word}”", f"fields: {known}; or write \\: for a plain colon")
        else:
            self._emit("field", name, start, at + 1)

    def _word(self, word: str, start: int, at: int) -> None:
        if (near := _NEAR_TOKEN.fullmatch(word)) is not None and (known := _NEAR.get(fold(near[1]))) is not None:
            ascii_word, ordered = known
            if not ascii_word or near[1].isupper():
                self._emit("near", word, start, at, ordered=ordered, number=int(near[2]))
                return
        if word == "NEAR":
            raise fault(start + 1, "NEAR needs a distance", "write NEAR/5: at most five other words between")
        operator = _OPERATORS.get(word) or _ARABIC_OPERATORS.get(fold(word))
        if operator is not None:
            self._emit(operator, word, start, at)
            return
        word = word.strip(_EDGE) if not self._value_of_date() else word
        star = word.endswith("*")
        if star or any(char.isalnum() for char in word):
            self._emit("word", word.removesuffix("*"), start, at, star=star)
        else:
            self.at, self.spaced = at, True
