"""Drift watch: an outlet's extraction against its own past. A redesign shows as a jump in one of a few measures.

Pure arithmetic over the last pages of an outlet, one sighting each, and the sums of those before them
(`store.drift` keeps both). An outlet with a dozen pages a day shows a redesign within that day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, log, sqrt

from workers.model import Article

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


RECENT = 30
"""Pages of an outlet that are compared with those before them: a third of them broken is seen for certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one page gave. `length` 0: no article; `removed`: share of the text that cleaning took, 0..1."""

    page: str
    length: int = 0
    removed: float = 0.0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Sums over some pages of one outlet. `log_length`, `log_length_squared`: over the articles."""

    pages: float = 0
    empty: float = 0
    log_length: float = 0.0
    log_length_squared: float = 0.0
    removed: float = 0.0
    missing: Mapping[str, float] = field(default_factory=dict)

    @property
    def articles(self) -> float:
        return self.pages - self.empty


@dataclass(frozen=True, slots=True)
class Drift:
    """A measure that jumped: `length`, `empty`, `removed` or `missing <field>`, before and now, with example pages."""

    measure: str
    before: float
    now: float
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.measure == "length":
            return f"length {self.before:,.0f} → {self.now:,.0f} characters"
        return f"{self.measure} {self.before:.0%} → {self.now:.0%} of pages"


def sighting(page: str, article: Article | None) -> Sighting:
    """What a page gave; None: no article."""
    if article is None:
        return Sighting(page=page)
    length = len(article.body)
    taken = sum(len(removed.text) for removed in article.removed)
    there = {"title": article.title, "byline": article.byline, "published": article.published, "image": article.image}
    return Sighting(
        page=page,
        length=max(1, length),
        removed=taken / max(1, taken + length),
        missing=tuple(name for name in FIELDS if not there[name]),
    )


def amounts(one: Sighting) -> dict[str, float]:
    """What a sighting adds to a window, by the names that the store keeps (`missing:byline`)."""
    if not one.length:
        return {"pages": 1, "empty": 1}
    found = {
        "pages": 1.0,
        "log_length": log(one.length),
        "log_length_squared": log(one.length) ** 2,
        "removed": one.removed,
    }
    return found | {f"missing:{name}": 1.0 for name in one.missing}


def window(sums: Mapping[str, float]) -> Window:
    """A window from sums of `amounts`."""
    named = {name: sums.get(name, 0.0) for name in ("pages", "empty", "log_length", "log_length_squared", "removed")}
    missing = {name.partition(":")[2]: value for name, value in sums.items() if name.startswith("missing:")}
    return Window(**named, missing=missing)


def add_up(sightings: Sequence[Sighting]) -> Window:
    """The window of these pages."""
    sums: dict[str, float] = {}
    for one in sightings:
        for name, value in amounts(one).items():
            sums[name] = sums.get(name, 0.0) + value
    return window(sums)


def compare(past: Window, recent: Sequence[Sighting]) -> list[Drift]:
    """What jumped, with pages that show it (newest first, as `recent` is). Nothing when too few pages can tell."""
    now = add_up(recent)
    if past.pages < _FEW_PAST or now.pages < _FEW_NOW:
        return []
    found = [_rate("empty", past.empty, past.pages, now.empty, now.pages)]
    if past.articles >= _FEW_PAST and now.articles >= _FEW_NOW:
        found.append(_length(past, now))
        found.append(_rate("removed", past.removed, past.articles, now.removed, now.articles))
        found += [
            _rate(f"missing {name}", past.missing.get(name, 0), past.articles, now.missing.get(name, 0), now.articles)
            for name in FIELDS
        ]
    return [replace(drift, examples=_examples(drift, recent)) for drift in found if drift is not None]


def _examples(drift: Drift, recent: Sequence[Sighting]) -> tuple[str, ...]:
    """The pages that look most like the change."""
    name = drift.measure.removeprefix("missing ")
    sides: dict[str, Callable[[Sighting], float]] = {
        "length": lambda one: one.length,
        "empty": lambda one: not one.length,
        "removed": lambda one: one.removed,
    }
    side = sides.get(drift.measure, lambda one: name in one.missing)
    seen = [one for one in recent if one.length or drift.measure == "empty"]
    return tuple(one.page for one in sorted(seen, key=side, reverse=drift.now > drift.before)[:_EXAMPLES])


def _rate(measure: str, before: float, of_before: float, now: float, of_now: float) -> Drift | None:
    """Two proportions, pooled: z = (p2 - p1) / sqrt(p (1 - p) (1/n1 + 1/n2))."""
    one, two = before / of_before, now / of_now
    pooled = (before + now) / (of_before + of_now)
    error = sqrt(pooled * (1 - pooled) * (1 / of_before + 1 / of_now))
    if abs(two - one) < _LEAST_JUMP or abs(two - one) < _SIGMAS * error:
        return None
    return Drift(measure, one, two)


def _length(past: Window, now: Window) -> Drift | None:
    """Geometric mean lengths, by the spread of the past (Welch's denominator)."""
    one, two = past.log_length / past.articles, now.log_length / now.articles
    spread = max(1e-9, past.log_length_squared / past.articles - one**2)
    error = sqrt(spread / past.articles + spread / now.articles)
    if abs(two - one) < log(_LEAST_FACTOR) or abs(two - one) < _SIGMAS * error:
        return None
    return Drift("length", exp(one), exp(two))
