"""The catalogue's names as rules for a token filter."""

from pathlib import Path

import pytest

from workers.arabic.analysis import Analyzer
from workers.search.synonyms import synonym_rules
from workers.tag.catalogue import Catalogue

CONFIG = Path("config")
Rules = list[tuple[list[str], list[str]]]


@pytest.fixture(scope="module")
def rules() -> Rules:
    made = synonym_rules(Catalogue.load(CONFIG / "entities"), Analyzer.load(CONFIG))
    sides = [rule.split(" => ") for rule in made]
    return [(asked.split(", "), spellings.split(", ")) for asked, spellings in sides]


def test_a_rule_leads_each_spelling_to_all_of_them(rules: Rules) -> None:
    nato = next(spellings for asked, spellings in rules if "حلف شمال الأطلسي" in asked)
    assert {"حلف شمال الأطلسي", "حلف شمال الأطلنطي"} <= set(nato)
    assert all(len(spellings) > 1 for _, spellings in rules)


def test_a_surname_is_respelt_but_stands_for_no_full_name(rules: Rules) -> None:
    respelt = next(spellings for asked, spellings in rules if "ستولتنبرج" in asked)
    assert "ستولتنبرغ" in respelt
    assert all(" " not in spelling for spelling in respelt)


def test_a_name_of_several_meanings_is_no_alternative(rules: Rules) -> None:
    madrid = next(spellings for asked, spellings in rules if "ريال مدريد" in asked)
    assert "الريال" not in madrid  # the currency


def test_no_rule_holds_a_stop_word(rules: Rules) -> None:
    analyzer = Analyzer.load(CONFIG)
    assert all(None not in analyzer.stems(spelling) for _, spellings in rules for spelling in spellings)
