"""Articles that are tagged together: each as by itself."""

from __future__ import annotations

import pytest

from workers.model import Cleaned, Mention, Outlet, Paragraph, Tags, as_dict, dump, load
from workers.tag import Tagger

LONG = "قال الأمين العام لحلف شمال الأطلسي ينس ستولتنبرغ في بروكسل إن الحلف يدعم أوكرانيا، وأضاف ستولتنبرج أن كييف "


def article(title: str, *paragraphs: str, subtitle: str = "") -> Cleaned:
    return Cleaned(title=title, subtitle=subtitle, paragraphs=tuple(map(Paragraph, paragraphs)))


ARTICLES = (
    article("الناتو يحذر من بيونغ يانغ", LONG * 3, "وقال وزير الخارجية في عمان إن الأردن يرحب بالقرار"),
    article("", "بكين"),
    article("زيارة إلى طرابلس", "👩\u200d🚀 وصل الوفد إلى طرابلس في ليبيا", subtitle="\u200fمن بنغازي إلى العاصمة"),
    article(""),
    article("ستولتنبرغ", "قال ستولتنبرغ شيئا"),
)
OUTLETS = (None, Outlet(id="a", name="أ", country="JO"), Outlet(id="b", name="ب", country="LY"), None, None)


def test_articles_tagged_together_are_tagged_as_one_by_one(tagger: Tagger) -> None:
    together = tagger.tag_each(ARTICLES, OUTLETS)
    assert together == [tagger.tag(one, outlet=outlet) for one, outlet in zip(ARTICLES, OUTLETS, strict=True)]
    found = [{mention.entity for mention in tags.mentions} for tags in together]
    assert {"nato", "pyongyang", "brussels", "ukraine"} <= found[0]
    assert (found[1], found[3]) == ({"beijing"}, set())
    assert "tripoli" in found[2]
    assert tagger.tag_each([], []) == []


def test_what_one_article_says_decides_nothing_in_another(tagger: Tagger) -> None:
    said, silent = article("", LONG), article("", "قال روني شيئا، وأضاف ستولتنبيرغ")
    alone = tagger.tag(silent)
    assert tagger.tag_each([said, silent], [None, None])[1] == alone


def test_every_article_needs_its_outlet(tagger: Tagger) -> None:
    with pytest.raises(ValueError, match="zip"):
        tagger.tag_each(ARTICLES, [None])


def test_a_mention_goes_through_json_by_its_names() -> None:
    mention = Mention(entity=None, kind="place", surface="بكين", field="body", start=3, end=7, confidence=0.5)
    tags = Tags(mentions=(mention,), about=("beijing",))
    plain = as_dict(tags)["mentions"]
    assert plain == [
        {"entity": None, "kind": "place", "surface": "بكين", "field": "body", "start": 3, "end": 7, "confidence": 0.5}
    ]
    assert load(Tags, dump(tags)) == tags
    newer = '{"mentions": [{"entity": "x", "kind": "", "surface": "", "field": "", "start": 1, "end": 2, "new": 0}]}'
    assert load(Tags, newer).mentions == (Mention("x", "", "", "", 1, 2, 1.0),)
    with pytest.raises(ValueError, match="start"):
        load(Tags, newer.replace("1", '"one"'))


@pytest.mark.parametrize("sign", ["ﷺ", "ﷲ", "👩\u200d🚀", "﷽", "ﷴ"])
def test_names_behind_a_sign_of_several_words_stand_where_they_are_printed(tagger: Tagger, sign: str) -> None:
    body = f"كتاب الله وسنة رسوله {sign} كما قال {sign} في بكين، ثم زار وفد موسكو"
    mentions = tagger.tag(article("", body)).mentions
    assert [(m.entity, body[m.start : m.end]) for m in mentions] == [("beijing", "بكين"), ("moscow", "موسكو")]
    assert all(mention.surface == body[mention.start : mention.end] for mention in mentions)
