"""The sieve of new words: what is of use always passes, and most of the rest does not."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.bench.oddities import ALPHABET
from workers.tag import Tagger, reading
from workers.tag.lexicon import Lexicon
from workers.tag.reading import WordLists
from workers.tag.text import Text, words_of
from workers.tag.trie import Entry

NAMES = (
    "بكين", "ستولتنبرغ", "ينس ستولتنبرغ", "مجلس الأمن", "بي بي سي", "الناتو", "بغداد", "ليبيا", "محمد", "واو",
    "برلين الغربية", "للي آن", "هيئة الأمم", "ج. 20", "Nato", "أ ف ب", "آوي", "اليا", "ببغاوات",
)  # fmt: skip
HEADS = ("", "و", "ف", "ب", "ك", "ل", "لل", "ولل", "فلل", "وب", "فب", "ول", "وال", "بال", "كال", "ال")
SWAPS = ("", "ا", "و", "ي", "ه", "ة", "أ", "غ", "ج", "ق", "ط", "ت", "ل", "ب", "\u064b", "\u0640", "2", "ﷲ", "😀")


@pytest.fixture(scope="module")
def small() -> Lexicon:
    names = [(name, Entry(name, "name", foreign=number % 3 > 0)) for number, name in enumerate(NAMES)]
    return Lexicon(names, WordLists(cues=frozenset({"مدينه", "قال"})))


PARTS = sorted({word for name in NAMES for word in words_of(name)})
NEAR = st.builds(
    lambda head, word, place, swap: head + word[:place] + swap + word[place + len(swap) % 2 :],
    st.sampled_from(HEADS), st.sampled_from([*PARTS, "مدينة", "قال"]), st.integers(0, 9), st.sampled_from(SWAPS),
)  # fmt: skip


@given(st.lists(NEAR | st.text(ALPHABET, min_size=1).filter(lambda word: "\n" not in word), min_size=1, max_size=12))
def test_what_is_of_use_passes(small: Lexicon, words: list[str]) -> None:
    readings = small._readings
    assert set(readings._look_at(list(dict.fromkeys(words)))) <= set(readings._sieve.sift(words))


def test_names_of_the_catalogue_pass_under_every_proclitic(tagger: Tagger) -> None:
    firsts = sorted({word for source in tagger.catalogue.sources() for name in source.names for word in words_of(name)})
    words = [head + word for head, word in product(HEADS, firsts[::7])]
    readings = tagger.lexicon._readings
    useful = set(readings._look_at(words))
    assert useful <= set(readings._sieve.sift(words))
    assert len(useful) > len(firsts) // 7


def test_most_words_of_no_use_are_kept_back(tagger: Tagger) -> None:
    # Two consonants and an ending that no name has: words that nobody writes
    words = ["".join(letters) for letters in product("ضظذثخ", "عغحخء", "ضظذثخ", ("ونها", "تموهم", "انكن"))]
    readings = tagger.lexicon._readings
    assert len(readings._sieve.sift(words)) < len(words) // 5
    assert len(readings._look_at(words)) < len(words) // 20


@pytest.mark.parametrize("sieved", [0, 10_000])
def test_an_article_is_read_the_same_through_a_sieve(
    tagger: Tagger, sieved: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = " ".join(f"{head}{word} قال" for head, word in product(HEADS, ("بيونغ يانغ", "ناتو", "صين", "بغداد", "شيء")))
    wanted = [(match.first, match.last, match.meaning.key) for match in tagger.lexicon.matches(Text(text))]
    assert len(wanted) > 20
    monkeypatch.setattr(reading, "SIEVED", sieved)
    tagger.lexicon._readings._forget()
    assert [(m.first, m.last, m.meaning.key) for m in tagger.lexicon.matches(Text(text))] == wanted
