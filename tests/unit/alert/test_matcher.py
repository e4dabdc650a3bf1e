"""Which rules an article meets, what marks them, and that the filter in front loses none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.alert.samples import NOW, analyzer, article, mention, rule
from workers.alert.matcher import Matcher
from workers.model import AlertRule, Article, Kinship
from workers.search.outlets import OutletNames

ANALYZER = analyzer()


def matcher(*rules: AlertRule) -> Matcher:
    return Matcher(rules, ANALYZER)


def fires(query: str, found: Article) -> bool:
    return bool(matcher(rule(query)).match(found, now=NOW))


TEXT = "أعلن وزير الخارجية أن «حلف شمال الأطلسي» سيرد.\nوزارة الدفاع في بيونغ يانغ حذرت بموسكو من التصعيد."


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("موسكو", True),  # behind a proclitic
        ("=موسكو", False),  # exactly as printed
        ("=بموسكو", True),
        ("وزير", True),
        ("وزيرة", False),
        ('"حلف شمال الأطلسي"', True),  # inside Arabic quotes
        ('"شمال حلف"', False),
        ('"سيرد وزارة"', True),  # over a line break: the body is one text
        ("حلف NEAR/2 الأطلسي", True),
        ("الأطلسي قرب/2 حلف", True),
        ("الأطلسي قبل/2 حلف", False),
        ("وزير ليس موسكو", False),
        ("وزير ليس باريس", True),
        ("باريس أو موسكو", True),
        ("عنوان:موسكو", False),
        ("عنوان:قمة", True),
        ("مصدر:marfa", True),
        ("agency:afp", True),
        ("بلد:EG", True),
        ("outlet:other", False),
        ("تصع*", True),  # without its proclitic
        ("تصغ*", False),
        ("التصع*", True),
        ("موسكة~1", False),
        ("بموسكة~1", True),
        ("entity:pyongyang", True),
        ("place:بيونغ", True),
        ("person:بيونغ", False),
        ("وزير date:>2026-01-01", True),
        ("وزير date:<2026-01-01", False),
    ],
)
def test_a_rule_fires_where_its_query_holds(query: str, wanted: bool) -> None:
    mentions = (mention("بيونغ يانغ", TEXT, entity="pyongyang"),)
    assert fires(query, article(*TEXT.split("\n"), mentions=mentions)) is wanted


def test_spelling_variants_of_a_name_are_one_word() -> None:
    assert fires("ترامب", article("قال ترمب اليوم"))
    assert fires("ترمب", article("قال ترامب اليوم"))


def test_the_alert_says_why_with_the_words_marked() -> None:
    text = "جملة أولى بلا شيء. عاد الوفد بموسكو إلى المحادثات! جملة أخيرة."
    (alert,) = matcher(rule("موسكو")).match(article(text), now=NOW)
    assert alert.highlights == ("عاد الوفد \u0002بموسكو\u0003 إلى المحادثات!",)


def test_an_entity_rule_marks_the_names_that_it_means() -> None:
    mentions = (mention("بيونغ يانغ", TEXT, entity="pyongyang"),)
    found = article(*TEXT.split("\n"), mentions=mentions)
    for query in ("entity:pyongyang", "place:يانغ"):
        (alert,) = matcher(rule(query)).match(found, now=NOW)
        assert "\u0002بيونغ يانغ\u0003" in alert.highlights[0]


def test_a_rule_that_no_word_speaks_for_shows_the_opening() -> None:
    (alert,) = matcher(rule("outlet:marfa")).match(article("جملة أولى. جملة ثانية."), now=NOW)
    assert alert.highlights == ("جملة أولى.",)


def test_a_long_sentence_is_cut_around_the_word() -> None:
    text = "كلام " * 200 + "موسكو " + "كلام " * 200
    (alert,) = matcher(rule("موسكو")).match(article(text), now=NOW)
    (shown,) = alert.highlights
    assert "\u0002موسكو\u0003" in shown
    assert len(shown) < 340
    assert shown.startswith("\u2026كلام")


def test_the_alerts_id_is_of_the_story_so_that_reprints_are_the_same_alert() -> None:
    story = Kinship(story="s1")
    first, second = (
        matcher(rule("موسكو")).match(article("موسكو", id=name, kinship=story), now=NOW)[0] for name in ("a1", "a2")
    )
    assert first.id == second.id
    assert first.story == "s1"
    each = [
        matcher(rule("موسكو", per="article")).match(article("موسكو", id=n, kinship=story), now=NOW)[0] for n in "ab"
    ]
    assert each[0].id != each[1].id
    assert each[0].story == ""


def test_late_articles_fire_and_old_ones_do_not() -> None:
    yesterday = article("موسكو", published=NOW - timedelta(days=9), first_seen_at=NOW)
    assert matcher(rule("موسكو")).match(yesterday, now=NOW)
    made_again = article("موسكو", first_seen_at=NOW - timedelta(days=60))
    assert matcher(rule("موسكو")).match(made_again, now=NOW) == []


def test_paused_expired_and_counting_rules_do_not_fire_here() -> None:
    for changes in ({"enabled": False}, {"expires": NOW}, {"kind": "frequency"}):
        assert matcher(rule("موسكو", **changes)).match(article("موسكو"), now=NOW) == []
    assert matcher(rule("موسكو", expires=NOW + timedelta(seconds=1))).match(article("موسكو"), now=NOW)


def test_a_rule_without_a_searchable_word_is_named_and_left_out() -> None:
    found = matcher(rule('"؟!"', id="signs"), rule("موسكو", id="good"))
    assert [fault.place for fault in found.faults] == ["rule signs"]
    assert list(found.compiled) == ["good"]


def test_unchanged_rules_are_taken_over_from_the_matcher_before() -> None:
    before = matcher(rule("موسكو"), rule("الصين", id="r2"))
    after = Matcher([rule("موسكو"), rule("روسيا", id="r2")], ANALYZER, known=before.compiled)
    assert after.compiled["r1"] is before.compiled["r1"]
    assert after.compiled["r2"] is not before.compiled["r2"]


def test_several_rules_fire_each_for_itself() -> None:
    rules = [rule("موسكو", id="one"), rule("باريس", id="two"), rule("outlet:marfa", id="three")]
    assert [a.rule for a in matcher(*rules).match(article("موسكو"), now=NOW)] == ["one", "three"]


def test_the_alert_carries_what_the_message_needs() -> None:
    (alert,) = matcher(rule("موسكو", name="n", throttle=60.0)).match(article("موسكو"), now=NOW)
    assert alert.extra["title"] == "قمة في المدينة"
    assert alert.extra["url"] == "https://marfa.example/1"
    assert (alert.channels, alert.throttle) == (("desk",), 60.0)


def test_an_outlet_may_be_called_by_its_name_as_in_search() -> None:
    outlets = OutletNames({"marfa": "مرفأ", "nafidha": "نافذة"})
    matcher = Matcher([rule("مصدر:مرفأ"), rule("مصدر:نافذة", id="r2")], analyzer(), outlets=outlets)
    assert [found.rule.id for found in matcher.meets(matcher.words(article("خبر")))] == ["r1"]
