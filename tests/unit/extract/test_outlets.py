"""Every saved page of tests/outlets gives its article whole and nothing else; the others give none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from workers.bench.pages import SavedPage, Told, read_folder, score
from workers.clean import Cleaner
from workers.errors import Drop
from workers.extract import extract
from workers.model import Outlet
from workers.settings import CleanSettings, ExtractSettings

ROOT = Path(__file__).parents[3]
PAGES = read_folder(ROOT / "tests" / "outlets")
CLEANER = Cleaner.load(ROOT / "config", CleanSettings())
OUTLET = Outlet(id="window", name="النافذة", timezone="Asia/Amman")
NOW = datetime(2025, 4, 1, tzinfo=UTC)
_by_id = pytest.mark.parametrize


def told(page: SavedPage) -> Told:
    found = extract(page.html, url=page.url, outlet=OUTLET, entry=None, now=NOW, settings=ExtractSettings())
    cleaned = CLEANER.clean(found, outlet=OUTLET)
    return Told(text=cleaned.body, title=cleaned.title, byline=cleaned.byline, published=found.published or "")


@_by_id("page", [pytest.param(p, id=p.id) for p in PAGES if p.is_article])
def test_article_is_whole_and_alone(page: SavedPage) -> None:
    found = score(page, told(page))
    assert found.lost == ()
    assert found.leaks == ()
    assert found.f1 >= 0.97
    assert (found.title, found.byline) == (True, True)
    assert found.date is not False  # None: the page tells no date


@_by_id("page", [pytest.param(p, id=p.id) for p in PAGES if not p.is_article])
def test_other_pages_give_no_article(page: SavedPage) -> None:
    with pytest.raises(Drop) as dropped:
        told(page)
    assert dropped.value.status == ("not_arabic" if "persian" in page.id else "not_article")
    assert dropped.value.reason


def test_real_pages_reach_the_marks(data_folder: Path) -> None:
    """Of the pages beside the project: kept and F1 at least .98, leaked at most .02, no page under .93."""
    scores = []
    for page in read_folder(data_folder / "pages"):
        if page.is_article:
            scores.append(score(page, told(page)))
        else:
            with pytest.raises(Drop):
                told(page)
    assert sum(s.kept for s in scores) >= 0.98 * sum(s.wanted for s in scores)
    assert sum(s.leaked for s in scores) <= 0.02 * sum(s.unwanted for s in scores)
    assert sum(s.f1 for s in scores) >= 0.98 * len(scores)
    assert min(s.f1 for s in scores) >= 0.93
    assert all(s.title and s.byline and s.date for s in scores)
