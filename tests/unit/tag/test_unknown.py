"""Names that the catalogue does not know, by their look, and which spellings are one name."""

from __future__ import annotations

import pytest

from workers.model import Cleaned, Mention, Paragraph
from workers.tag import Tagger


def unknown(tagger: Tagger, text: str) -> list[str]:
    cleaned = Cleaned(title="", paragraphs=(Paragraph(text),))
    return [name.surface for name in tagger.unknown(cleaned, tagger.tag(cleaned).mentions)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("وقال أحمد الزعتورلي للصحفيين إن المشروع تأخر", ["أحمد الزعتورلي"]),
        ("التقى وزير الخارجية السيناتور زلماخ بيرتونسكي أمس", ["زلماخ بيرتونسكي"]),
        ("ومحمد بن زعتورلي غادر القاعة", ["محمد بن زعتورلي"]),
        ("أعلن الرئيس جو بايدن عن خطة", []),
        ("أثنى على زعتورلي كثيرا", []),
        ("قال الوزير إن الحكومة ستعلن القرار", []),
        ("خرج أحمد، زعتورلي", []),
    ],
)
def test_people_are_told_by_given_names_and_titles(tagger: Tagger, text: str, names: list[str]) -> None:
    assert unknown(tagger, text) == names


def test_mentions_without_identity_are_candidates(tagger: Tagger) -> None:
    mention = Mention(entity=None, kind="place", surface="زعتور", field="body", start=0, end=5)
    cleaned = Cleaned(title="", paragraphs=(Paragraph("زعتور"),))
    assert [(n.kind, n.surface) for n in tagger.unknown(cleaned, [mention])] == [("place", "زعتور")]


def test_spellings_meet_and_native_names_do_not(tagger: Tagger) -> None:
    assert tagger.cluster("سيباستيان كورتس") == tagger.cluster("سباستيان كورتس")
    assert tagger.cluster("زيلو بيرغمان") == tagger.cluster("زيلو بيرجمان")
    assert tagger.cluster("محمد سعد") != tagger.cluster("محمد سعيد")
