"""The two real articles of the data folder, against mentions marked by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from workers.bench.tag_gold import linked_scores, read_gold
from workers.model import Cleaned, Paragraph
from workers.tag import Tagger


def tagged(tagger: Tagger, text: str) -> dict[str, list[tuple[str, str]]]:
    """Entity → (surface, the letter before it)."""
    tags = tagger.tag(Cleaned(title="", paragraphs=(Paragraph(text),)))
    found: dict[str, list[tuple[str, str]]] = {}
    for mention in tags.mentions:
        assert text[mention.start : mention.end] == mention.surface
        found.setdefault(mention.entity or "", []).append((mention.surface, text[mention.start - 1 : mention.start]))
    return found


def test_linked_f1_is_at_least_97(tagger: Tagger, data_folder: Path) -> None:
    gold = read_gold(data_folder / "seeds" / "gold_mentions.json")
    scores = linked_scores(tagger, gold)
    assert len(gold) == 2
    assert sum(scores.gold.values()) > 200
    assert scores.f1 >= 0.97, scores


@pytest.mark.parametrize("seed", ["000_4dbecf903f52230b", "001_314082b6ecec6fda"])
def test_spelling_variants_are_one_entity(tagger: Tagger, data_folder: Path, seed: str) -> None:
    found = tagged(tagger, (data_folder / "seeds" / f"{seed}.txt").read_text("utf-8"))
    assert {surface for surface, _ in found["pyongyang"]} in ({"بيونج يانج"}, {"بيونغ يانغ"})
    assert {surface for surface, _ in found["nato"]} & {"حلف شمال الأطلنطي", "حلف شمال الأطلسي"}
    assert "الناتو" in {surface for surface, _ in found["nato"]}


def test_proclitics_stay_outside_of_the_span(tagger: Tagger, data_folder: Path) -> None:
    found = tagged(tagger, (data_folder / "seeds" / "000_4dbecf903f52230b.txt").read_text("utf-8"))
    assert Counter(found["pyongyang"])["بيونج يانج", "ل"] == 2
    assert Counter(found["nato"])["لناتو", "ل"] == 4  # للناتو: the article's alef is not written after ل
    assert Counter(found["nato"])["الناتو", "و"] == 2
