"""Both indexes with a few articles of our own: what the integration tests ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from workers.arabic.analysis import Analyzer
from workers.index import open_elastic
from workers.index.elastic import ElasticIndex
from workers.index.schema import index_body
from workers.model import Article, Credit, Kinship, Mention, Paragraph, Removed
from workers.settings import ElasticsearchSettings, Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@cache
def analyzer() -> Analyzer:
    return Analyzer.load(Path("config"))


def small_analyzer() -> Analyzer:
    """Without a lexicon: an index with it is made in a blink."""
    return Analyzer(name="none", lexicon={"مثلا": "مثل"}, stop_words=("في", "من"))


def elastic_index(url: str, prefix: str, analysis: Analyzer | None = None) -> ElasticIndex:
    settings = Settings(elasticsearch=ElasticsearchSettings(url=url, index=prefix), config_dir=Path("config"))
    index = open_elastic(settings, analysis or analyzer())
    if analysis is not None:  # no names of the catalogue either
        index.body = lambda: index_body(settings.config_dir, analysis)
    return index


def remove(index: ElasticIndex) -> None:
    index.client.indices.delete(index=f"{index.names.prefix}-v*", ignore_unavailable=True)
    index.close()


def article(
    id_: str = "a1", title: str = "قمة في موسكو", body: str = "التقى الوزيران في موسكو.", **fields: object
) -> Article:
    known: dict[str, object] = {
        "id": id_,
        "url": f"https://news.example/{id_}",
        "canonical_url": f"https://news.example/{id_}",
        "outlet": "example",
        "title": title,
        "paragraphs": tuple(Paragraph(text) for text in body.split("\n") if text),
        "published": NOW - timedelta(days=1),
        "first_seen_at": NOW,
        "updated_at": NOW,
        **fields,
    }
    return Article(**known)  # type: ignore[arg-type]


FULL = article(
    "full",
    title="حلف شمال الأطلسي يجتمع في بروكسل",
    subtitle="عنوان فرعي",
    byline="كاتبة المقال",
    caption="صورة من القاعة",
    country="eg",
    feeds=("f1", "f2"),
    credit=Credit(agency="afp", place="بروكسل", text="أ ف ب"),
    paragraphs=(Paragraph("فقرة أولى عن لأوكرانيا."), Paragraph("عنوان داخلي", "heading"), Paragraph("قول", "quote")),
    removed=(Removed(rule="share-bar", text="شاركها.", position=3),),
    mentions=(
        Mention(entity="nato", kind="organisation", surface="حلف شمال الأطلسي", field="title", start=0, end=16),
        Mention(entity=None, kind="person", surface="ينس ستولتنبرغ", field="body", start=0, end=3),
        Mention(entity="brussels", kind="place", surface="بروكسل", field="title", start=26, end=32),
    ),
    related=("ukraine",),
    kinship=Kinship(duplicate_of="other", story="s1", similarity=0.9),
    revision=3,
    deleted_at=NOW,
    rules_version="abc",
    text_hash="h",
    archive="x.warc.gz:12",
    method="trafilatura",
    image="https://news.example/i.jpg",
)

SAMPLES = (
    FULL,
    article(
        "moscow", "قمة في موسكو", "التقى الوزيران بموسكو، ثم غادرا إلى طهران.\nوقال رئيس في الوزارة إن القمة نجحت."
    ),
    article("statement", "بيان من وزارة الخارجية", "أصدرت الوزارة بيانا عن الصين واليابان.", outlet="other"),
    article("undated", "خبر بلا تاريخ", "نص عن كوريا الشمالية والصين.", published=None),
    article("old", "مقال قديم", "قال رئيس الوزراء إن موسكو بعيدة.", published=NOW - timedelta(days=400)),
    article("copy1", "خبر الوكالة", "انفجار في المرفأ القديم.", kinship=Kinship(story="s2")),
    article("copy2", "خبر الوكالة", "انفجار في المرفأ القديم.", kinship=Kinship(story="s2", duplicate_of="copy1")),
)
