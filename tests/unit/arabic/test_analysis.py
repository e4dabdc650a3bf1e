from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.arabic.analysis import LEXICON, Analyzer, light10, read_lexicon
from workers.arabic.fold import search_form
from workers.bench.oddities import ALPHABET
from workers.errors import UserError
from workers.settings import config_dir


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer.load(config_dir())


SAME_STEM = [
    ("موسكو بموسكو لموسكو وموسكو", "Moscow"),
    ("الصين والصين بالصين وبالصين كالصين للصين وللصين", "China"),
    ("أوكرانيا اوكرانيا لأوكرانيا بأوكرانيا ولأوكرانيا", "Ukraine"),
    ("الناتو للناتو والناتو بالناتو", "NATO"),
    ("بروكسل وبروكسل ببروكسل", "Brussels"),
    ("وزارة الوزارة وزارات بوزارة لوزارة والوزارة", "ministry"),
    ("لجنة اللجنة للجنة لجنته", "committee"),
    ("حكومة حكومتها الحكومات للحكومة وحكومته", "government"),
    ("مسؤول مسئول المسئولين مسؤولون مسؤولا", "official"),
    ("لاجئ لاجئون لاجئين للاجئين", "refugee"),
    ("سياسي سياسية السياسيين والسياسية", "political"),
    ("يعلن سيعلن تعلن وسيعلن", "announces"),
    ("أعلن أعلنت وأعلن وأعلنت أعلنوا", "announced"),
    ("الله لله والله بالله", "God"),
    ("عشرون عشرين", "twenty"),
]


@pytest.mark.parametrize(("words", "gloss"), SAME_STEM, ids=[row[1] for row in SAME_STEM])
def test_forms_of_one_word_have_one_stem(analyzer: Analyzer, words: str, gloss: str) -> None:
    assert len({analyzer.stem_word(word) for word in words.split()}) == 1, gloss


APART = [
    ("وزارة زار", "ministry / visited"),
    ("بيان بي", "statement / B (of BBC)"),
    ("بكين بك", "Beijing / bey"),
    ("لبنان لبن", "Lebanon / yoghurt"),
    ("سلطان سلطات", "sultan / authorities"),
    ("البحرين البحر", "Bahrain / the sea"),
    ("القرآن قرية", "Koran / village"),
    ("دولي دول", "international / states"),
    ("مدني مدن", "civil / cities"),
    ("مكتبة مكتب", "library / office"),
    ("الإمارات إمارة", "Emirates / emirate"),
    ("طالبان طالب", "Taliban / student"),
    ("وافق أفق", "agreed / horizon"),
    ("ألماني ماني", "German / Mani"),
    ("للجنة جنيه", "for the committee / pound"),
    ("سوريا سوري", "Syria / Syrian"),
]


@pytest.mark.parametrize(("words", "gloss"), APART, ids=[row[1] for row in APART])
def test_other_words_keep_other_stems(analyzer: Analyzer, words: str, gloss: str) -> None:
    one, other = words.split()
    assert analyzer.stem_word(one) != analyzer.stem_word(other), gloss


@pytest.mark.parametrize("word", ["بيان", "لبنان", "مليون", "قانون", "بكين", "وزير", "كبير", "فلسطين", "موسكو"])
def test_roots_are_not_cut(analyzer: Analyzer, word: str) -> None:
    assert analyzer.stem_word(word) == analyzer.exact_word(word)


def test_stop_words_leave_their_position(analyzer: Analyzer) -> None:
    text = "وصل إلى بكين من موسكو"
    assert [(t.term, t.position) for t in analyzer.stem(text)] == [("وصل", 0), ("بكين", 2), ("موسكو", 4)]
    assert analyzer.stems(text) == ["وصل", None, "بكين", None, "موسكو"]
    assert [t.position for t in analyzer.exact(text)] == [0, 1, 2, 3, 4]


def test_no_single_letter_and_no_name_is_a_stop_word(analyzer: Analyzer) -> None:
    assert [t.term for t in analyzer.stem("(أ ف ب)")] == ["ا", "ف", "ب"]
    assert not [word for word in analyzer.stop_words if len(word) == 1]
    assert not analyzer.is_stop("علي")
    assert analyzer.is_stop("على")


def test_the_three_ways_to_stems_agree(analyzer: Analyzer) -> None:
    for text in ("قال د.محمد إن الصين، مثلًا، في \ufdfa 12,000", "وبالصين 👧 ™ للناتو"):
        terms = analyzer.stem(text)
        by_position = {t.position: t.term for t in terms}
        stems = analyzer.stems(text)
        assert [by_position.get(position) for position in range(len(stems))] == stems
        assert all(text[t.start : t.end] for t in terms)


def test_variants_merge_all_clitic_forms_of_a_name() -> None:
    variants = {"الأطلنطي": "الأطلسي", "ترمب": "ترامب", "بيونج": "بيونغ"}
    merged = Analyzer.load(config_dir(), variants=variants)
    assert merged.stem_word("للأطلنطي") == merged.stem_word("والأطلسي")
    assert merged.stem_word("لترامب") == merged.stem_word("ترمب")
    assert merged.stem_word("بيونج") == merged.stem_word("وبيونغ")
    assert merged.rule("ترمب").endswith("variant")


def test_light10_keeps_two_letters() -> None:
    assert [light10(w) for w in ("والكتاب", "ولد", "للجنه", "كتابات", "فالبيت", "ها", "يه")] == [
        "كتاب", "ولد", "جن", "كتاب", "بيت", "ها", "يه",
    ]  # fmt: skip


def test_the_rule_of_a_word_is_told(analyzer: Analyzer) -> None:
    assert analyzer.rule("بموسكو") == "lexicon"
    assert analyzer.rule("الكتاب") == "light10"
    assert analyzer.rule("من") == "stop"
    assert analyzer.rule("nato") == "none"


def test_a_faulty_lexicon_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "lex.txt"
    path.write_text("# comment\nبموسكو, لموسكو => موسكو\nبموسكو موسكو\n", "utf-8")
    with pytest.raises(UserError, match=r"lex.txt:3"):
        read_lexicon(path)
    with pytest.raises(UserError, match="lexicon build"):
        read_lexicon(tmp_path / "absent.txt")


def test_the_shipped_lexicon_is_in_the_form_that_both_readers_take() -> None:
    path = config_dir() / "arabic" / f"{LEXICON}.txt"
    found = read_lexicon(path)
    assert len(found) > 20_000
    assert all(word == search_form(word) and stem == search_form(stem) for word, stem in found.items())


@given(text=st.text(alphabet=[*ALPHABET, *"وبالصين 12,.:'"], max_size=60))
def test_the_quick_forms_are_the_words_with_offsets_left_out(analyzer: Analyzer, text: str) -> None:
    exact = [term.term for term in analyzer.exact(text)]
    stems: list[str | None] = [None] * len(exact)
    for term in analyzer.stem(text):
        stems[term.position] = term.term
    assert analyzer.exacts(text) == exact
    assert analyzer.stems(text) == stems
    assert analyzer.forms(text) == (exact, stems)
