"""The words of written dates, folded as `fold` folds them: months, units, numbers, zones. Data for `dates`."""

from __future__ import annotations

MONTHS: dict[int, str] = {
    1: "يناير كانون_الثاني كانون_ثاني كانون_2 جانفي january jan janvier janv",
    2: "فبراير شباط فيفري february feb fevrier fevr",
    3: "مارس اذار march mar mars",
    4: "ابريل نيسان افريل april apr avril avr",
    5: "مايو ايار ماي may mai",
    6: "يونيو يونيه يونية حزيران جوان june jun juin",
    7: "يوليو يوليه يولية يوليوز تموز جويليه جويلية july jul juillet juil",
    8: "اغسطس اب غشت اوت august aug aout",
    9: "سبتمبر ايلول شتنبر september sept sep septembre",
    10: "اكتوبر تشرين_الاول تشرين_اول تشرين_1 october oct octobre",
    11: "نوفمبر تشرين_الثاني تشرين_ثاني تشرين_2 نونبر november nov novembre",
    12: "ديسمبر كانون_الاول كانون_اول كانون_1 دجنبر december dec decembre",
}
"""Gregorian months: Nile and Gulf (يناير), Levant and Iraq (كانون الثاني), Algeria, Tunisia (جانفي), Morocco (غشت)."""

HIJRI_MONTHS: dict[int, str] = {
    1: "محرم المحرم",
    2: "صفر",
    3: "ربيع_الاول ربيع_اول",
    4: "ربيع_الاخر ربيع_الثاني ربيع_ثاني ربيع_اخر",
    5: "جمادي_الاولي جمادي_الاول جمادي_اولي",
    6: "جمادي_الاخره جمادي_الثانيه جمادي_الاخر جمادي_الثاني",
    7: "رجب",
    8: "شعبان",
    9: "رمضان",
    10: "شوال",
    11: "ذو_القعده ذي_القعده ذوالقعده",
    12: "ذو_الحجه ذي_الحجه ذوالحجه",
}
"""Hijri months from Muharram to Dhu al-Hijja."""

UNITS: dict[str, tuple[str, ...]] = {
    "seconds": ("ثانيه", "ثانيتين", "ثوان", "ثواني", "second", "seconds", "sec", "secondes"),
    "minutes": ("دقيقه", "دقيقتين", "دقائق", "دقايق", "minute", "minutes", "min", "mins"),
    "hours": ("ساعه", "ساعتين", "ساعات", "hour", "hours", "heure", "heures", "h"),
    "days": ("يوم", "يومين", "ايام", "day", "days", "jour", "jours"),
    "weeks": ("اسبوع", "اسبوعين", "اسابيع", "week", "weeks", "semaine", "semaines"),
    "months": ("شهر", "شهرين", "اشهر", "شهور", "month", "months", "mois"),
    "years": ("سنه", "عام", "سنتين", "عامين", "سنوات", "اعوام", "year", "years"),
}
"""Second, minute, hour, day, week, month, year in singular, dual and plural."""
DUAL = ("تين", "مين", "عين", "هرين")
NUMBER_WORDS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "ثلاث": 3,
    "اربع": 4,
    "خمس": 5,
    "ست": 6,
    "سبع": 7,
    "ثماني": 8,
    "تسع": 9,
    "عشر": 10,  # three to ten
}
DAYS_AGO = {"الان": 0, "now": 0, "اليوم": 0, "today": 0, "امس": 1, "البارحه": 1, "yesterday": 1, "hier": 1}
"""Now, today, yesterday."""

ZONES: dict[str, float | str] = {
    "z": 0,
    "gmt": 0,
    "utc": 0,
    "ut": 0,
    "wet": 0,
    "ast": 3,
    "ksa": 3,
    "eet": 2,
    "eest": 3,
    "gst": 4,
    "cet": 1,
    "cest": 2,
    "msk": 3,
    "trt": 3,
    "bst": 1,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "غرينتش": 0,
    "جرينتش": 0,
    "غرينيتش": 0,  # Greenwich
    "مكه": 3,
    "الرياض": 3,
    "السعوديه": 3,
    "بغداد": 3,
    "الدوحه": 3,
    "الكويت": 3,  # Mecca, Riyadh, …
    "القاهره": "Africa/Cairo",
    "بيروت": "Asia/Beirut",
    "دمشق": "Asia/Damascus",
    "القدس": "Asia/Jerusalem",
    "ابوظبي": 4,
    "الامارات": 4,
    "دبي": 4,
    "تونس": 1,
    "الجزاير": 1,  # Abu Dhabi, Emirates, Dubai, Tunis, Algiers
}
"""AST is Arabia Standard Time here (+03:00), never Atlantic: the outlets are Arab.
Arabic words follow بتوقيت ("in the time of")."""
