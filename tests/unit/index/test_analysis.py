import pytest

from workers.arabic.analysis import Analyzer
from workers.arabic.fold import SEARCH_TABLE
from workers.index.analysis import RULES_PATH, analysis_settings, mapping_rules, override_rules


@pytest.fixture
def analyzer() -> Analyzer:
    return Analyzer(name="ar_lex_v0", lexicon={"بموسكو": "موسكو", "لموسكو": "موسكو"}, stop_words=["من"])


def test_words_are_inline_or_in_a_file_named_after_the_lexicon(analyzer: Analyzer) -> None:
    inline = analysis_settings(analyzer)["filter"]["ar_lexicon"]
    assert inline == {"type": "stemmer_override", "rules": ["بموسكو, لموسكو => موسكو"]}
    by_file = analysis_settings(analyzer, lexicon="file")["filter"]["ar_lexicon"]
    assert by_file == {"type": "stemmer_override", "rules_path": RULES_PATH.format(name="ar_lex_v0")}


def test_search_takes_synonyms_and_indexing_none(analyzer: Analyzer) -> None:
    block = analysis_settings(analyzer, synonyms=["الناتو => الناتو, حلف شمال الأطلسي"])
    assert block["analyzer"]["ar_search"]["filter"][-1] == "ar_synonyms"
    assert "ar_synonyms" not in block["analyzer"]["ar_stem"]["filter"]
    assert block["filter"]["ar_synonyms"]["synonyms"] == ["الناتو => الناتو, حلف شمال الأطلسي"]
    assert analysis_settings(analyzer)["analyzer"]["ar_search"] == analysis_settings(analyzer)["analyzer"]["ar_stem"]


def test_variants_stand_before_the_lexicon(analyzer: Analyzer) -> None:
    merged = Analyzer(name="x", lexicon=analyzer.lexicon, stop_words=[], variants={"موسكفا": "بموسكو", "ترمب": "ترامب"})
    block = analysis_settings(merged)
    chain = block["analyzer"]["ar_stem"]["filter"]
    assert chain.index("ar_variants") < chain.index("ar_lexicon") < chain.index("ar_light10")
    assert "ترمب => ترامب" in block["filter"]["ar_variants"]["rules"]
    assert merged.stem_word("موسكفا") == merged.stem_word("لموسكو") == "موسكو"


def test_every_folded_character_has_a_rule_in_escapes() -> None:
    rules = mapping_rules()
    assert all(set(rule) <= set("\\u0123456789abcdef=>") for rule in rules)
    assert len(rules) == len({rule.partition("=>")[0] for rule in rules}) > len(SEARCH_TABLE)
    assert "\\u0640=>" in rules
    assert "\\u0626\\u0648=>\\u0648\\u0648" in rules


def test_rules_are_grouped_by_stem() -> None:
    assert override_rules({"b": "x", "a": "x", "c": "y"}) == ["a, b => x", "c => y"]
