"""Every rule of config/boilerplate.yaml removes its example and leaves its near miss."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.clean.credit import fold_with_places
from workers.clean.keys import line_key
from workers.clean.rules import Rule, read

RULES = read(Path(__file__).parents[3] / "config" / "boilerplate.yaml")
GOES = [pytest.param(rule, text, id=f"{rule.name}: {text}") for rule in RULES for text in rule.goes]
STAYS = [pytest.param(rule, text, id=f"{rule.name}: {text}") for rule in RULES for text in rule.stays]


def fits(rule: Rule, text: str) -> bool:
    if rule.scope in ("suffix", "prefix"):
        return rule.pattern.search(fold_with_places(text)[0]) is not None
    key = line_key(text)
    return len(key) <= rule.most and rule.pattern.match(key) is not None


@pytest.mark.parametrize(("rule", "text"), GOES)
def test_the_example_goes(rule: Rule, text: str) -> None:
    assert fits(rule, text)


@pytest.mark.parametrize(("rule", "text"), STAYS)
def test_the_near_miss_stays(rule: Rule, text: str) -> None:
    assert not fits(rule, text)
    if rule.scope not in ("suffix", "prefix"):
        wrong = [r.name for r in RULES if r.scope not in ("suffix", "prefix") and fits(r, text)]
        assert wrong == []
