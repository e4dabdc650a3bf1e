"""The heavier tagger: clear words where folder, packages or labels are missing; a real tiny model where they are."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from tests.unit.tag.conftest import CONFIG
from workers.errors import UserError
from workers.settings import TagSettings
from workers.tag import Tagger
from workers.tag.transformer import TransformerTagger

INSTALLED = all(importlib.util.find_spec(name) for name in ("torch", "transformers"))


def test_off_by_default() -> None:
    assert TagSettings().transformer == ""


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        Tagger.load(CONFIG, TagSettings(transformer=str(tmp_path / "none")))
    assert "none" in caught.value.faults[0].place


@pytest.mark.skipif(INSTALLED, reason="transformers and torch are installed")
def test_packages_that_are_missing_are_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", "utf-8")
    with pytest.raises(UserError) as caught:
        TransformerTagger.load(tmp_path)
    assert "not installed" in caught.value.faults[0].problem


@pytest.mark.skipif(not INSTALLED, reason="transformers and torch are not installed")
def test_a_real_model_gives_spans_of_words(tmp_path: Path) -> None:
    from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "زار", "محمد", "القاهرة"]
    (tmp_path / "vocab.txt").write_text("\n".join(pieces), "utf-8")
    BertTokenizerFast(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    labels = {0: "O", 1: "B-PERS", 2: "I-PERS"}
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
        id2label=labels, label2id={label: number for number, label in labels.items()},
    )  # fmt: skip
    BertForTokenClassification(config).save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text("utf-8"))["id2label"]["1"] == "B-PERS"
    text = "زار محمد القاهرة"
    spans = TransformerTagger.load(tmp_path).spans_of_each([(text, [(0, 3), (4, 8), (9, 16)])])[0]
    assert all(span.kind == "person" and 0 <= span.start < span.end <= len(text) for span in spans)
