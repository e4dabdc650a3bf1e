"""What is known of printed words: the same whether they come together or one by one, and however often."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workers.arabic.fold import fold, fold_all
from workers.arabic.memo import Memo
from workers.bench.oddities import ALPHABET
from workers.tag import reading
from workers.tag.known import BEGINS, FLAGS
from workers.tag.lexicon import Lexicon
from workers.tag.reading import WordLists
from workers.tag.text import Text, words_of
from workers.tag.trie import Entry
from workers.tag.variants import close, hearing, hearings, near, sounds
from workers.tag.words import bare_key, with_heads

NAMES = ("بكين", "ستولتنبرغ", "ينس ستولتنبرغ", "مجلس الأمن", "بي بي سي", "قطر")
TEXT = "في بكين وبكين قال ستولتنبيرغ إن ينس ستولتنبرج من قطر في مجلس الأمن، وبي بي سي"
LETTERS = st.text(alphabet="ابتثجسصطغقكلنوهيء2a", min_size=1, max_size=9)


def lexicon(*, cues: frozenset[str] = frozenset()) -> Lexicon:
    return Lexicon([(name, Entry(name, "name", foreign=True)) for name in NAMES], WordLists(cues=cues))


def names(lexicon: Lexicon, text: str) -> list[tuple[str, int]]:
    return [(match.meaning.key, match.start) for match in lexicon.matches(Text(text))]


def test_words_read_together_are_read_as_one_by_one() -> None:
    together, single = lexicon(), lexicon()
    for word in Text(TEXT).printed:
        names(single, word)
    found = names(together, TEXT)
    assert found == names(single, TEXT)
    assert [key for key, _ in found] == [
        "بكين", "بكين", "ستولتنبرغ", "ينس ستولتنبرغ", "قطر", "مجلس الامن", "بي بي سي",
    ]  # fmt: skip


@pytest.mark.parametrize("few", [0, 1000])
def test_words_are_forgotten_at_the_bound_and_read_again(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "KEEP_WORDS", 5)
    monkeypatch.setattr(reading, "FEW", few)
    small = lexicon(cues=frozenset({"قال"}))
    assert names(small, TEXT) == names(small, TEXT) == names(lexicon(), TEXT)
    text = Text("وقال في بكين قال")
    small.matches(text)
    assert [text.known(number).cue for number in range(4)] == ["قال", "", "", "قال"]
    assert (text.begins, text.cued, text.cues) == ([2], [0, 3], ["قال", "قال"])
    most = 5 + len(set(Text(TEXT).printed))
    assert len(small._readings._words) <= most
    assert len(small._readings._few) <= most


PIECES = st.lists(
    st.tuples(st.sampled_from(TEXT.split()), st.sampled_from([" ", " ", " ", "_", "\n", " - ", "، ", ".", "\u200f "])),
    max_size=12,
).map(lambda pieces: "".join(word + gap for word, gap in pieces))


@given(st.lists(PIECES, max_size=4))
def test_texts_are_read_together_as_one_by_one(pieces: list[str]) -> None:
    known = lexicon(cues=frozenset({"قال"}))
    together, singly = Text.of_each(pieces), list(map(Text, pieces))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "FEW", 0)
        found = known.matches_of_each(together)
    assert found == list(map(known.matches, singly))
    for one, other in zip(together, singly, strict=True):
        assert (one.printed, one.spans, one.spaced) == (other.printed, other.spans, other.spaced)
        assert list(map(one.known, range(len(one)))) == list(map(other.known, range(len(other))))
        assert (one.cued, one.cues) == (other.cued, other.cues)
        assert one.begins == other.begins
        flags = [[ref & ((1 << FLAGS) - 1) for ref in text.refs] for text in (one, other)]
        assert flags[0] == flags[1]
        assert len(flags[0]) == len(one) + 1


@pytest.mark.parametrize("few", [0, 1000])
def test_a_word_begins_names_where_the_next_may_carry_one_on(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FEW", few)
    text = Text("مجلس الأمن قال مجلس قطر إن ينس ستولتنبرج قال مجلس")
    assert [match.meaning.key for match in lexicon().matches(text)] == ["مجلس الامن", "قطر", "ينس ستولتنبرغ"]
    assert [number for number, ref in enumerate(text.refs) if ref & BEGINS] == [0, 6]
    assert text.begins == [0, 4, 6, 7]


def test_of_words_that_belong_to_other_names_most_are_told_apart() -> None:
    firsts, seconds = (["".join(letters) for letters in product("ابتسع", "درقن", end)] for end in ("كم", "لي"))
    rows = list(zip(firsts, seconds, strict=True))
    many = Lexicon([(" ".join(row), Entry(" ".join(row), "name", foreign=False)) for row in rows], WordLists())
    own = Text("، ".join(map(" ".join, rows)))
    others = Text("، ".join(f"{first} {second}" for first, second in zip(firsts, seconds[1:], strict=False)))
    assert len(many.matches(own)) == len(rows)
    assert many.matches(others) == []
    begun = sum(ref & BEGINS != 0 for ref in others.refs)
    assert begun < len(rows) // 4  # one of 64 by chance


def test_a_memo_starts_anew_when_it_is_full() -> None:
    made: list[str] = []
    memo = Memo(lambda word: made.append(word) or word.upper(), 2)
    assert [memo[word] for word in ("a", "b", "a", "c", "a")] == ["A", "B", "A", "C", "A"]
    assert made == ["a", "b", "c", "a"]


@given(st.lists(LETTERS, min_size=1, max_size=8))
def test_sounds_of_many_words_are_those_of_each(keys: list[str]) -> None:
    assert hearings(keys) == (list(map(sounds, keys)), list(map(hearing, keys)))


@given(st.lists(st.text(alphabet=[*ALPHABET, *"ابتأإآىةئؤءـ\u064b2a"], max_size=8), max_size=5))
def test_words_are_folded_together_as_one_by_one(words: list[str]) -> None:
    words = [word.replace("\n", "") for word in words] or [""]
    assert fold_all(words) == list(map(fold, words))


@given(LETTERS, st.lists(st.tuples(st.integers(0, 9), st.sampled_from("اويه")), max_size=3))
def test_close_words_are_near_words_of_one_hearing(name: str, vowels: list[tuple[int, str]]) -> None:
    key = name
    for place, vowel in vowels:
        key = key[: place + 1] + vowel + key[place + 1 :]
    assume(hearing(name) == hearing(key))
    assert (close({name: sounds(name)}, sounds(key)) == [name]) == near(name, key)


@given(st.text(alphabet="والبفقصر", max_size=7).map(fold), st.sampled_from(("", "وال", "بال", "فال", "لل", "ال", "و")))
def test_every_form_of_a_cue_is_known_beforehand(cue: str, head: str) -> None:
    form = head + cue
    assert form in with_heads(bare_key(form))
    assert all(bare_key(other) == cue for other in with_heads(cue))


@given(st.lists(st.text(alphabet=[*ALPHABET, *"ابتء غي"], max_size=8), max_size=4).map(" ".join))
def test_the_words_of_a_name_are_those_of_a_text(name: str) -> None:
    assert words_of(name) == Text(name).printed


@given(st.text(alphabet=[*ALPHABET, *"ابت ﷺﷲﷴ﷼\n."], max_size=20))
def test_words_stand_where_they_are_printed(text: str) -> None:
    words = Text(text)
    assert words.printed == [text[start:end] for start, end in words.spans]
    bounds = [place for span in words.spans for place in span]
    assert bounds == sorted(bounds)
    assert len(words.spaced) > len(words)
