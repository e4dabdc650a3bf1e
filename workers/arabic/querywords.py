"""The words of the query language: operators, field names and dates, in Arabic and English.

Every Arabic key is written as people type it; look-ups fold both sides (`fold`): a dropped hamza does not matter.
"""

from __future__ import annotations

from workers.arabic.fold import fold

OPERATORS = {
    "AND": "AND", "&&": "AND", "و": "AND",  # and
    "OR": "OR", "||": "OR", "أو": "OR",  # or
    "NOT": "NOT", "ليس": "NOT",  # (is) not
    "TO": "TO", "إلى": "TO",  # to, inside a range
}  # fmt: skip
"""Only as tokens of their own, and the English ones only in capitals."""

NEAR = {"NEAR": False, "قرب": False, "BEFORE": True, "قبل": True}
"""Words before `/n` (near, near, before, before): whether the order counts."""

FIELDS = {
    "title": "title", "عنوان": "title",  # title
    "subtitle": "subtitle", "عنوان_فرعي": "subtitle",  # sub-title
    "body": "body", "text": "body", "نص": "body", "متن": "body",  # text, body
    "caption": "caption", "تعليق": "caption",  # caption
    "byline": "byline", "author": "byline", "كاتب": "byline", "بقلم": "byline",  # writer, by
    "credit": "credit", "إسناد": "credit",  # attribution
    "person": "person", "شخص": "person", "شخصية": "person",  # person, personality
    "organisation": "organisation", "organization": "organisation", "org": "organisation",
    "منظمة": "organisation", "جهة": "organisation",  # organisation, body
    "place": "place", "مكان": "place", "موقع": "place",  # place, location
    "event": "event", "حدث": "event",  # event
    "outlet": "outlet", "source": "outlet", "مصدر": "outlet", "صحيفة": "outlet",  # source, newspaper
    "country": "country", "بلد": "country", "دولة": "country",  # country, state
    "language": "language", "lang": "language", "لغة": "language",  # language
    "agency": "agency", "وكالة": "agency",  # (news) agency
    "entity": "entity", "كيان": "entity", "علم": "entity",  # entity, proper name
    "story": "story", "قصة": "story",  # story
    "duplicate_of": "duplicate_of", "نسخة_من": "duplicate_of",  # copy of
    "feed": "feed", "تغذية": "feed",  # feed
    "id": "id", "معرف": "id",  # identifier
    "method": "method",
    "date": "date", "تاريخ": "date",  # date
    "published": "published", "نشر": "published",  # publication
    "first_seen": "first_seen", "seen": "first_seen", "رصد": "first_seen",  # observation
    "updated": "updated", "تحديث": "updated",  # update
    "since": "since", "منذ": "since",  # since
    "until": "until", "حتى": "until",  # until
}  # fmt: skip

DAYS_BACK = {
    "today": 0, "اليوم": 0,  # today
    "yesterday": 1, "أمس": 1, "امس": 1, "البارحة": 1,  # yesterday, last night
    "أول أمس": 2, "أمس الأول": 2,  # the day before yesterday
}  # fmt: skip

LAST = ("last", "past", "آخر", "منذ", "خلال", "since")
"""last, since, within: before a number and a unit, or a unit alone (منذ أسبوع: since a week ago)."""

THIS = ("this", "هذا", "هذه")

UNITS = {
    "hour": "hour", "hours": "hour", "h": "hour", "ساعة": "hour", "ساعات": "hour", "ساعتين": "2 hour",  # hour(s)
    "day": "day", "days": "day", "d": "day", "يوم": "day", "أيام": "day", "يوما": "day", "يومين": "2 day",  # day(s)
    "week": "week", "weeks": "week", "w": "week",
    "أسبوع": "week", "أسابيع": "week", "الأسبوع": "week", "أسبوعين": "2 week",  # week(s)
    "month": "month", "months": "month", "m": "month",
    "شهر": "month", "أشهر": "month", "شهور": "month", "الشهر": "month", "شهرين": "2 month",  # month(s)
    "year": "year", "years": "year", "y": "year",
    "سنة": "year", "سنوات": "year", "عام": "year", "أعوام": "year", "العام": "year", "سنتين": "2 year",  # year(s)
}  # fmt: skip
"""A value with a number is the Arabic dual (يومين: two days)."""


def folded(table: dict[str, str]) -> dict[str, str]:
    """`table` with folded keys."""
    return {fold(key): value for key, value in table.items()}


DATE_LIKE = frozenset({"date", "published", "first_seen", "updated", "since", "until"})
"""Fields whose value is a date."""

_CONFUSED = ("تطة", "دض", "سصث", "ذزظ", "قكغج", "هة", "اعء", "حه", "وؤ", "يى")
"""Letters that sound alike to many writers, or stand side by side in shape: t, d, s, z, g/k, h, a, h, w, y."""

CONFUSED = {fold(letter): fold(group[0]) for group in reversed(_CONFUSED) for letter in group}
"""Folded letter → the first one of its group."""
