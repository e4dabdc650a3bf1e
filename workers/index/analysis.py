"""The `settings.analysis` block of an index, generated from the same data as `workers.arabic`.

Chains (tests hold each equal to Python, token and position):
- `ar_exact`: characters folded, standard tokenizer, lower case, alef maqsura, digit groups.
- `ar_stem`: the same, stop words out, lexicon (before it, variants of names), light10 for words it does not know, the
  lexicon again for what that leaves.
- `ar_search`: `ar_stem` and synonyms; for `search_analyzer`, so that plain searches (Kibana) find name variants too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from workers.arabic.analysis import Analyzer
from workers.arabic.fold import CONTEXT, MAQSURA_STEMS, MARKS, SEARCH_TABLE, fold_neighbours

RULES_PATH = "analysis/{name}.txt"
"""Where `lexicon="file"` expects the lexicon, below each node's Elasticsearch config folder."""


def analysis_settings(
    analyzer: Analyzer,
    *,
    lexicon: Literal["inline", "file"] = "inline",
    synonyms: Sequence[str] = (),
) -> dict[str, Any]:
    """The block for `PUT index {"settings": {"analysis": …}}`.

    `lexicon="inline"` puts the words into the settings (about a megabyte, seconds at index creation); `"file"` names a
    file that lies on every node. `synonyms`: rules of Solr's form, spellings as printed (`workers.search.synonyms`),
    for `ar_search`; a rule that the chain before cannot hold (a stop word inside) fails the index's making.
    """
    filters = _filters(analyzer, lexicon)
    base = ["lowercase", "ar_maqsura", "ar_groups"]
    look_up = ["ar_variants", "ar_lexicon"] if analyzer.variants else ["ar_lexicon"]
    stem = [*base, "ar_stop", *look_up, "ar_light10", *look_up]  # an entry found first hides the word from the rest
    search = stem
    if synonyms:
        filters["ar_synonyms"] = {"type": "synonym_graph", "synonyms": list(synonyms)}
        search = [*stem, "ar_synonyms"]
    return {
        "char_filter": {"ar_chars": {"type": "mapping", "mappings": mapping_rules()}},
        "filter": filters,
        "analyzer": {
            name: _chain(steps) for name, steps in (("ar_exact", base), ("ar_stem", stem), ("ar_search", search))
        },
    }


def _chain(filters: list[str]) -> dict[str, Any]:
    return {"type": "custom", "char_filter": ["ar_chars"], "tokenizer": "standard", "filter": filters}


def _filters(analyzer: Analyzer, lexicon: str) -> dict[str, Any]:
    stems = "|".join(MAQSURA_STEMS)
    words: dict[str, Any] = {"type": "stemmer_override"}
    if lexicon == "file":
        words["rules_path"] = RULES_PATH.format(name=analyzer.name)
    else:
        words["rules"] = override_rules(analyzer.lexicon)
    found: dict[str, Any] = {
        "ar_maqsura": {
            "type": "pattern_replace",
            "pattern": f"ى(?!$)|(?<!^(?:|[وف])(?:{stems}))ى",
            "replacement": "ي",
        },
        "ar_groups": {"type": "pattern_replace", "pattern": "(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "replacement": ""},
        "ar_stop": {"type": "stop", "stopwords": sorted(analyzer.stop_words)},
        "ar_lexicon": words,
        "ar_light10": {"type": "stemmer", "language": "arabic"},
    }
    if analyzer.variants:
        found["ar_variants"] = {"type": "stemmer_override", "rules": override_rules(analyzer.variants)}
    return found


def override_rules(stems: Mapping[str, str]) -> list[str]:
    """`stemmer_override` rules, one a stem."""
    words: dict[str, list[str]] = defaultdict(list)
    for word, stem in sorted(stems.items()):
        words[stem].append(word)
    return [f"{', '.join(group)} => {stem}" for stem, group in words.items()]


def mapping_rules() -> list[str]:
    """The `mapping` char filter's rules: `SEARCH_TABLE` and every pair that `CONTEXT` matches, as escapes."""
    rules = {chr(code): folded for code, folded in SEARCH_TABLE.items()}
    for pair in _neighbours():
        found = CONTEXT.fullmatch(pair)
        if found is None:
            raise AssertionError(f"{pair!r} is not what CONTEXT matches")
        rules[pair] = fold_neighbours(found)
    return [f"{_escaped(key)}=>{_escaped(value)}" for key, value in rules.items()]


def _neighbours() -> Iterable[str]:
    pairs = [f"{a}{mark}{b}" for a, b in ("ئو", "يء", "ىء") for mark in ("", *MARKS)]
    letters = [chr(code) for code in range(0x600, 0x800) if CONTEXT.fullmatch("." + chr(code))]
    yield from pairs
    yield from (dot + rest for dot in ".:" for rest in (*letters, *pairs))


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" for c in text)
