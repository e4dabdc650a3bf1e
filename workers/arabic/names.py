"""Arabic names of two words that are written in one as well: عبد الله, عبدالله."""

from __future__ import annotations

import re

from workers.arabic.fold import fold

ARTICLE = "ال"
SERVANT, FATHER, THE_FAITH = "عبد", "ابو", "الدين"
"""Folded: Abd (al-…), Abu (…), (…) al-Din."""

_OF_FAITH = (
    "نور", "صلاح", "عز", "علاء", "سيف", "جمال", "شمس", "فخر", "بدر", "محيي", "محي", "خير", "شهاب", "تقي", "حسام",
    "عماد", "سعد", "ضياء", "نصر", "تاج", "كمال", "مجد", "ناصر", "بهاء", "معز", "برهان", "زين", "قمر", "ركن", "أسد",
)  # fmt: skip
"""Before al-Din: light, rectitude, glory, loftiness, sword, beauty, sun, pride, full moon, reviver and so on."""
OF_FAITH = frozenset(map(fold, _OF_FAITH))

GLUED = re.compile(rf"(عبد)(ال\w{{2,}})|([أا]بو)(\w{{3,}})|((?:{'|'.join(_OF_FAITH)}))(الدين)")
"""One word of both: its groups are the two."""
