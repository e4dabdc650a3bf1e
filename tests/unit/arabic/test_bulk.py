"""Words of a long text at once: those of the tokenizer, and one hash a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.arabic import bulk
from workers.arabic.tokens import tokenize
from workers.bench.oddities import ALPHABET

COMMON = "ابلئوءىيةأ\u0620\u063b\u06d2 عندعx Z19٣۵.:'’,;،٬٫_-\"#«»؟\n\u064b\u0651\u0640\u200f\u200b\u00ad"
WORDS = st.text(alphabet="ابتوي\u0651\u0640xZ19", min_size=1, max_size=6).filter(lambda word: word[0] in "ابتويxZ19")


TEXTS = st.text(alphabet=COMMON, max_size=40) | st.text(alphabet=[*ALPHABET, *"ابت .،"], max_size=40)


def cut(text: str) -> bulk.Words | None:
    (words,) = bulk.cut([text])
    return words


@given(TEXTS)
def test_words_are_those_of_the_tokenizer_or_the_text_is_left_to_it(text: str) -> None:
    words = cut(text)
    if words is None:
        return
    spans = list(zip(words.starts, words.ends, strict=True))
    assert spans == [(token.start, token.end) for token in tokenize(text)]
    between = [text[end:start] in (" ", "_") for end, start in zip(words.ends, words.starts[1:], strict=False)]
    assert list(words.spaced) == [False, *between, False]
    assert len(words.hashes) == len(spans)


def test_common_text_is_cut_and_what_is_strange_is_left() -> None:
    text = "قال د.محمد إنّ 12,000 من U.S. وأيضاً «الناتو»، #غزة_الآن 3.5"
    words = cut(text)
    assert words is not None
    assert [text[start:end] for start, end in zip(words.starts, words.ends, strict=True)] == [
        *("قال", "د", "محمد", "إنّ", "12,000", "من", "U.S", "وأيضاً", "الناتو", "غزة", "الآن", "3.5"),
    ]
    for strange in ("قال 👩", "قال\u200f نعم", "مَ.ا", "ا.\u064bب", "\u064bقال", "ا" * 256, "، .", ""):
        assert cut(strange) is None, strange


@given(st.lists(WORDS, min_size=2, max_size=12))
def test_words_have_one_hash_where_they_are_one_word(printed: list[str]) -> None:
    text = "  " + "\n".join(printed)
    words = cut(text)
    assert words is not None
    by_word: dict[str, set[int]] = {}
    for start, end, hashed in zip(words.starts, words.ends, words.hashes.tolist(), strict=True):
        by_word.setdefault(text[start:end], set()).add(hashed)
    assert all(len(hashes) == 1 for hashes in by_word.values())
    assert len({hashed for hashes in by_word.values() for hashed in hashes}) == len(by_word)


def test_a_word_has_its_hash_far_behind_in_a_text_longer_than_all_before() -> None:
    near, far = cut("بكين"), cut("من " * 30_000 + "بكين")
    assert near is not None
    assert far is not None
    assert near.hashes[-1] == far.hashes[-1] != far.hashes[0]
    assert cut("من " * 50_000) is None


def plain(words: bulk.Words | None) -> tuple[list[int], list[int], bytes, list[int]] | None:
    return words and (words.starts, words.ends, words.spaced, words.hashes.tolist())


@given(st.lists(TEXTS, max_size=6), st.sampled_from((1, 30, 1000)))
def test_texts_are_cut_together_as_each_alone(texts: list[str], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "AT_ONCE", at_once)
        together = bulk.cut(texts)
    assert list(map(plain, together)) == [plain(cut(text)) for text in texts]


def test_long_texts_stand_beside_short_ones() -> None:
    texts = ["بكين", "من " * 50_000, "قال في بكين", "من " * 30_000 + "بكين"]
    found = bulk.cut(texts)
    assert [words and len(words.starts) for words in found] == [1, None, 3, 30_001]
    assert {int(words.hashes[-1]) for words in found if words} == {int(bulk.hashes_of(["بكين"])[0])}


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_a_word_has_the_same_hash_in_a_list(printed: list[str]) -> None:
    words = cut(" ".join(printed))
    assert words is not None
    assert bulk.hashes_of(printed).tolist() == words.hashes.tolist()


def test_words_of_any_script_have_hashes() -> None:
    words = ["👩", "עברית", "👩\u200d🚀", "👩", "\ud800", ""]
    hashes = bulk.hashes_of(words).tolist()
    assert [hashes.index(hashed) for hashed in hashes] == [0, 1, 2, 0, 4, 5]
    assert bulk.hashes_of([]).tolist() == []
