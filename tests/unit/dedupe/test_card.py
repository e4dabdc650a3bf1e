from __future__ import annotations

from datetime import UTC, datetime, timedelta

from workers.dedupe.card import card, card_json, render_story
from workers.model import Article, Credit, Kinship, Mention, Paragraph

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def article(name: str, hours: float, outlet: str, *, text: str = "نص", duplicate_of: str | None = None) -> Article:
    return Article(
        id=name * 32,
        url=f"https://{outlet}.example/{name}",
        canonical_url=f"https://{outlet}.example/{name}",
        outlet=outlet,
        title=f"عنوان {name}",
        paragraphs=(Paragraph(text),),
        credit=Credit(agency="afp") if duplicate_of else Credit(),
        mentions=(Mention(entity="nato", kind="organisation", surface="الناتو", field="body", start=0, end=6),),
        kinship=Kinship(
            duplicate_of=duplicate_of, story="s1", similarity=0.9, relation="reprint" if duplicate_of else ""
        ),
        first_seen_at=NOW + timedelta(hours=hours),
        published=NOW + timedelta(hours=hours),
        updated_at=NOW,
    )


ARTICLES = [
    article("b", 2, "two", text="نص أطول من كل نص آخر هنا"),
    article("a", 1, "one"),
    article("c", 3, "one", text="نص منقول هو الأطول بين كل النصوص هنا جميعا", duplicate_of="b" * 32),
]


def test_a_story_has_its_first_report_its_fullest_own_text_outlets_by_time_wire_and_entities() -> None:
    found = card("s1", ARTICLES)
    assert found.first == "a" * 32
    assert found.headline == "b" * 32
    assert [outlet for outlet, _ in found.outlets] == ["one", "two"]
    assert (found.wire, found.entities, found.texts) == ("afp", ("nato",), 2)
    assert [a.id[0] for a in found.articles] == ["a", "b", "c"]


def test_a_date_in_the_future_does_not_count() -> None:
    late = article("a", 1, "one")
    ahead = Article(**{f: getattr(late, f) for f in late.__slots__} | {"published": NOW + timedelta(days=3)})
    assert card("s1", [ahead]).since == late.first_seen_at


def test_it_is_shown_with_names_reprints_marked_and_as_json() -> None:
    found = card("s1", ARTICLES)
    text = render_story(found, names={"one": "الأولى", "nato": "الناتو"})
    assert "first: الأولى; wire: afp" in text
    assert "[reprint 90% of bbbbbbbb]" in text
    assert "about: الناتو" in text
    plain = card_json(found)
    assert plain["first"] == {"article": "a" * 32, "outlet": "one"}
    assert [a["duplicate_of"] for a in plain["articles"]] == [None, None, "b" * 32]  # type: ignore[attr-defined]
