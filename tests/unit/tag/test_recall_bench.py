"""The search for missed names finds them without the matcher, and drops those that the tagger linked."""

from __future__ import annotations

import pytest

from workers.bench.tag_recall import Candidate, Names, drawn, shown, unlinked
from workers.tag import Tagger


@pytest.fixture(scope="module")
def names(tagger: Tagger) -> Names:
    return Names(tagger.catalogue)


def _found(names: Names, text: str) -> set[tuple[str, str]]:
    return {(c.entity, text[c.start : c.end]) for c in names.candidates(0, text)}


def test_names_are_found_in_any_spelling_and_behind_proclitics(names: Names) -> None:
    assert ("paris", "باريس") in _found(names, "وصل الوفد لباريس أمس")  # behind "to"
    assert ("nato", "لناتو") in _found(names, "انضمت الدولة للناتو")  # the article's alef is not written
    assert ("saudi-arabia", "السعوديه") in _found(names, "أعلنت السعوديه ذلك")  # final ha for ta marbuta


def test_the_longest_name_hides_those_within_it(names: Names) -> None:
    found = _found(names, "زار جامعة القاهرة اليوم")  # "Cairo University"
    assert ("cairo", "القاهرة") not in found


def test_a_short_form_counts_beside_the_full_name_only(names: Names) -> None:
    full = "أحرز توني كروس هدفا، وقال كروس إن"  # "Toni Kroos scored …, and Kroos said"
    assert ("toni-kroos", "كروس") in _found(names, full)
    assert ("toni-kroos", "كروس") not in _found(names, "وقال كروس إن")


def test_what_the_tagger_linked_is_dropped(tagger: Tagger) -> None:
    linked = "وصل الوفد إلى باريس أمس"  # "to Paris"
    pictures = "نشر المصور صور الأطفال"  # "pictures of the children", which the expressions read as Tyre
    found = unlinked(tagger, {3: linked, 5: pictures})
    assert found.linked >= 1
    assert {c.article for c in found.left} == {5}
    assert "[صور]" in shown(found.left[0], pictures)


def test_few_candidates_of_one_entity_are_drawn() -> None:
    many = [Candidate(article, "tyre", 0, 3, weak=False) for article in range(9)]
    assert len(drawn([*many, Candidate(9, "paris", 0, 5, weak=False)], 3, 1)) == 4
