"""The phrase rules of config/boilerplate.yaml, read and compiled.

A rule's pattern must match the whole folded line (scopes line, head, tail), or stand at a paragraph's end or beginning
(suffix, prefix). It is tried only on lines up to its length cap: a real sentence is long, a widget's label is short.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workers.clean.keys import fold_pattern
from workers.errors import Fault, UserError
from workers.settings import Document, read_yaml

Scope = Literal["line", "head", "tail", "suffix", "prefix", "list"]
SCOPES: tuple[Scope, ...] = ("line", "head", "tail", "suffix", "prefix", "list")
_KEYS = {"id", "group", "pattern", "scope", "outlet", "field", "most", "source", "goes", "stays"}
_NEEDED = {"id", "group", "pattern", "scope", "source", "goes", "stays"}
_FIELDS = ("byline", "caption", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One phrase rule. `name` (`group/id`) is what the evidence says."""

    id: str
    group: str
    pattern: re.Pattern[str]
    scope: Scope
    outlet: str
    field: str
    """Where the pattern's group `value` goes: `byline`, `caption`, `source` (the credit), or empty."""
    most: int
    """Characters of the folded line above which the rule is not tried."""
    source: str
    goes: tuple[str, ...]
    stays: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.group}/{self.id}"


def read(path: Path) -> tuple[Rule, ...]:
    """The rules of a file; raises `UserError` with every fault, each with its line."""
    document = read_yaml(path)
    value = document.value if isinstance(document.value, dict) else {}
    words = {str(k): str(v) for k, v in (value.get("words") or {}).items()}
    faults: list[Fault] = []
    rules: list[Rule] = []
    for number, raw in enumerate(value.get("rules") or ()):
        place = document.place(("rules", str(number)))
        try:
            rules.append(_rule(raw, words))
        except (ValueError, TypeError, KeyError, re.error) as error:
            faults.append(Fault(place, f"not a rule: {error}", "keys: " + ", ".join(sorted(_KEYS))))
    faults += _twice(rules, document)
    if faults:
        raise UserError(faults)
    return tuple(rules)


def _rule(raw: Any, words: dict[str, str]) -> Rule:
    if not isinstance(raw, dict):
        raise TypeError("must be a mapping")
    if unknown := set(raw) - _KEYS:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))}")
    if missing := _NEEDED - set(raw):
        raise ValueError(f"lacks {', '.join(sorted(missing))}")
    scope, field = raw["scope"], str(raw.get("field", ""))
    if scope not in SCOPES:
        raise ValueError(f"scope {scope!r} is none of {', '.join(SCOPES)}")
    if field and field not in _FIELDS:
        raise ValueError(f"field {field!r} is none of {', '.join(_FIELDS)}")
    return Rule(
        id=str(raw["id"]), group=str(raw["group"]), pattern=compile_pattern(str(raw["pattern"]), words, scope),
        scope=scope, outlet=str(raw.get("outlet", "")), field=field, most=int(raw.get("most", 120)),
        source=str(raw["source"]), goes=_texts(raw["goes"]), stays=_texts(raw["stays"]),
    )  # fmt: skip


def compile_pattern(pattern: str, words: dict[str, str], scope: str) -> re.Pattern[str]:
    """The pattern with {words} filled in, folded, anchored as its scope asks."""
    for _ in range(3):  # words may use words
        pattern = re.sub(r"\{([a-z_]+)\}", lambda m: f"(?:{words[m[1]]})", pattern)
    pattern = fold_pattern(pattern)
    if scope == "suffix":
        return re.compile(rf"(?:{pattern})\W*$")
    return re.compile(rf"(?:{pattern})" if scope == "prefix" else rf"(?:{pattern})\Z")


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, list) else (str(value),)


def _twice(rules: Iterable[Rule], document: Document) -> list[Fault]:
    seen: dict[str, int] = {}
    faults = []
    for number, rule in enumerate(rules):
        if rule.name in seen:
            faults.append(Fault(document.place(("rules", str(number))), f"{rule.name} stands there twice"))
        seen[rule.name] = number
    return faults


class RuleSet:
    """Rules of one scope, tried together: one alternation says whether any fits, so that most lines cost one match.

    There is one alternation for each span of line lengths, with only the rules whose cap reaches into it: few rules
    look at lines as long as a paragraph.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        starts = [0, *_SPANS]
        self._any = [_alternation([rule for rule in rules if rule.most > start]) for start in starts]

    def match(self, key: str, outlet: str) -> tuple[Rule, re.Match[str]] | None:
        """The first rule that fits the folded line."""
        any_of = self._any[bisect_left(_SPANS, len(key))] if key else None
        if any_of is None or not any_of.match(key):
            return None
        for rule in self.rules:
            if len(key) <= rule.most and rule.outlet in ("", outlet) and (found := rule.pattern.match(key)):
                return rule, found
        return None


_SPANS = (60, 120, 180, 260, 450, 900)
"""Lengths of folded lines at which a span ends; the last one is open."""


def _alternation(rules: Sequence[Rule]) -> re.Pattern[str] | None:
    joined = "|".join(f"(?:{re.sub(r'[?]P<[a-z]+>', '?:', rule.pattern.pattern)})" for rule in rules)
    return re.compile(joined) if joined else None
