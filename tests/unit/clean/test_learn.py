"""The stream teaches what no list foresees, and takes no body line with it."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from workers.clean import Cleaner
from workers.clean.learn import LineCount, believed, candidates, is_believed, learn_key
from workers.extract import from_text
from workers.model import Extract, Outlet, Paragraph
from workers.settings import CleanSettings

ROOT = Path(__file__).parents[3]
SETTINGS = CleanSettings()
FULL = Cleaner.load(ROOT / "config", SETTINGS)
OUTLET = Outlet(id="window", name="")
_NEWS_WORDS = """الحكومة المدينة المشروع الوزير الطريق المدرسة المياه السوق الأسعار المهرجان الفريق المباراة الباحث
الدراسة البلدية أعلن أكد افتتح ناقش رفض درس بدأ أنهى قرر طالب زار وقع جديد كبير محلي سنوي أمس اليوم خلال بعد قبل في
من على إلى مع"""
WORDS = _NEWS_WORDS.split()


def without(groups: set[str]) -> Cleaner:
    """The cleaner as it would be had nobody listed these groups."""
    cleaner = Cleaner([rule for rule in FULL.rules if rule.group not in groups], FULL.agencies, SETTINGS)
    assert len(cleaner.rules) < len(FULL.rules)
    return cleaner


def article(chance: random.Random) -> list[str]:
    return [" ".join(chance.choices(WORDS, k=chance.randint(18, 40))) + "." for _ in range(chance.randint(4, 9))]


def observe(cleaner: Cleaner, articles: list[list[str]]) -> list[LineCount]:
    """What the store counts, without the store."""
    counts: Counter[str] = Counter()
    for lines in articles:
        cleaned = cleaner.clean(Extract(title="", paragraphs=tuple(map(Paragraph, lines))), outlet=OUTLET)
        counts.update(candidates(cleaned.paragraphs, cleaned.removed, SETTINGS))
    return [LineCount(outlet="window", key=key, pages=n, of=len(articles)) for key, n in counts.items()]


@pytest.mark.parametrize("half", [0, 1])
def test_half_of_the_groups_hidden_is_learned_from_fifty_pages(half: int) -> None:
    """At least 90 % of the recurring lines of hidden groups are caught, and no line of a text is lost."""
    groups = sorted({rule.group for rule in FULL.rules})
    hidden = set(groups[half::2])
    blind = without(hidden)
    chance = random.Random(half)
    tails = [rule.goes[0] for rule in FULL.rules if rule.group in hidden and rule.scope not in ("suffix", "prefix")]
    recurring = [tail for tail in tails if FULL.clean(_alone(tail), outlet=OUTLET).removed][:8]
    bodies = [article(chance) for _ in range(50)]
    pages = [[*body, *(line for line in recurring if chance.random() < 0.6)] for body in bodies]
    learned = believed(observe(blind, pages), SETTINGS)
    left = lost = met = 0
    for body in bodies:
        found = Extract(title="", paragraphs=tuple(map(Paragraph, [*body, *recurring])))
        kept = {p.text for p in blind.clean(found, outlet=OUTLET, learned=learned).paragraphs}
        met += len(recurring)
        left += sum(line in kept for line in recurring)
        lost += sum(line not in kept for line in body)
    assert left <= 0.1 * met
    assert lost == 0


def _alone(line: str) -> Extract:
    return Extract(title="", paragraphs=(Paragraph("نص."), Paragraph(line)))


def test_the_seeds_tails_are_learned_when_their_groups_are_hidden(data_folder: Path) -> None:
    blind = without({"share", "theme", "related"})
    chance = random.Random(7)
    tails = ["شاركها.", "Exit mobile version", "ربما يعجبك أيضا"]
    learned = believed(observe(blind, [[*article(chance), *tails] for _ in range(30)]), SETTINGS)
    for file in (data_folder / "seeds").glob("*.txt"):
        found = from_text(file.read_text("utf-8"))
        cleaned = blind.clean(found, outlet=OUTLET, learned=learned)
        assert not {p.text for p in cleaned.paragraphs} & set(tails)
        assert any(r.rule.startswith("learned/30-of-30") for r in cleaned.removed)


def test_a_slogan_inside_a_sentence_or_a_text_stays() -> None:
    learned = {learn_key("معا نصنع الخبر"): "40-of-50"}
    body = [" ".join(["نص"] * 30) + f" {number}." for number in range(20)]
    lines = [*body[:9], "معا نصنع الخبر", *body[9:], "وقال إن شعار الحملة هو معا نصنع الخبر", "معا نصنع الخبر"]
    found = Extract(title="", paragraphs=tuple(map(Paragraph, lines)))
    kept = [p.text for p in FULL.clean(found, outlet=OUTLET, learned=learned).paragraphs]
    assert kept == lines[:-1]


def test_numbers_do_not_make_lines_different() -> None:
    assert learn_key("المشاهدات اليوم: 1,204") == learn_key("المشاهدات اليوم : 88")


@pytest.mark.parametrize(
    ("pages", "of", "ruling", "expected"),
    [
        (10, 50, "", True),
        (6, 50, "", False),
        (10, 12, "", False),
        (0, 0, "accepted", True),
        (50, 50, "rejected", False),
    ],
)
def test_belief_needs_pages_and_share_or_a_person(pages: int, of: int, ruling: str, expected: bool) -> None:
    count = LineCount(outlet="o", key="k", pages=pages, of=of, ruling=ruling)  # type: ignore[arg-type]
    assert is_believed(count, SETTINGS) is expected
