"""The rules that an article meets are those whose query finds it in a real Elasticsearch and in SQLite: names expanded,
filter in front, tagged articles."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from workers.alert.matcher import Matcher
from workers.bench.agree import both_indexes
from workers.bench.alerts import generated_rules
from workers.bench.alerts_compare import differences
from workers.bench.corpus import corpus_articles
from workers.model import AlertRule
from workers.settings import read_settings
from workers.tag import Tagger

BY_HAND = [
    "الناتو",
    "وزير الخارجية",
    '"كوريا الشمالية" أو entity:pyongyang',
    "place:موسكو",
    "person:ترامب ليس عنوان:ترامب",
    "ترامب قرب/5 بوتين",
    "الرئيس قبل/3 الأمريكي",
    "=السعودية OR سعود*",
    "مصدر:bbc أو اقتصاد~1",
    "(نفط أو غاز) ليس (رياضة أو كرة)",
]


@pytest.mark.slow
def test_rules_find_what_both_indexes_find(elasticsearch_url: str, data_folder: Path) -> None:
    config = read_settings({"RASID_ELASTICSEARCH_URL": elasticsearch_url})
    tagger = Tagger.load(config.config_dir, config.tag)
    articles = list(corpus_articles(data_folder / "articles_text.jsonl.gz", limit=80, tagger=tagger))
    rules = [AlertRule(id=f"h{n}", query=query) for n, query in enumerate(BY_HAND)]
    rules += generated_rules(articles, 80, Random(11))
    with both_indexes(config, articles) as (analyzer, elastic, embedded):
        matcher = Matcher(rules, analyzer, tagger.catalogue)
        assert matcher.faults == ()
        assert differences(matcher, articles, elastic) == []
        assert differences(matcher, articles, embedded) == []
        met = [found.rule.id for article in articles for found in matcher.meets(matcher.words(article))]
    assert len(set(met)) > 30
