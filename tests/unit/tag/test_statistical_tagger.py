"""The shipped model behind the port. The sentences are ours; their people and places are invented."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from workers.bench.names import score
from workers.cli.tag import command
from workers.errors import UserError
from workers.model import Cleaned, Paragraph
from workers.settings import TagSettings
from workers.tag import NameSpan, Printed, Tagger
from workers.tag.statistical import StatisticalTagger
from workers.tag.statistical.forms import CLITICS, LETTERS, SHAPES
from workers.tag.statistical.model import Model, Vocabulary
from workers.tag.statistical.tagger import FILE
from workers.tag.text import words
from workers.tag.train.corpus import labelled, slices
from workers.tag.train.file import write

CONFIG = Path(__file__).parents[3] / "config"
LEAST_F1 = 0.785
"""Below the card's figure by more than two readings of the same words could differ."""
# "The minister of transport, Fahim al-Qusairi, said in Baghdad that the Wafiq company for trade would open offices.
# Al-Qusairi added that the minister Samir al-Marwani agreed to the project, and did not return further details."
TEXT = (
    "قال وزير النقل فهيم القصيري في بغداد إن شركة وفيق للتجارة ستفتح مكاتب جديدة.\n"
    "وأضاف القصيري أن الوزير سمير المرواني وافق على المشروع، ولم يرد مزيد من التفاصيل."
)


@pytest.fixture(scope="module")
def shipped() -> StatisticalTagger:
    found = StatisticalTagger.load(CONFIG)
    assert found is not None
    return found


def test_the_file_is_small_and_has_its_card_beside_it() -> None:
    assert (CONFIG / FILE).stat().st_size < 5_000_000
    card = (CONFIG / FILE).with_suffix(".md").read_text("utf-8")
    assert "CC BY-SA 4.0" in card
    assert "ANERcorp" in card


def test_unknown_people_are_found_in_the_text_as_printed(shipped: StatisticalTagger) -> None:
    spans = shipped.spans_of_each([(TEXT, words(TEXT)[1])])[0]
    found = {(TEXT[s.start : s.end], s.kind) for s in spans}
    assert ("سمير المرواني", "person") in found
    assert ("بغداد", "place") in found
    assert all(0 <= s.confidence <= 1 for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_texts_read_together_are_read_as_each_alone(shipped: StatisticalTagger) -> None:
    # What one text repeats is drawn to its mean; the same words in another text are not.
    texts = [TEXT, "القصيري", "", f"{TEXT}\n" * 20, "زار القصيري بغداد.", "\n"]
    printed = [(text, words(text)[1]) for text in texts]
    together = shipped.spans_of_each(printed)
    alone = [shipped.spans_of_each([one])[0] for one in printed]
    assert [[(s.start, s.end, s.kind) for s in spans] for spans in together] == [
        [(s.start, s.end, s.kind) for s in spans] for spans in alone
    ]
    sure = [[s.confidence for s in spans] for spans in (*together, *alone)]
    for ours, theirs in zip(sure[: len(texts)], sure[len(texts) :], strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)
    assert len(together[3]) > len(together[0]) > 0
    assert shipped.spans_of_each([]) == []


def test_what_is_forgotten_of_words_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = [[TEXT.split(), ["زار", "القصيري", "بغداد"]], [["وبغداد", "لبغداد", "١٢", "."]], [TEXT.split()[5:]]] * 2
    keeps, forgets = Model.load(CONFIG / FILE), Model.load(CONFIG / FILE)
    wanted = [keeps.scores(each)[0] for each in sentences]
    monkeypatch.setattr("workers.tag.statistical.model.KEEP_KEYS", 3)
    for each, scores in zip(sentences, wanted, strict=True):
        assert np.allclose(forgets.scores(each)[0], scores, atol=1e-4)
    lately, _ = forgets._kept
    assert ("زار" in lately, "بغداد" in lately) == (False, True)


def test_proclitics_stay_outside_of_the_name(shipped: StatisticalTagger) -> None:
    text = "وصل الوفد إلى عمان وبغداد ثم عاد لبيروت."  # arrived in Amman and Baghdad, went back to Beirut
    found = {text[s.start : s.end] for s in shipped.spans_of_each([(text, words(text)[1])])[0]}
    assert {"بغداد", "بيروت"} <= found


@pytest.mark.parametrize("text", ["", " ", "\n\n", "…", "a", "١٢", "«»", "\u200f", "قال " * 500])
def test_any_text_is_taken(shipped: StatisticalTagger, text: str) -> None:
    assert all(0 <= s.start < s.end <= len(text) for s in shipped.spans_of_each([(text, words(text)[1])])[0])


def test_the_catalogue_wins_and_unknown_names_have_no_identity() -> None:
    text = f"{TEXT}\nوقال دونالد ترامب إن القرار صائب."  # Donald Trump said that the decision was right
    cleaned = Cleaned(title="", paragraphs=(Paragraph(text),))
    without = Tagger.load(CONFIG, TagSettings(statistical=False)).tag(cleaned).mentions
    beside = Tagger.load(CONFIG, TagSettings(statistical=True, statistical_confidence=0.5)).tag(cleaned).mentions
    assert [m for m in beside if m.entity] == list(without)
    unknown = [m for m in beside if m.entity is None]
    assert "سمير المرواني" in {m.surface for m in unknown}
    assert all(text[m.start : m.end] == m.surface for m in unknown)
    assert all(a.end <= b.start for a, b in pairwise(beside))


class Everything:
    """A further tagger that takes every word for a sure person."""

    def spans_of_each(self, texts: Sequence[Printed]) -> list[list[NameSpan]]:
        return [[NameSpan(start, end, "person", 1.0) for start, end in words] for _, words in texts]


def test_what_the_catalogue_refuses_stays_refused() -> None:
    text = "أدى المصلون صلاة المغرب في المسجد."  # the sunset prayer, not Morocco
    tags = Tagger.load(CONFIG, TagSettings(), Everything()).tag(Cleaned(title="", paragraphs=(Paragraph(text),)))
    assert [m.surface for m in tags.mentions] == ["أدى", "المصلون", "صلاة", "في", "المسجد"]


def test_unknown_names_are_shown_on_demand(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text(TEXT, "utf-8")
    shown = CliRunner().invoke(command, [str(file), "--unknown"])
    assert shown.exit_code == 0
    assert "[سمير المرواني → person]" in shown.output
    assert "[سمير المرواني" not in CliRunner().invoke(command, [str(file)]).output


def test_only_sure_names_become_mentions() -> None:
    cleaned = Cleaned(title="", paragraphs=(Paragraph(TEXT),))
    strict = Tagger.load(CONFIG, TagSettings(statistical=True, statistical_confidence=1)).tag(cleaned).mentions
    assert not [m for m in strict if m.entity is None]


def test_without_the_file_the_catalogue_works_alone(tmp_path: Path) -> None:
    assert StatisticalTagger.load(tmp_path) is None


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    path = tmp_path / "names.npz"
    for content in (b"", b"not an archive"):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"names\.npz"):
            Model.load(path)
    for other in (1, 99):  # 1 held a single network
        np.savez(path, about=np.frombuffer(json.dumps({"format": other}).encode(), np.uint8))
        with pytest.raises(UserError, match=f"has format {other}, this version reads 2"):
            Model.load(path)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    keys, counts = ["بغداد", "قال"], np.array([7, 900])  # Baghdad, said
    vectors, lists = draw.integers(-127, 127, (2, 4)).astype(np.int8), np.array([[1, 0], [0, 0]], np.uint8)
    shapes = {"letters": (len(LETTERS), 2), "letters_conv": (6, 3), "letters_bias": (3,)}
    shapes |= {"clitics": (len(CLITICS), 2), "shapes": (len(SHAPES), 2), "input": (2, 15, 8), "recur": (2, 2, 8)}
    shapes |= {
        "gates": (2, 8),
        "output": (4, 2),
        "output_bias": (2,),
        "transitions": (2, 2),
        "begin": (2,),
        "end": (2,),
    }
    networks = [{name: draw.normal(size=shape).astype(np.float16) for name, shape in shapes.items()} for _ in range(3)]
    write(tmp_path / "names.npz", keys, counts, (vectors, lists), networks, ["O", "B-LOC"])
    read, kept = Model.load(tmp_path / "names.npz"), Model(Vocabulary.of(keys, counts, vectors, lists), networks, "OB")
    sentences = [["وقال", "في", "بغداد", "."], ["بغداد"]]
    for ours, theirs in zip(read.scores(sentences), kept.scores(sentences), strict=True):
        assert np.array_equal(ours, theirs)
    assert read.tags == ("O", "B-LOC")
    assert np.ptp(read.scores(sentences)[0]) > 0


def test_features_of_known_and_unknown_words() -> None:
    vectors, lists = np.array([[127, 0], [-127, 64]], np.int8), np.array([[1, 0], [0, 1]], np.uint8)
    found = Vocabulary.of(["بغداد", "قال"], np.array([7, 900]), vectors, lists).features(["قال", "مجهول", "بغداد"])
    assert found.shape == (3, 6)
    assert found[0] == pytest.approx([-4, 4 * 64 / 127, 0, 1, 1, np.log(901) / 5])
    assert not found[1].any()
    assert found[2] == pytest.approx([4, 0, 1, 0, 1, np.log(8) / 5])


def test_the_development_slice_is_tagged_as_the_card_says(data_folder: Path) -> None:
    """A guard against a changed reading of words: the model was trained on the present one."""
    _, development = slices(labelled(data_folder / "ner" / "anercorp.train.txt"))
    row = score(Model.load(CONFIG / FILE), development, ["PERS", "LOC", "ORG", "MISC"])[-1]
    assert row.f1 > LEAST_F1
