"""Kibana's own bar on our index, without our parser: what it sends for KQL and for Lucene, on the default fields."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.indexes import article, elastic_index, remove
from workers.index.elastic import ElasticIndex

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]

BODIES = {
    "pyongyang-1": "زار الوفد بيونج يانج",
    "pyongyang-2": "في بيونغيانغ",
    "nato-1": "وحلف شمال الأطلسي",
    "nato-2": "قمة للناتو",
    "nato-3": "حلف شمال الأطلنطي",
    "chief": "قال ستولتنبرج للصحافيين",
    "ukraine": "ولأوكرانيا وبالصين",
    "japan": "الحكومة اليابانية",
    "north": "شمال البلاد في الشتاء",
    "missiles": "أطلقت صواريخ بالستية",
    "pentagon": "قال البنتاغون إنه لا يعلق",
}
PYONGYANG = {"pyongyang-1", "pyongyang-2"}
NATO = {"nato-1", "nato-2", "nato-3"}
Found = Callable[[dict[str, Any]], set[str]]


@pytest.fixture(scope="module")
def found(elasticsearch_url: str) -> Iterator[Found]:
    index: ElasticIndex = elastic_index(elasticsearch_url, f"t{uuid.uuid4().hex[:12]}")
    index.init()
    index.put([article(id_, title="خبر", body=body) for id_, body in BODIES.items()])
    index.refresh()

    def ask(query: dict[str, Any]) -> set[str]:
        hits = index.client.search(index=index.names.read, query=query, size=50)["hits"]["hits"]
        return {hit["_id"] for hit in hits}

    yield ask
    remove(index)


def kql(text: str) -> dict[str, Any]:
    """What Kibana makes of words without a field."""
    kind = "phrase" if text.startswith('"') else "best_fields"
    return {"multi_match": {"type": kind, "query": text.strip('"'), "lenient": True}}


def lucene(text: str) -> dict[str, Any]:
    """What Kibana makes of a query in Lucene mode."""
    return {"query_string": {"query": text, "analyze_wildcard": True}}


@pytest.mark.parametrize("language", [kql, lucene])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("بيونج يانج", PYONGYANG),
        ('"بيونغ يانغ"', PYONGYANG),
        ("الناتو", NATO),
        ('"حلف شمال الأطلنطي"', NATO),
        ("ستولتنبرغ", {"chief"}),
        ("اوكرانيا", {"ukraine"}),
        ("والصين", {"ukraine"}),
        ("يابانية", {"japan"}),
        ("صاروخ", {"missiles"}),  # a plural that changes the word
        ("والباليستية", {"missiles"}),  # a loan word of two spellings
        ("وللبنتاغون", {"pentagon"}),
        ("في", {"pyongyang-2", "north"}),
    ],
)
def test_a_plain_query_gets_folding_stems_and_names(
    found: Found, language: Callable[[str], dict[str, Any]], text: str, expected: set[str]
) -> None:
    assert found(language(text)) == expected


def test_beginnings_of_words_are_found_as_printed(found: Found) -> None:
    assert found(lucene("اليابان*")) == found(lucene("ياباني*")) == {"japan"}


def test_fields_and_operators_of_the_lucene_bar(found: Found) -> None:
    assert found(lucene('title:الناتو OR body:"بيونغ يانغ"')) == PYONGYANG
    assert found(lucene("شمال AND NOT الأطلسي")) == {"north"}
