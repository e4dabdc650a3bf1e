"""What the place of things on a page tells: the headline, what follows it, and what only looks like something else."""

from __future__ import annotations

import json

import pytest

from tests.unit.extract.test_article import PARAGRAPHS, TITLE, ld, page, run, texts
from workers.errors import Drop
from workers.extract import names

OTHER = [
    "أعلنت شركة الكهرباء أن أعمال الصيانة في المحطة الشرقية ستنتهي قبل منتصف الشهر المقبل، بعد تأخير دام أسبوعين.",
    "وأضافت الشركة أن التيار لن ينقطع عن الأحياء السكنية خلال الأعمال، وأن فرقها تعمل على مدار الساعة في الموقع.",
    "وطلبت من السكان إبلاغها بأي انقطاع مفاجئ، مؤكدة أن مركز الاتصال يعمل طوال أيام الأسبوع، بما فيها العطل.",
]
OTHER_TITLE = "شركة الكهرباء تنهي صيانة المحطة الشرقية قريبا"


def paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def card(number: int) -> str:
    return f'<div class="card"><h3><a href="/{number}">{OTHER_TITLE}</a></h3><p>{OTHER[number % 3]}</p></div>'


@pytest.mark.parametrize("tag", ["h1", "h2"])
def test_a_further_article_below_goes(tag: str) -> None:
    """Pages that load the next article on scrolling print its beginning too."""
    title = OTHER_TITLE if tag == "h1" else f'<a href="/2">{OTHER_TITLE}</a>'
    body = f"<div>{paragraphs(PARAGRAPHS)}</div><div><{tag}>{title}</{tag}>{paragraphs(OTHER)}</div>"
    assert texts(run(page(body))) == PARAGRAPHS


@pytest.mark.parametrize("inner", ["<h1>ندوات المعرض</h1>", f'<h2><a href="/2">{OTHER_TITLE}</a></h2>'])
def test_a_heading_inside_a_body_takes_nothing_with_it(inner: str) -> None:
    body = f"<div>{paragraphs(PARAGRAPHS)}{inner}{paragraphs(OTHER)}</div>"
    assert [*PARAGRAPHS, *OTHER] == [text for text in texts(run(page(body))) if len(text) > 60]


def test_teasers_beside_a_flash_are_not_its_text() -> None:
    head = '<meta property="og:type" content="article">'
    body = f"<div><div>{paragraphs(PARAGRAPHS[:1])}</div></div><aside>{''.join(map(card, range(6)))}</aside>"
    assert texts(run(page(body, head=head))) == PARAGRAPHS[:1]


def test_a_page_of_teasers_is_a_listing_whatever_it_calls_itself() -> None:
    head = '<meta property="og:type" content="article">'
    with pytest.raises(Drop, match="not_article"):
        run(page(f"<main>{''.join(map(card, range(9)))}</main>", head=head, title="أخبار الاقتصاد اليوم"))


def test_links_inside_sentences_are_no_teasers() -> None:
    linked = [text.replace(text[10:40], f'<a href="/{n}">{text[10:40]}</a>') for n, text in enumerate(PARAGRAPHS)]
    body = "".join(f'<div class="block"><p>{line}</p></div>' for line in linked)
    assert texts(run(page(body))) == PARAGRAPHS


def test_a_notice_before_the_headline_is_not_the_text() -> None:
    notice = (
        "نستخدم ملفات لتحسين تجربتك في هذا الموقع، وبالاستمرار في التصفح فإنك توافق على ذلك، ويمكنك تعديل الإعدادات."
    )
    html = page(f"<div>{paragraphs(PARAGRAPHS)}</div>").replace("<body>", f"<body><div><p>{notice}</p></div>")
    assert texts(run(html)) == PARAGRAPHS


def test_a_lede_in_a_block_of_its_own_is_kept() -> None:
    body = (
        f'<div class="intro"><p>{PARAGRAPHS[0]}</p></div><div class="t">{paragraphs([*PARAGRAPHS[1:], *OTHER])}</div>'
    )
    assert texts(run(page(body))) == [*PARAGRAPHS, *OTHER]


def test_words_under_a_picture_are_its_caption_but_a_sentence_stays() -> None:
    body = (
        f"<div>{paragraphs(PARAGRAPHS[:2])}<div><img src='a.jpg'><p>زوار أمام المدخل الرئيسي</p></div>"
        f"<div><img src='b.jpg'><p>وحضر الافتتاح سفراء من دول عدة.</p></div>{paragraphs(PARAGRAPHS[2:])}</div>"
    )
    assert texts(run(page(body))) == [*PARAGRAPHS[:2], "وحضر الافتتاح سفراء من دول عدة.", *PARAGRAPHS[2:]]


def test_kicker_and_subtitle_have_their_fields() -> None:
    body = f'<h2>ندوات ومسابقات وورش للأطفال</h2><div class="t">{paragraphs(PARAGRAPHS)}</div>'
    html = page(body).replace("<h1>", '<span class="article-kicker">ثقافة المدينة</span><h1>')
    found = run(html)
    assert (found.kicker, found.subtitle) == ("ثقافة المدينة", "ندوات ومسابقات وورش للأطفال")
    assert texts(found) == PARAGRAPHS


def test_another_articles_json_ld_body_is_not_taken() -> None:
    longer = " ".join(OTHER * 3)
    assert texts(run(page(head=ld(articleBody=longer)))) == PARAGRAPHS
    whole = "\n".join([*PARAGRAPHS, *OTHER * 2])
    assert run(page(f"<div>{paragraphs(PARAGRAPHS[:2])}</div>", head=ld(articleBody=whole))).method == "json-ld"


def test_a_shell_tells_its_article_in_the_data_of_its_scripts() -> None:
    related = [{"title": OTHER_TITLE, "body": paragraphs(OTHER * 4)}]
    article = {"title": TITLE, "content": [{"type": "text", "value": text} for text in PARAGRAPHS]}
    state = json.dumps({"props": {"related": related, "article": article}}, ensure_ascii=False)
    shell = f"<div id='app'>جاري التحميل</div><script id='__NEXT_DATA__' type='application/json'>{state}</script>"
    found = run(page(shell))
    assert texts(found) == PARAGRAPHS
    assert found.method == "data"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<p>كتب: سليم البحيري</p>", "سليم البحيري"),
        ('<a href="/writer/12">هالة المنصوري</a>', "هالة المنصوري"),
        ('<div class="newsWriter">ليث الكيلاني - عمان</div>', "ليث الكيلاني"),
        ("<p>كتب: 12 مارس 2025</p>", ""),
        ('<div class="author-info">اقرأ المزيد للكاتب</div>', ""),
        ("<p>أخبار الثقافة</p>", ""),
    ],
)
def test_a_byline_beside_the_headline(written: str, expected: str) -> None:
    assert run(page(f"{written}<div>{paragraphs(PARAGRAPHS)}</div>")).byline == expected


def test_what_is_no_person() -> None:
    assert names.is_person("أحمد بن سالم")
    assert not any(map(names.is_person, ("محرر", "آخر تحديث", "3 دقائق", "Article Information")))
