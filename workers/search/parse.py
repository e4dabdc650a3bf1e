"""The query language: Lucene's grammar as readers of Arabic write it.

    query   = and ("OR" and)*                       أو
    and     = near ("AND"? near)*                   و; words side by side must all be found
    near    = unary ("NEAR/5" unary)*               قرب/5; BEFORE/5 and قبل/5 keep the order
    unary   = ("NOT" | "-" | "+") unary | boosted   ليس
    boosted = primary ("^" number)?
    primary = "(" query ")" | field ":" primary | "=" (word | phrase) | word "*" | word "~1" | phrase "~5" | word | "*"

NOT binds before NEAR, NEAR before AND, AND before OR (Lucene's classic parser has no precedence and gives surprising
answers without parentheses). Operators are tokens of their own: و inside a word is part of the word, و alone is AND.
English operators need capitals. The grammar is luqum's for what both know, which a test compares; luqum itself reads
`&&` as a word, has no NEAR, is not thread-safe and cannot always tell the column of a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from workers.arabic.querywords import DATE_LIKE
from workers.search import patterns
from workers.search.dates import Period, period
from workers.search.lexer import Token, fault, tokens
from workers.search.tree import (
    KEYWORD_FIELDS,
    And,
    Boost,
    Exact,
    Fuzzy,
    Keyword,
    MatchAll,
    Near,
    Not,
    Or,
    Pattern,
    Phrase,
    Prefix,
    Query,
    Range,
    Word,
    any_of,
)

_NUMBER = re.compile(r"\d{1,6}(?:\.\d{1,6})?")
MAX_DEPTH = 20
"""Elasticsearch refuses Boolean queries nested more than 30 levels deep, and leaves and ranking need some."""
MAX_LEAVES = 500
MAX_DISTANCE = 50
"""Words between the parts of a NEAR or a sloppy phrase: under `tree.VALUE_GAP`, so that it never joins two values."""


def parse(text: str, *, now: datetime, timezone: tzinfo = UTC, regexes: bool = False) -> Query:
    """Read `text`; relative dates count from `now` in `timezone`. Raises `UserError` with the column and the mend.

    `regexes`: `/…/` is a regular expression; alert rules have them, no index is asked for one.
    """
    return _Parser(tokens(text, patterns=regexes), lambda value: period(value, now=now, timezone=timezone)).run()


def side_by_side(parts: list[Query]) -> Query:
    """`all_of`, but a word that is written twice stays twice: بي بي سي (BBC) is a name."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    kept = [part for place, part in enumerate(flat) if isinstance(part, Word) or part not in flat[:place]]
    return kept[0] if len(kept) == 1 else And(tuple(kept))


class _Parser:
    def __init__(self, found: list[Token], when: Callable[[str], Period | None]) -> None:
        self.tokens = found
        self.at = 0
        self.when = when
        self.depth = 0
        self.leaves = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def run(self) -> Query:
        if self.next.kind == "end":
            raise fault(1, "there is no word to search for", "write * for every article")
        query = self.either(None)
        if self.next.kind != "end":
            raise fault(self.next.column, f"“{self.next.text}” is out of place here", _MENDS.get(self.next.kind, ""))
        return query

    def either(self, field: str | None) -> Query:
        parts = [self.both(field)]
        while self.next.kind == "OR":
            self.take()
            parts.append(self.both(field))
        return parts[0] if len(parts) == 1 else any_of(parts)

    def both(self, field: str | None) -> Query:
        parts = [self.near(field)]
        while self.next.kind not in {"end", ")", "OR"}:
            if self.next.kind == "AND":
                self.take()
            parts.append(self.near(field))
        return parts[0] if len(parts) == 1 else side_by_side(parts)

    def near(self, field: str | None) -> Query:
        start = self.next
        parts = [self.unary(field)]
        operator = self.next
        while self.next.kind == "near":
            if (self.next.number, self.next.ordered) != (operator.number, operator.ordered):
                raise fault(self.next.column, "a chain of NEAR needs one distance", f"write {operator.text} again")
            self.take()
            parts.append(self.unary(field))
        if len(parts) == 1:
            return parts[0]
        if operator.number > MAX_DISTANCE:
            raise fault(operator.column, f"the distance is more than {MAX_DISTANCE} words", "join them with AND")
        fields = {self._near_field(part, start) for part in parts}
        if len(fields) > 1:
            raise fault(start.column, "NEAR joins words of one field", "write field:(a NEAR/5 b)")
        return Near(tuple(parts), operator.number, operator.ordered, fields.pop())

    def _near_field(self, part: Query, start: Token) -> str | None:
        match part:
            case Word(_, field) | Phrase(_, 0, field):
                return field
            case Or(parts):
                fields = {self._near_field(inner, start) for inner in parts}
                if len(fields) == 1:
                    return fields.pop()
        raise fault(start.column, "NEAR joins words, phrases and (a OR b) of those", "take the other signs out")

    def unary(self, field: str | None) -> Query:
        if self.next.kind in {"NOT", "-"}:
            self._deeper(self.take())
            query = Not(self.unary(field))
            self.depth -= 1
            return query
        while self.next.kind == "+":
            self.take()
        return self.boosted(field)

    def _deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise fault(token.column, f"is nested more than {MAX_DEPTH} levels deep", "write it flatter")

    def boosted(self, field: str | None) -> Query:
        query = self.primary(field)
        if self.next.kind != "^":
            return query
        sign = self.take()
        factor = self._number(sign, "a boost is a number from 0.01 to 100", "write word^2")
        if not 0.01 <= factor <= 100:
            raise fault(sign.column, "a boost is a number from 0.01 to 100", "write word^2")
        return Boost(query, factor)

    def primary(self, field: str | None) -> Query:
        token = self.take()
        match token.kind:
            case "(":
                self._deeper(token)
                query = self.either(field)
                self.depth -= 1
                if self.next.kind != ")":
                    raise fault(token.column, "this parenthesis is never closed", "write ) at its end")
                self.take()
                return query
            case "field":
                return self.dated(token) if token.text in DATE_LIKE else self.primary_of(token)
            case "=":
                return self.exact(token, field)
            case "word" | "phrase" | "TO":
                return self.leaf(token, field)
            case "pattern":
                return self.pattern(token, field)
        problem = (
            "the query ends where a word should stand" if token.kind == "end" else f"“{token.text}” is out of place"
        )
        raise fault(token.column, problem, _MENDS.get(token.kind, ""))

    def primary_of(self, token: Token) -> Query:
        if self.next.kind in {"[", "{", ">", ">=", "<", "<="}:
            raise fault(self.next.column, f"{token.text} is not a date", "only dates have ranges")
        if self.next.kind in {"+", "-"}:
            raise fault(self.next.column, f"“{self.next.text}” is out of place", f"write it before {token.text}:")
        return self.primary(token.text)

    def exact(self, sign: Token, field: str | None) -> Query:
        if field in KEYWORD_FIELDS:
            raise fault(sign.column, f"{field} is always compared exactly", "take the = away")
        token = self.take()
        if token.kind not in {"word", "phrase", "TO"} or not token.text or token.star:
            raise fault(sign.column, "= stands before a word or a quotation", 'write =word or ="two words"')
        return self._counted(token, Exact(token.text, field))

    def leaf(self, token: Token, field: str | None) -> Query:
        tilde = self.take() if self.next.kind == "~" and not self.next.spaced else None
        if token.star and not token.text and tilde is None:
            return Keyword(field, ()) if field in KEYWORD_FIELDS and field is not None else MatchAll()
        if field is not None and field in KEYWORD_FIELDS:
            if tilde is not None:
                raise fault(tilde.column, f"{field} is always compared exactly", "take the ~ away")
            return self._counted(token, Keyword(field, (_value(field, token.text),)))
        if token.kind == "phrase":
            return self._counted(token, Phrase(token.text, self._slop(tilde), field))
        if token.star:
            return self._counted(token, self._prefix(token, tilde, field))
        if tilde is not None:
            return self._counted(token, Fuzzy(token.text, self._edits(tilde, token.text), field))
        return self._counted(token, Word(token.text, field))

    def pattern(self, token: Token, field: str | None) -> Query:
        if field in KEYWORD_FIELDS:
            raise fault(token.column, f"{field} is always compared exactly", "patterns are matched in texts")
        patterns.compiled(token.text)
        return self._counted(token, Pattern(token.text, field))

    def _counted(self, token: Token, leaf: Query) -> Query:
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            raise fault(token.column, f"the query has more than {MAX_LEAVES} words", "split it")
        return leaf

    def _prefix(self, token: Token, tilde: Token | None, field: str | None) -> Query:
        if tilde is not None:
            raise fault(tilde.column, "~ and * cannot stand together", "choose one")
        if sum(char.isalnum() for char in token.text) < 2 or "*" in token.text:
            raise fault(token.column, "* stands only at a word's end, after two letters or more", "write more letters")
        return Prefix(token.text, field)

    def _slop(self, tilde: Token | None) -> int:
        if tilde is None:
            return 0
        mend = f'write "a b"~5, at most {MAX_DISTANCE}'
        slop = self._number(tilde, "a number of words stands after ~ here", mend)
        if slop != int(slop) or not 0 <= slop <= MAX_DISTANCE:
            raise fault(tilde.column, f"at most {MAX_DISTANCE} words can stand between, a whole number", mend)
        return int(slop)

    def _edits(self, tilde: Token, word: str) -> int:
        if self.next.kind != "word" or self.next.spaced:
            return 1 if len(word) <= 5 else 2  # as Elasticsearch's AUTO
        edits = self._number(tilde, "~ takes 1 or 2 edits", "write word~1")
        if edits not in {1.0, 2.0}:
            raise fault(tilde.column, "~ takes 1 or 2 edits", "write word~1")
        return int(edits)

    def _number(self, sign: Token, problem: str, mend: str) -> float:
        token = self.next
        if token.kind != "word" or token.spaced or not _NUMBER.fullmatch(token.text):
            raise fault(sign.column, problem, mend)
        self.take()
        return float(token.text)

    # --- dates ---------------------------------------------------------------------------------------------------

    def dated(self, name: Token) -> Query:  # noqa: PLR0911 - one return a comparison
        """`date:2023-01`, `date:>2023`, `date:[a TO b}`, `since:"last 7 days"`."""
        field = "date" if name.text in {"since", "until"} else name.text
        token = self.take()
        if token.kind in {"[", "{"}:
            return self._range(field, token)
        compare = token.kind if token.kind in {">", ">=", "<", "<="} else ""
        if compare:
            token = self.take()
        if token.star and not token.text and not compare:
            return MatchAll()
        low, high = self._period(token)
        match compare or {"since": ">=", "until": "<="}.get(name.text, ""):
            case ">":
                return Range(field, high, None)
            case ">=":
                return Range(field, low, None)
            case "<":
                return Range(field, None, low)
            case "<=":
                return Range(field, None, high or low)
            case _:
                return self._counted(token, Range(field, low, high))

    def _range(self, field: str, opening: Token) -> Query:
        low = self.take()
        if self.take().kind != "TO":
            raise fault(opening.column, "a range is written [from TO until]", "for example [2023-01 TO 2023-03]")
        high = self.take()
        closing = self.take()
        if closing.kind not in {"]", "}"}:
            raise fault(opening.column, "this range is never closed", "write ] at its end")
        start = None if low.star else self._period(low)[0 if opening.kind == "[" else 1]
        end = None
        if not high.star:
            first, after = self._period(high)
            end = (after or first) if closing.kind == "]" else first
        if start is not None and end is not None and start >= end:
            raise fault(opening.column, "the range ends before it begins", "swap its ends")
        return self._counted(opening, Range(field, start, end))

    def _period(self, token: Token) -> Period:
        found = self.when(token.text) if token.kind in {"word", "phrase"} else None
        if found is None:
            mend = 'write 2023, 2023-01, 2023-01-29, today, yesterday, أمس or "last 7 days"'
            raise fault(token.column, f"“{token.text}” is not a date", mend)
        return found


def _value(field: str, text: str) -> str:
    return text.lower() if field in {"country", "language"} else text


_MENDS = {
    "AND": "a word belongs on both sides of AND (و); in quotes it is a word",
    "OR": "a word belongs on both sides of OR (أو); in quotes it is a word",
    "near": "a word belongs on both sides of NEAR",
    "end": "write a word, or take the last operator away",
    ")": "no parenthesis is open here, or it is empty",
    "]": "ranges are written field:[from TO until]",
    "[": "ranges are written field:[from TO until]",
    "{": "ranges are written field:[from TO until]",
    "}": "ranges are written field:[from TO until]",
    "~": "write ~ directly after a word or a quotation",
    "^": "write ^ directly after a word, a quotation or a parenthesis",
    ":": "write field:value",
}
