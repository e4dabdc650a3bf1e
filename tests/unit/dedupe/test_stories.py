from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from workers.dedupe.stories import DAY, Group, Report, cluster, likeness, place
from workers.dedupe.terms import cosine, length, terms
from workers.settings import DedupeSettings

SETTINGS = DedupeSettings()


def report(name: str, words: str, day: float = 0.0) -> Report:
    return Report(name, day * DAY, {ord(w): 255 for w in words})


def group(*reports: Report) -> Group:
    return Group(reports[0].id, reports)


def test_a_report_like_none_begins_a_story_of_its_own() -> None:
    assert place(report("b", "xyz"), [group(report("a", "abc"))], SETTINGS).story == "b"


def test_a_report_joins_the_story_that_it_is_likest() -> None:
    near = [group(report("a", "abcz")), group(report("b", "defy"))]
    assert place(report("c", "defx"), near, SETTINGS).story == "b"


def test_days_between_reports_make_them_less_alike_but_the_first_day_does_not() -> None:
    one = report("a", "abcd")
    same = likeness(one, report("b", "abcd", 1), SETTINGS)
    assert same == likeness(one, report("b", "abcd"), SETTINGS)
    assert likeness(one, report("b", "abcd", 3), SETTINGS) < same


def test_a_report_that_bridges_two_stories_merges_them_into_the_older() -> None:
    near = [group(report("b", "defg", 0.2)), group(report("a", "abcg", 0.1))]
    placement = place(report("c", "abcdefg", 0.3), near, SETTINGS)
    assert (placement.story, placement.merged) == ("a", ("b",))


def test_a_story_that_drifts_apart_is_split_and_the_first_report_keeps_its_name() -> None:
    settings = DedupeSettings(story_stay=0.35)
    early = [report(f"a{i}", "abcd", i / 10) for i in range(3)]
    late = [report(f"b{i}", "wxyza", 1 + i / 10) for i in range(2)]
    placement = place(report("b9", "wxyzab", 1.5), [group(*early, *late)], settings)
    assert placement.story == "a0"
    assert placement.split == (("b0", "b1", "b9"),)


@given(st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=1, max_size=9), st.randoms())
def test_clustering_does_not_depend_on_the_order(texts: list[str], rng: random.Random) -> None:
    """Where no two likenesses are equal; equal ones are taken in the order given."""
    reports = [
        Report(str(i), i * 1000.0, {ord(c): 100 + 17 * i + ord(c) for c in text}) for i, text in enumerate(texts)
    ]
    shuffled = rng.sample(reports, len(reports))
    scores = [likeness(a, b, SETTINGS) for i, a in enumerate(reports) for b in reports[i + 1 :]]
    if len(set(scores)) == len(scores):
        one, other = (
            {frozenset(r.id for r in c) for c in cluster(given, SETTINGS, 0.2)} for given in (reports, shuffled)
        )
        assert one == other


def test_terms_are_the_rare_words_title_first_and_forms_of_a_word_are_one() -> None:
    found = terms(["زلزال", "سومطره"], ["وقال", "المسوولون", "ان", "الزلزال", "ضرب", "سومطره", "اليوم"], SETTINGS)
    assert found[0][1] == 255
    assert len(found) == len({term for term, _ in found})
    other = terms(["الزلزال", "في", "سومطره"], [], SETTINGS)
    assert {term for term, _ in found[:2]} == {term for term, _ in other}
    one, two = dict(found), dict(other)
    assert cosine(one, two, length(one) * length(two)) > 0.7
