"""What became of each line, and why, in words that a person can check."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from workers.clean.cleaner import Cleaner
from workers.clean.learn import PREFIX
from workers.model import Extract, Outlet, Removed

_REASONS = {
    "credit/dateline": "begins with a dateline that names a wire agency; kept in the credit",
    "credit/line": "names the wire agency and nothing else; kept in the credit",
    "credit/after-text": "a bracketed wire agency after the last sentence; kept in the credit",
    "credit/agencies": 'says "agencies" and nothing else',
    "head/byline": "two to four plain words before the running text: the byline",
    "head/caption": "a short line under the byline, before the running text: the caption",
    "head/repeats-field": "says again what stands in the byline, caption, kicker or sub-title",
    "tail/writer": "the byline's name below the text, and what follows it about the writer",
    "theme/ornament": "holds no letter and no digit",
    "title/suffix": "the outlet's own name after the title",
}
"""Rules that are not phrases of config/boilerplate.yaml."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of the extract, or one piece of a line: kept, or removed by `rule`. Position -1 is the title."""

    position: int
    kept: bool
    text: str
    rule: str = ""
    why: str = ""


def explain(cleaner: Cleaner, extract: Extract, *, outlet: Outlet, learned: Collection[str] = ()) -> list[Verdict]:
    """Every line in order; a line that lost a piece stands there twice, as the piece and as what is left."""
    cleaned = cleaner.clean(extract, outlet=outlet, learned=learned)
    draft = cleaner.draft(extract, outlet=outlet, learned=learned)
    verdicts = [_removed(cleaner, removed) for removed in cleaned.removed]
    verdicts += [Verdict(line.position, True, line.text) for line in draft.kept()]
    return sorted(verdicts, key=lambda verdict: (verdict.position, verdict.kept))


def _removed(cleaner: Cleaner, removed: Removed) -> Verdict:
    return Verdict(removed.position, False, removed.text, removed.rule, reason(cleaner, removed.rule))


def reason(cleaner: Cleaner, name: str) -> str:
    """Why a rule removes: its scope, where the phrase was seen, and its example."""
    plain = name.removesuffix("+headline")
    rule = next((rule for rule in cleaner.rules if rule.name == plain), None)
    if name.startswith(PREFIX):
        return "recurs on that many of the outlet's pages near head or tail (rasid boilerplate list)"
    if rule is None:
        return _REASONS.get(name, "")
    what = "a headline under" if name != plain else f"matches (scope {rule.scope})"
    return f"{what} “{rule.goes[0]}”; seen in: {rule.source}"
