from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from workers.dedupe.cover import Cover, cover, is_reprint
from workers.settings import DedupeSettings

WORDS = list("abcdefghijklmnopqrstuvwxyz")
TEXTS = st.lists(st.sampled_from(string.ascii_lowercase), max_size=60)


def test_a_text_is_found_whole_in_itself() -> None:
    assert cover(WORDS, WORDS, gap=8) == Cover(1.0, 1.0, tuple(range(24)))


def test_a_short_text_is_found_whole_inside_a_longer_one_and_where_it_stands() -> None:
    found = cover(WORDS[10:18], WORDS, gap=8)
    assert (found.verbatim, found.aligned, found.places[0]) == (1.0, 1.0, 10)


def test_edits_between_shared_runs_count_as_shared_passage_but_not_as_verbatim() -> None:
    edited = [w if i % 5 else "?" for i, w in enumerate(WORDS)]  # runs of four words between edits
    found = cover(WORDS, edited, gap=8)
    assert found.aligned == 24 / 26  # the first word, and the edited last but one word's run is closed by the end
    assert found.verbatim == 0


def test_a_gap_wider_than_allowed_is_not_bridged() -> None:
    other = [*WORDS[:6], *"0123456789", *WORDS[16:]]
    assert cover(WORDS, other, gap=8).aligned == 16 / 26
    assert cover(WORDS, other, gap=10).aligned == 1


def test_a_gap_in_the_longer_text_only_is_not_bridged_either() -> None:
    longer = [*WORDS[:13], *(str(i) for i in range(40)), *WORDS[13:]]
    found = cover(WORDS, longer, gap=8)
    assert found.aligned == 1  # both halves lie next to each other in the shorter one
    swapped = cover([*WORDS[:10], "?", "?", *WORDS[16:]], longer, gap=8)
    assert swapped.aligned == 20 / 22


def test_texts_without_a_common_run_share_nothing() -> None:
    assert cover(WORDS, list(reversed(WORDS)), gap=8) == Cover(0.0, 0.0, ())
    assert cover([], WORDS, gap=8) == Cover(0.0, 0.0, ())


@given(TEXTS, TEXTS, st.integers(0, 12))
def test_shares_are_shares_and_wider_gaps_cover_no_less(one: list[str], other: list[str], gap: int) -> None:
    found = cover(one, other, gap)
    assert 0 <= found.verbatim <= 1
    assert 0 <= found.aligned <= 1
    assert cover(one, other, gap + 1).aligned >= found.aligned


@given(st.lists(st.integers(), min_size=8, max_size=60, unique=True), st.integers(0, 50), st.integers(8, 40))
def test_any_part_of_a_text_is_found_whole(text: list[int], start: int, length: int) -> None:
    part = text[min(start, len(text) - 8) :][:length]
    found = cover(part, text, gap=8)
    assert found.verbatim == 1
    assert found.aligned == 1


def test_where_hardly_five_words_in_a_row_are_shared_more_of_the_text_must_be() -> None:
    settings = DedupeSettings()
    assert is_reprint(Cover(0.3, 0.66, ()), settings)
    assert not is_reprint(Cover(0.2, 0.66, ()), settings)
    assert is_reprint(Cover(0.2, 0.73, ()), settings)
    assert is_reprint(Cover(0.5, 0.0, ()), settings)
