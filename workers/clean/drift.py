"""Drift watch: an outlet's extraction against its own past. A redesign shows as a jump in one of four measures.

Pure arithmetic over windows of counts; the caller keeps one window of the past and one of the last day an outlet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import exp, log, sqrt

from workers.model import Cleaned

FIELDS = ("title", "byline", "published", "image")
_FEW_PAST = 30
_FEW_NOW = 10
"""Pages below which nothing is said."""
_SIGMAS = 4.0
"""Standard errors: with four measures of a hundred outlets a day, a false alarm about once in a month."""
_LEAST_JUMP = 0.2
"""And at least so much of a rate: large outlets make small changes certain but not important."""
_LEAST_FACTOR = 1.6
_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Counts over some pages of one outlet. `log_length`, `log_length_squared`: sums over the articles."""

    pages: int = 0
    empty: int = 0
    log_length: float = 0.0
    log_length_squared: float = 0.0
    removed_share: float = 0.0
    missing: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[str, ...] = ()

    @property
    def articles(self) -> int:
        return self.pages - self.empty


@dataclass(frozen=True, slots=True)
class Drift:
    """A measure that jumped: `length`, `empty`, `removed` or `missing <field>`, before and now, with example pages."""

    measure: str
    before: float
    now: float
    examples: tuple[str, ...]


def add(window: Window, page: str, cleaned: Cleaned | None, *, published: bool, image: bool) -> Window:
    """The window with one more page; `cleaned` None: it gave no article."""
    examples = (page, *window.examples)[:_EXAMPLES]
    if cleaned is None:
        return replace(window, pages=window.pages + 1, empty=window.empty + 1, examples=examples)
    length = len(cleaned.body)
    taken = sum(len(removed.text) for removed in cleaned.removed)
    there = {"title": bool(cleaned.title), "byline": bool(cleaned.byline), "published": published, "image": image}
    return replace(
        window,
        pages=window.pages + 1,
        log_length=window.log_length + log(max(1, length)),
        log_length_squared=window.log_length_squared + log(max(1, length)) ** 2,
        removed_share=window.removed_share + taken / max(1, taken + length),
        missing={name: window.missing.get(name, 0) + (not there[name]) for name in FIELDS},
        examples=examples,
    )


def compare(past: Window, now: Window) -> list[Drift]:
    """What jumped. Nothing when either window holds too few pages to tell."""
    if past.pages < _FEW_PAST or now.pages < _FEW_NOW:
        return []
    found = [_rate("empty", past.empty, past.pages, now.empty, now.pages)]
    if past.articles >= _FEW_PAST and now.articles >= _FEW_NOW:
        found.append(_length(past, now))
        found.append(_rate("removed", past.removed_share, past.articles, now.removed_share, now.articles))
        found += [
            _rate(f"missing {name}", past.missing.get(name, 0), past.articles, now.missing.get(name, 0), now.articles)
            for name in FIELDS
        ]
    return [replace(drift, examples=now.examples) for drift in found if drift is not None]


def _rate(measure: str, before: float, of_before: int, now: float, of_now: int) -> Drift | None:
    """Two proportions, pooled: z = (p2 - p1) / sqrt(p (1 - p) (1/n1 + 1/n2))."""
    one, two = before / of_before, now / of_now
    pooled = (before + now) / (of_before + of_now)
    error = sqrt(pooled * (1 - pooled) * (1 / of_before + 1 / of_now))
    if abs(two - one) < _LEAST_JUMP or abs(two - one) < _SIGMAS * error:
        return None
    return Drift(measure, one, two, ())


def _length(past: Window, now: Window) -> Drift | None:
    """Geometric mean lengths, by the spread of the past (Welch's denominator)."""
    one, two = past.log_length / past.articles, now.log_length / now.articles
    spread = max(1e-9, past.log_length_squared / past.articles - one**2)
    error = sqrt(spread / past.articles + spread / now.articles)
    if abs(two - one) < log(_LEAST_FACTOR) or abs(two - one) < _SIGMAS * error:
        return None
    return Drift("length", exp(one), exp(two), ())
