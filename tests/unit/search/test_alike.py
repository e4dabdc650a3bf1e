"""More like this, what to ask instead, and outlets by name, on the embedded index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.indexes import NOW, analyzer, article
from workers.errors import UserError
from workers.search.alike import weights
from workers.search.outlets import OutletNames
from workers.search.parse import parse
from workers.search.service import SearchService
from workers.search.tree import Keyword, walk
from workers.store.embedded import EmbeddedIndex
from workers.tag.catalogue import Catalogue

TEXTS = {
    "quake-1": ("زلزال قوي يضرب الساحل", "ضرب زلزال بقوة سبع درجات الساحل وأدى إلى انهيار منازل وانقطاع الكهرباء."),
    "quake-2": ("ضحايا بعد زلزال الساحل", "ارتفع عدد ضحايا الزلزال الذي ضرب الساحل مع انهيار عشرات المنازل."),
    "match": ("فوز الفريق في المباراة", "فاز الفريق على ضيفه بهدفين في مباراة أقيمت أمس."),
    "power": ("انقطاع الكهرباء في المدينة", "شكا سكان المدينة من انقطاع الكهرباء لساعات طويلة."),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchService]:
    index = EmbeddedIndex(tmp_path_factory.mktemp("like") / "index.sqlite", analyzer(), clock=lambda: NOW)
    index.put([article(id_, title=title, body=body, outlet=id_[:5]) for id_, (title, body) in TEXTS.items()])
    names = OutletNames({"quake": "شبكة الساحل", "match": "رياضة اليوم", "power": "رياضة الغد"})
    yield SearchService(index, analyzer(), Catalogue.load(Path("config/entities")), outlets=names)
    index.close()


def like(service: SearchService, id_: str, query: str = "*", **options: object) -> list[str]:
    request = service.request(query, now=NOW, **options)  # type: ignore[arg-type]
    return [hit.article.id for hit in service.like(id_, request).hits]


def test_the_article_on_the_same_event_comes_first_and_the_article_itself_never(service: SearchService) -> None:
    found = like(service, "quake-1")
    assert found[0] == "quake-2"
    assert "quake-1" not in found
    assert "match" not in found


def test_an_article_is_named_by_its_address_too_and_a_query_narrows(service: SearchService) -> None:
    assert like(service, "https://news.example/quake-1", "ضحايا") == ["quake-2"]


def test_pages_of_likeness_follow_one_another(service: SearchService) -> None:
    found = like(service, "quake-1")
    assert [*like(service, "quake-1", limit=1), *like(service, "quake-1", limit=5, offset=1)] == found


def test_an_unknown_article_is_a_fault_of_the_asker(service: SearchService) -> None:
    with pytest.raises(UserError, match="no article has the id"):
        like(service, "nowhere")


def test_weights_are_of_length_one_and_leave_stop_words_out() -> None:
    known = weights(article(title="قمة في موسكو", body="التقى الوزيران في موسكو"), analyzer())
    assert sum(weight * weight for weight in known.values()) == pytest.approx(1)
    assert "في" not in known


def test_a_query_without_an_answer_says_which_part_to_leave_out(service: SearchService) -> None:
    hits = service.search(service.request("زلزال المباراة", now=NOW))
    assert hits.total == 0
    assert dict(hits.instead) == {"زلزال": 2, "المباراة": 1}


def test_an_outlet_is_asked_for_by_its_name_or_the_beginning_of_it(service: SearchService) -> None:
    def total(query: str) -> int:
        return service.search(service.request(query, now=NOW)).total

    assert total('مصدر:"شبكة الساحل"') == total("outlet:quake") == 2
    assert total("مصدر:رياضة") == 2  # two outlets' names begin so
    assert total("مصدر:مجهول") == 0
    assert total('-مصدر:"شبكة الساحل"') == 2
    assert service.request("*", now=NOW, outlets=["رياضة الغد"]).outlets == ("power",)


def test_ids_go_before_names() -> None:
    names = OutletNames({"a": "b", "b": "c"})
    tree = names.read(parse("outlet:b^2 OR NOT outlet:c", now=NOW))
    assert [node.values for node in walk(tree) if isinstance(node, Keyword)] == [("b",), ("b",)]
